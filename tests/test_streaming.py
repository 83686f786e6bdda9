"""U4-U7, U14: a stream is honest. What breaks, stalls or ends early becomes an error that SDKs raise on."""
import threading
import time

import pytest

from harness import openai_wire as wire
from harness.backend import LAST_CHUNK, chunk
from harness.sse import error_of
from harness.wait import until

STARTED = wire.chat_stream("a", "b", finish=None, done=False)


def stream(router, path=wire.CHAT, **more):
    return router.post(path, wire.request(path, stream=True, **more))


def plays(*parts, end=None, last=True):
    """Each part a chunk; then the end of the framing, FIN, RST or silence."""
    def script(exchange):
        exchange.sse_head()
        exchange.event_bytes(*parts)
        if end:
            getattr(exchange, end)()
        if last:
            exchange.send(LAST_CHUNK)
    return script


# Bytes pass unchanged, each event at once.

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


# U4: dies in the stream.

@pytest.mark.parametrize("end", ["fin", "rst", None], ids=["fin", "rst", "clean"])
@pytest.mark.parametrize("path, events", [
    (wire.CHAT, STARTED), (wire.COMPLETIONS, wire.completion_stream("a", "b")[:2]), (wire.RESPONSES, wire.responses_stream("a", "b")[:-1]),
], ids=["chat", "completions", "responses"])
def test_dies_in_the_stream(router, backend, path, events, end):
    backend.script = plays(*events, end=end)
    answer = stream(router, path)
    assert answer.status == 200
    error = error_of(answer)
    assert (error["code"], error["type"]) == ("upstream_stream_error", "server_error")
    assert answer.body.startswith("".join(events).encode())


@pytest.mark.parametrize("end", ["fin", "rst", None], ids=["fin", "rst", "clean"])
def test_connection_goes_on_after_an_error_event(router, backend, end):
    """The body ended properly and no `Connection: close` was announced: a client that sends its next
    request on the connection must not find it closed."""
    with router.connect() as client:
        backend.script = plays(*STARTED, end=end)
        client.request("POST", wire.CHAT, wire.chat(stream=True))
        error_of(client.response())
        assert not client.readable(0.3), "the connection was closed without a word"
        backend.script = plays(*wire.chat_stream("a"))
        client.request("POST", wire.CHAT, wire.chat(stream=True))
        assert client.response().complete


@pytest.mark.parametrize("end", ["fin", "rst", None], ids=["fin", "rst", "clean"])
def test_half_an_event_is_dropped(router, backend, end):
    backend.script = plays(*STARTED, wire.content("half")[:-20], end=end)
    answer = stream(router)
    error_of(answer)
    assert answer.body.count(b"half") == 0
    assert [event.json["choices"][0]["delta"].get("content") for event in answer.events[:3]] == ["", "a", "b"]


def test_one_choice_of_two_without_end(router, backend):
    backend.script = plays(wire.content("a", index=0), wire.content("b", index=1), wire.chunk(finish="stop", index=0))
    assert error_of(stream(router, n=2))["code"] == "upstream_stream_error"


@pytest.mark.parametrize("end", ["fin", "rst", None], ids=["fin", "rst", "clean"])
def test_dies_before_the_first_event(router, backend, end):
    """Nothing was sent yet, so the error has a status."""
    backend.script = plays(": only a comment\n\n", end=end)
    answer = stream(router)
    assert answer.status == 502
    assert answer.error["code"] in ("upstream_incomplete", "upstream_stream_error", "upstream_connection_closed")


# U5: errors inside a stream, in every known form.

