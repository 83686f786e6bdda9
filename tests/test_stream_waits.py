"""Waiting for the first token and between tokens: deadlines, the early head and its comments, and what
counts as progress."""
import threading
import time

import pytest

from harness import openai_wire as wire
from harness.backend import LAST_CHUNK
from harness.sse import error_of
from harness.streams import STARTED, plays, stream
from harness.wait import until

# The first token is slow.

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
    (lambda exchange: exchange.sse(['data: {"error":{"message":"boom","type":"x","param":null,"code":"c"}}\n\n']), None),
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

# The stream stalls between tokens.

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
