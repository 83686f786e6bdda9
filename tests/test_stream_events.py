"""Single events that are malformed, endless, large, many, or known to make SDKs stumble."""
import pytest

from harness import openai_wire as wire
from harness.sse import error_of
from harness.streams import STARTED, plays, stream
from harness.wait import until


BAD = {
    "cut json": 'data: {"id":\n\n', "text": "data: hello\n\n", "not utf-8": b'data: {"id":"\xff"}\n\n', "nul": b'data: {"id":"\x00"}\n\n',
    "array": "data: [1]\n\n", "number": "data: 7\n\n", "html": "data: <html>\n\n", "two objects": "data: {}{}\n\n",
}


@pytest.mark.parametrize("kind", BAD)
def test_malformed_event(router, backend, kind):
    backend.script = plays(*STARTED, BAD[kind], *wire.chat_stream("never"))
    answer = stream(router)
    assert error_of(answer)["code"] == "upstream_stream_error"
    assert answer.body.startswith("".join(STARTED).encode()) and b"never" not in answer.body


@pytest.mark.parametrize("kind", BAD)
def test_malformed_first_event(router, backend, kind):
    backend.script = plays(BAD[kind])
    answer = stream(router)
    assert answer.status == 502
    assert answer.error["code"] in ("upstream_invalid_response", "upstream_stream_error")


@pytest.mark.parametrize("event", ["event: ping\n\n", "data:\n\n", "data\n\n", "event: ping\ndata:\n\n"])
def test_events_that_sdks_stumble_over_are_left_out(router, backend, event):
    """A data-less event or empty data makes SDKs throw: they must not reach them."""
    events = wire.chat_stream("a", "b")
    backend.script = plays(events[0], event, *events[1:])
    answer = stream(router)
    assert answer.complete
    assert [each.data for each in answer.events if each.data] == [each[6:-2] for each in events]
    assert b"data:\n" not in answer.body and b"event: ping\n\n" not in answer.body


def test_event_without_end(start_router, start_backend):
    def script(exchange):
        exchange.sse_head()
        exchange.event_bytes(*STARTED, b"data: ")
        for _ in range(200):
            exchange.event_bytes(b"a" * 65536)
        exchange.stall()

    backend = start_backend(script=script)
    router = start_router(backend, limits={"event": 1 << 20})
    answer = stream(router)
    assert error_of(answer)["code"] in ("upstream_response_too_large", "upstream_stream_error")
    until(lambda: not backend.active, "upstream to be closed", limit=5)


def test_large_event_passes(router, backend):
    events = wire.chat_stream("a" * 5_000_000)
    backend.script = plays(*events)
    answer = stream(router)
    assert answer.complete and answer.body == "".join(events).encode()


def test_many_choices(router, backend):
    events = [*(wire.content("x", index=n) for n in range(128)), *(wire.chunk(finish="stop", index=n) for n in range(128))]
    backend.script = plays(*events)
    answer = stream(router, n=128)
    assert answer.complete and answer.body == "".join(events).encode()


def test_a_stream_that_never_stops_is_cancelled_when_its_end_has_passed(start_router, start_backend):
    """The end signal has passed and the backend goes on without end: the client isn't kept for ever."""
    def script(exchange):
        exchange.sse_head()
        exchange.event_bytes(*wire.chat_stream("a"))
        exchange.stall()

    backend = start_backend(script=script)
    router = start_router(backend, timeouts={"idle": 0.5})
    answer = stream(router)
    assert answer.complete and answer.body == "".join(wire.chat_stream("a")).encode()
    until(lambda: not backend.active, "upstream to be closed", limit=5)
