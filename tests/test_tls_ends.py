"""Behind TLS only close_notify ends an answer (RFC 9112, 9.8): a FIN without it is a truncation."""
import json
import threading

import pytest

from harness import openai_wire as wire
from harness.faults import JSON_HEAD, SSE_HEAD
from harness.sse import error_of
from harness.tls import close_notify

UNFINISHED = "".join(wire.chat_stream("a", finish=None, done=False)).encode()


def sent_then(end, *parts):
    def script(exchange):
        exchange.send(*parts)
        end(exchange)
    return script


def truncate(exchange):
    exchange.fin()


@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_truncated_stream(pair, framing):
    """An error event, although without TLS the end of the connection could be that of the answer."""
    router, backend = pair
    seen = threading.Event()

    def script(exchange):
        if framing == "chunked":
            exchange.sse_head()
            exchange.event_bytes(UNFINISHED)
        else:
            exchange.send(SSE_HEAD, b"Connection: close\r\n\r\n", UNFINISHED)
        exchange.hold(seen)
        truncate(exchange)

    backend.script = script
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat(stream=True))
        answer = client.head()
        seen.set()
        answer.body = b"".join(client.body_parts(answer))
    assert answer.body.startswith(UNFINISHED)
    assert error_of(answer)["code"] == "upstream_stream_error"


def test_truncated_answer(pair):
    router, backend = pair
    body = json.dumps(wire.chat_answer()).encode()
    backend.script = sent_then(truncate, JSON_HEAD, b"Connection: close\r\n\r\n", body)
    answer = router.post(wire.CHAT, wire.chat())
    assert (answer.status, answer.error["code"]) == (502, "upstream_incomplete")


def test_answer_that_ends_with_close_notify(pair):
    router, backend = pair
    body = json.dumps(wire.chat_answer()).encode()
    backend.script = sent_then(close_notify, JSON_HEAD, b"Connection: close\r\n\r\n", body)
    assert router.post(wire.CHAT, wire.chat()).body == body


def test_stream_that_ends_with_close_notify(pair):
    router, backend = pair
    events = "".join(wire.chat_stream("a")).encode()
    backend.script = sent_then(close_notify, SSE_HEAD, b"Connection: close\r\n\r\n", events)
    answer = router.post(wire.CHAT, wire.chat(stream=True))
    assert answer.complete and answer.body == events
