"""A stream's bytes pass unchanged, each event at once, and a good end in any known form is left as it is."""
import threading

import pytest

from harness import openai_wire as wire
from harness.backend import LAST_CHUNK, chunk
from harness.streams import STARTED, plays, stream


def test_each_event_at_once(router, backend):
    steps = [threading.Event() for _ in range(5)]

    def script(exchange):
        exchange.sse_head()
        for number, step in enumerate(steps):
            exchange.event_bytes(wire.content(str(number)))
            exchange.hold(step)
        exchange.event_bytes(wire.chunk(finish="stop"), wire.DONE)
        exchange.send(LAST_CHUNK)

    backend.script = script
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat(stream=True))
        answer = client.head()
        parts = client.body_parts(answer)
        for number, step in enumerate(steps):
            assert next(parts).decode() == wire.content(str(number)), "an event must come before the next is made"
            step.set()
        assert b"".join(parts).endswith(wire.DONE.encode())


ODD = {
    "crlf": "".join(wire.chat_stream("a")).replace("\n", "\r\n"),
    "cr": "".join(wire.chat_stream("a")).replace("\n", "\r"),
    "no space": "".join(wire.chat_stream("a")).replace("data: ", "data:"),
    "comments": ": x\n\n".join(wire.chat_stream("a", "b")),
    "multi-line data": 'data: {"id":"1","choices":\ndata: [{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n' + wire.DONE,
    "event names": "".join("event: chunk\n" + event for event in wire.chat_stream("a")),
    "unicode": "".join(wire.chat_stream("é模型\U0001f600\u2028")),
    "raw unicode": 'data: {"choices":[{"index":0,"delta":{"content":"é模\u2028\x7f"},"finish_reason":"stop"}]}\n\n' + wire.DONE,
    "unknown fields": "foo: bar\n" + "".join(wire.chat_stream("a")),
    "usage": "".join([*wire.chat_stream("a", done=False), wire.usage(), wire.DONE]),
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_event_bytes_are_unchanged_however_cut(router, backend, kind, size):
    data = ODD[kind].encode()
    backend.script = plays(*(data[at:at + size] for at in range(0, len(data), size)))
    answer = stream(router)
    assert answer.complete and answer.body == data


def test_comments_before_the_first_event_do_not_spoil_the_head(router, backend):
    """They are no reason to give up the status, so the head is held; its fields must outlive that."""
    def script(exchange):
        exchange.sse_head([("X-Theirs", "kept" * 100)])
        for _ in range(20):
            exchange.event_bytes(": prefill " + "x" * 500 + "\n\n")
            exchange.wait(0.01)
        exchange.event_bytes(*wire.chat_stream("a"))
        exchange.send(LAST_CHUNK)

    backend.script = script
    answer = stream(router)
    assert answer.header("content-type") == "text/event-stream" and answer.header("x-theirs") == "kept" * 100
    assert answer.complete and answer.body.endswith("".join(wire.chat_stream("a")).encode())


def test_raw_packets_of_one_byte(router, backend):
    data = "".join(wire.chat_stream("é", "b")).encode()

    def script(exchange):
        exchange.drip(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n")
        exchange.drip(chunk(data) + LAST_CHUNK)

    backend.script = script
    assert stream(router).body == data


def test_ids_retries_and_a_bom_are_taken_out(router, backend):
    events = wire.chat_stream("a", "b")
    sent = "\ufeff" + "retry: 100\n\n" + "".join(f"id: {number}\nretry: 5\n{event}" for number, event in enumerate(events)) + "id: 9\n\n"
    backend.script = plays(sent)
    answer = stream(router)
    lines = answer.body.split(b"\n")
    assert not any(line.startswith((b"id", b"retry", b"\xef\xbb\xbf")) for line in lines)
    assert [event.data for event in answer.events] == [event[6:-2] for event in events]


def test_missing_done_after_finish_reason_is_a_good_end(router, backend):
    backend.script = plays(*wire.chat_stream("a", done=False))
    answer = stream(router)
    assert answer.complete and b'"error"' not in answer.body and answer.body.endswith(b"\n\n")


def test_done_without_finish_reason_is_a_good_end(router, backend):
    backend.script = plays(*STARTED, wire.DONE)
    answer = stream(router)
    assert answer.complete and b'"error"' not in answer.body


def test_unterminated_last_event_gets_its_blank_line(router, backend):
    backend.script = plays(*wire.chat_stream("a", done=False), "data: [DONE]")
    answer = stream(router)
    assert answer.complete and answer.body.endswith(b"\n\n")
    assert b'"error"' not in answer.body


def test_completed_stream_survives_a_broken_goodbye(router, backend):
    for end in ("fin", "rst"):
        backend.script = plays(*wire.chat_stream("a"), end=end)
        answer = stream(router)
        assert answer.complete and answer.body == "".join(wire.chat_stream("a")).encode(), end
