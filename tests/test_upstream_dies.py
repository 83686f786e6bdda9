"""Backends that die before their head is whole or in their body, or take too long over it; plain answers
(streams: test_stream_breaks.py, test_stream_waits.py)."""
import json

import pytest

from harness import openai_wire as wire
from harness.backend import chunk
from harness.faults import BOTH, JSON_HEAD, check_error, send_then
from harness.wait import until

# Before the head.

@BOTH
@pytest.mark.parametrize("end", ["fin", "rst"])
@pytest.mark.parametrize("part", [b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-Type: applic"])
def test_dies_before_its_head_is_whole(router, backend, stream, end, part):
    backend.script = send_then(part, end)
    check_error(router.post(wire.CHAT, wire.chat(stream=stream)), 502, "upstream_connection_closed")
    # Once more at most, and only where a reused connection died without a byte: what may have been done isn't done again.
    again = backend.requests[1:]
    assert not again or (len(again) == 1 and not part and again[0].connection != backend.requests[0].connection)

# After the head, in a plain answer.

@pytest.mark.parametrize("end", ["fin", "rst"])
@pytest.mark.parametrize("data", [
    JSON_HEAD + b"Content-Length: 100\r\n\r\n" + b'{"id":' + b" " * 34,
    JSON_HEAD + b"Content-Length: 100\r\n\r\n",
    JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}",
    JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
], ids=["length", "no body", "no last chunk", "cut chunk", "cut end"])
def test_dies_in_its_body(router, backend, end, data):
    backend.script = send_then(data, end)
    check_error(router.post(wire.CHAT, wire.chat()), 502, "upstream_incomplete")


@pytest.mark.parametrize("end", ["fin", "rst"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_dies_in_a_large_body(router, backend, end, framing):
    """More than is collected: a part has been sent, so the end must be visibly broken."""
    body = json.dumps(wire.chat_answer("a" * 3_000_000)).encode()

    def script(exchange):
        if framing == "length":
            exchange.send(JSON_HEAD, b"Content-Length: %d\r\n\r\n" % len(body), body[:-10])
        else:
            exchange.send(JSON_HEAD, b"Transfer-Encoding: chunked\r\n\r\n", chunk(body[:-10]))
        getattr(exchange, end)()

    backend.script = script
    answer = router.post(wire.CHAT, wire.chat())
    if end == "rst" and answer.status == 502:
        return                  # the reset overtook the bytes: nothing had been sent yet
    assert answer.status == 200 and not answer.complete
    assert body.startswith(answer.body) and len(answer.body) < len(body)


def test_large_good_body_streams_through(router, backend):
    body = json.dumps(wire.chat_answer("é" * 3_000_000)).encode()
    backend.script = lambda exchange: exchange.answer(body, framing="chunked")
    answer = router.post(wire.CHAT, wire.chat())
    assert answer.complete and answer.body == body


@pytest.mark.parametrize("tail", [b"x", b',"a":1}', b"\xff"])
def test_large_bad_body_is_aborted(router, backend, tail):
    body = json.dumps(wire.chat_answer("a" * 3_000_000)).encode() + tail
    backend.script = lambda exchange: exchange.answer(body, framing="chunked")
    answer = router.post(wire.CHAT, wire.chat())
    assert answer.status == 200 and not answer.complete

# Alive, but slow.

def test_plain_answer_that_takes_too_long(start_router, start_backend):
    backend = start_backend(script=lambda exchange: exchange.stall())
    router = start_router(backend, timeouts={"total": 0.4})
    check_error(router.post(wire.CHAT, wire.chat()), 504, "upstream_timeout")
    until(lambda: backend.last.closed, "upstream to be cancelled", limit=2)


def test_plain_answer_that_drips_too_long(start_router, start_backend):
    def drip(exchange):
        exchange.send(JSON_HEAD, b"Content-Length: 1000\r\n\r\n")
        for _ in range(1000):
            exchange.send(b" ")
            exchange.wait(0.05)

    backend = start_backend(script=drip)
    router = start_router(backend, timeouts={"total": 0.4})
    check_error(router.post(wire.CHAT, wire.chat()), 504, "upstream_timeout")
    until(lambda: backend.last.closed, "upstream to be cancelled", limit=2)