IN_BAND = {
    "nested": 'data: {"error":{"message":"boom","type":"x","param":null,"code":"c"}}\n\n',
    "nested int code": 'data: {"error":{"message":"boom","type":"x","param":null,"code":500}}\n\n',
    "nested short": 'data: {"error":{"message":"boom"}}\n\n',
    "flat vllm": 'data: {"object":"error","message":"boom","type":"x","param":null,"code":400}\n\n',
    "error field": 'error: {"code":500,"message":"boom","type":"server_error"}\n\n',
    "text": 'data: {"error":"boom"}\n\n',
    "detail": 'data: {"detail":"boom"}\n\n',
    "anthropic": 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"boom"}}\n\n',
    "event error": 'event: error\ndata: {"error":{"message":"boom","type":"x","param":null,"code":null}}\n\n',
    "responses": 'event: error\ndata: {"type":"error","code":"server_error","message":"boom","param":null,"sequence_number":3}\n\n',
}


@pytest.mark.parametrize("kind", IN_BAND)
@pytest.mark.parametrize("after", ["", wire.DONE], ids=["alone", "done"])
def test_in_band_error_is_normalised(router, backend, kind, after):
    backend.script = plays(*STARTED, IN_BAND[kind], after)
    answer = stream(router)
    assert answer.status == 200
    error = error_of(answer)
    assert "boom" in error["message"]
    assert len([event for event in answer.events if '"error"' in event.data]) == 1
    assert answer.body.count(b"[DONE]") == 1


@pytest.mark.parametrize("kind", IN_BAND)
def test_first_event_is_an_error(router, backend, kind):
    backend.script = plays(IN_BAND[kind])
    answer = stream(router)
    assert answer.status >= 400, "an early error keeps its status"
    assert "boom" in answer.error["message"]
    if kind in ("nested int code", "error field"):
        assert answer.status == 500
    if kind == "flat vllm":
        assert answer.status == 400


def test_in_band_error_masks_secrets(router, backend):
    from harness.process import CANARY
    backend.script = plays(*STARTED, 'data: {"error":{"message":"bad key %s","type":"x","param":null,"code":null}}\n\n' % CANARY)
    answer = stream(router)
    assert CANARY not in answer.body.decode() and error_of(answer)


def test_response_failed_passes_and_ends(router, backend):
    for name in ("response.failed", "response.incomplete", "response.completed"):
        events = wire.responses_stream("a", end=name)
        backend.script = plays(*events)
        answer = stream(router, wire.RESPONSES)
        assert answer.complete and answer.body == "".join(events).encode(), name


# U6: slow first token.

def test_slow_first_token(start_router, start_backend):
    backend = start_backend(script=lambda exchange: exchange.stall())
    router = start_router(backend, timeouts={"first_token": 0.4})
    answer = stream(router)
    answered = time.monotonic()
    assert (answer.status, answer.error["code"]) == (504, "upstream_timeout")
    until(lambda: backend.last.closed, "upstream to be cancelled", limit=2)
    assert backend.last.closed - answered < 0.1


def test_slow_first_token_after_the_head_and_comments(start_router, start_backend):
    def script(exchange):
        exchange.sse_head()
        while True:
            exchange.event_bytes(": ping\n\n")
            exchange.wait(0.05)

    router = start_router(start_backend(script=script), timeouts={"first_token": 0.4})
    answer = stream(router)
    assert (answer.status, answer.error["code"]) == (504, "upstream_timeout")


def test_per_backend_timeouts(start_router, start_backend):
    slow, patient = start_backend(["slow"], timeouts={"first_token": 0.3}), start_backend(["patient"])

    def late(exchange):
        exchange.wait(1)
        exchange.sse(wire.chat_stream("a"))

    slow.script = patient.script = late
    router = start_router(slow, patient)
    assert stream(router, model="slow").status == 504
    assert stream(router, model="patient").status == 200


def test_head_is_sent_after_commit_after_and_kept_alive(start_router, start_backend):
    release = threading.Event()

    def script(exchange):
        exchange.hold(release)
        exchange.sse(wire.chat_stream("a"))

    router = start_router(start_backend(script=script), stream={"commit_after": 0.3, "comment_interval": 0.2})
    with router.connect() as client:
        began = time.monotonic()
        client.request("POST", wire.CHAT, wire.chat(stream=True))
        answer = client.head()
        assert answer.status == 200 and time.monotonic() - began >= 0.28
        assert answer.header("content-type").startswith("text/event-stream")
        parts = client.body_parts(answer)
        for _ in range(4):
            assert next(parts).startswith(b":"), "only comments may stand in for events"
        release.set()
        body = b"".join(parts)
    assert body.endswith("".join(wire.chat_stream("a")).encode())


@pytest.mark.parametrize("late, code", [
    (lambda exchange: exchange.rst(), "upstream_connection_closed"),
    (lambda exchange: exchange.json({"error": {"message": "boom", "type": "x", "param": None, "code": "their"}}, 500), "their"),
    (lambda exchange: exchange.answer("<html>"), "upstream_invalid_response"),
    (lambda exchange: exchange.sse([IN_BAND["nested"]]), None),
    (lambda exchange: exchange.stall(), "upstream_timeout"),
], ids=["reset", "status", "html", "in band", "silent"])
def test_errors_after_an_early_head_become_events(start_router, start_backend, late, code):
    def script(exchange):
        exchange.wait(0.8)
        late(exchange)

    router = start_router(start_backend(script=script), stream={"commit_after": 0.2, "comment_interval": 0.2},
                          timeouts={"first_token": 2})
    answer = stream(router)
    assert answer.status == 200 and answer.body.startswith(b":")
    error = error_of(answer)
    if code:
        assert error["code"] == code


def test_early_error_before_commit_after_keeps_its_status(router, backend):
    backend.script = lambda exchange: exchange.json({"error": {"message": "x", "type": "t", "param": None, "code": None}}, 429)
    assert stream(router).status == 429


# U7: stalls.

@pytest.mark.parametrize("noise", [None, ": ping\n\n", "event: ping\n\n", ":\n\n"])
def test_stall_between_tokens(start_router, start_backend, noise):
    def script(exchange):
        exchange.sse_head()
        exchange.event_bytes(*STARTED)
        while noise:
            exchange.wait(0.05)
            exchange.event_bytes(noise)
        exchange.stall()

    backend = start_backend(script=script)
    router = start_router(backend, timeouts={"idle": 0.5})
    answer = stream(router)
    assert error_of(answer)["code"] == "upstream_stalled"
    until(lambda: not backend.active, "upstream to be cancelled", limit=2)


def test_idle_starts_with_the_first_content(start_router, start_backend):
    """The role event is no content: prefill may take longer than the gap between tokens."""
    def script(exchange):
        exchange.sse_head()
        exchange.event_bytes(wire.chunk({"role": "assistant", "content": ""}))
        exchange.wait(1.2)
        exchange.event_bytes(*wire.chat_stream("a")[1:])
        exchange.send(LAST_CHUNK)

    router = start_router(start_backend(script=script), timeouts={"idle": 0.4, "first_token": 5})
    answer = stream(router)
    assert answer.complete and b'"error"' not in answer.body


@pytest.mark.parametrize("delta", [{"content": "x"}, {"reasoning_content": "x"}, {"reasoning": "x"},
                                   {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": ""}}]}])
def test_progress_of_any_kind_keeps_a_stream_alive(start_router, start_backend, delta):
    def script(exchange):
        exchange.sse_head()
        for _ in range(12):
            exchange.event_bytes(wire.chunk(delta))
            exchange.wait(0.1)
        exchange.event_bytes(wire.chunk(finish="stop"), wire.DONE)
        exchange.send(LAST_CHUNK)

    router = start_router(start_backend(script=script), timeouts={"idle": 0.6, "total": 0.5})
    answer = stream(router)
    assert answer.complete and b'"error"' not in answer.body


def test_content_of_any_kind_starts_the_idle_clock(start_router, start_backend):
    for delta in ({"reasoning_content": "x"}, {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": ""}}]}):
        backend = start_backend(script=plays(wire.chunk(delta), end="stall"))
        router = start_router(backend, timeouts={"idle": 0.3, "first_token": 30})
        assert error_of(stream(router))["code"] == "upstream_stalled"


# U14: malformed events.

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
