"""/v1/messages: Anthropic's form in errors and streams, as its official SDK and a raw socket see them."""
import time

import pytest

from harness import anthropic_wire as wire
from harness.process import free_port
from harness.programs import run_node
from harness.streams import plays
from harness.wait import until


def good(exchange):
    call = exchange.request.json
    if exchange.request.target.startswith(wire.COUNT):
        exchange.json({"input_tokens": 7})
    elif call.get("stream"):
        exchange.sse(wire.stream("Hel", "lo"), headers=[("request-id", "req_of_the_backend")])
    else:
        exchange.json(wire.message(), headers=[("request-id", "req_of_the_backend")])


@pytest.fixture
def claude(backend):
    backend.script = good
    return backend


def sdk(router, scenario, *args):
    return run_node("anthropic_client.mjs", f"http://127.0.0.1:{router.port}", scenario, *args, limit=60)


# The SDK.

def test_plain(router, claude):
    got = sdk(router, "plain")
    assert got["text"] == "Hello" and router.access(got["requestId"])["status"] == 200
    assert claude.last.header("anthropic-version") and not claude.last.has("x-api-key")
    assert not any("sk-of-the-client" in value for _, value in claude.last.headers)


def test_stream(router, claude):
    got = sdk(router, "stream")
    assert got["text"] == "Hello" and "raised" not in got
    assert got["types"][0] == "message_start" and got["types"][-1] == "message_stop"
    assert sdk(router, "final") == {"text": "Hello", "reason": "end_turn"}


def test_beta(router, claude):
    """What the SDK says of betas reaches the backend; older ones add `?beta=true`, tested below."""
    assert sdk(router, "beta") == {"text": "Hello"}
    assert claude.last.header("anthropic-beta") == "a-1,b-2"


def test_count(router, claude):
    assert sdk(router, "count") == {"tokens": 7} and claude.last.target == wire.COUNT


def test_abort(router, claude):
    def script(exchange):
        exchange.sse_head()
        exchange.event_bytes(wire.start())
        while True:
            exchange.event_bytes(wire.text("x"))
            exchange.wait(0.01)

    claude.script = script
    assert sdk(router, "abort") == {"events": 3}
    until(lambda: not claude.active, "upstream to be closed", limit=5)


@pytest.mark.parametrize("scenario", ["plain", "stream", "count"])
def test_unknown_model(router, claude, scenario):
    got = sdk(router, scenario, "unknown")
    assert (got["raised"], got["status"], got["type"]) == ("NotFoundError", 404, "not_found_error")
    assert "unknown" in got["message"] and got["requestId"]


def test_keys(start_router, start_backend):
    backend = start_backend(script=good, auth={"type": "header", "name": "X-API-Key", "value": "of-the-backend"})
    router = start_router(backend, api_keys=["sk-of-the-client"])
    assert sdk(router, "plain")["text"] == "Hello"
    assert backend.last.header("x-api-key") == "of-the-backend"
    answer = router.post(wire.MESSAGES, wire.call(), headers={"x-api-key": "wrong"})
    assert answer.status == 401 and "key" in wire.assert_error(answer.json, "authentication_error")


IN_BAND = [
    wire.event("error", error={"type": "overloaded_error", "message": "boom"}),
    'data: {"type":"error","error":{"type":"overloaded_error","message":"boom"}}\n\n',
    'data: {"error":{"message":"boom","type":"x","param":null,"code":529}}\n\n',
    'data: {"object":"error","message":"boom","code":529}\n\n',
    'error: {"code":529,"message":"boom"}\n\n',
]


@pytest.mark.parametrize("event", IN_BAND, ids=range(len(IN_BAND)))
@pytest.mark.parametrize("first", [False, True])
def test_raises_on_every_in_band_error(router, claude, event, first):
    claude.script = plays(*([] if first else [wire.start(), wire.text("a")]), event)
    got = sdk(router, "stream")
    assert (got["raised"], got["type"], got["message"]) == ("OverloadedError" if first else "APIError", "overloaded_error", "boom")
    assert got["text"] == ("" if first else "a") and got["status"] == (529 if first else None) and got["requestId"]


# On the wire.

def test_bytes_pass_and_the_ids_are_the_routers(router, claude):
    answer = router.post(wire.MESSAGES, wire.call(stream=True), headers={"x-request-id": "mine"})
    assert answer.complete and answer.body.decode() == "".join(wire.stream("Hel", "lo"))
    assert answer.header("request-id") == answer.header("x-request-id") == "mine"
    plain = router.post(wire.MESSAGES, wire.call(), headers={"x-request-id": "mine2"})
    assert plain.json == wire.message() and plain.header("request-id") == plain.header("x-request-id") == "mine2"


def test_headers(router, claude):
    router.post(wire.MESSAGES + "?beta=true&x=%20", wire.call(), headers={"anthropic-version": "2031-01-01", "anthropic-beta": "z"})
    assert claude.last.target == "/v1/messages?beta=true&x=%20"
    assert claude.last.header("anthropic-version") == "2031-01-01" and claude.last.header("anthropic-beta") == "z"
    router.post(wire.MESSAGES, wire.call())
    assert claude.last.header("anthropic-version") == "2023-06-01" and not claude.last.has("anthropic-beta")


@pytest.mark.parametrize("end", [None, "fin", "rst"])
@pytest.mark.parametrize("size", range(7))
def test_a_stream_without_message_stop_ends_by_the_error_event(router, claude, end, size):
    events = wire.stream("a")[:size]
    claude.script = plays(*events, end=end)
    answer = router.post(wire.MESSAGES, wire.call(stream=True))
    if not any(event != wire.PING for event in events):
        assert answer.status in (502, 504)
        wire.assert_error(answer.json, "api_error")
    else:
        wire.error_of(answer, "api_error")
        assert answer.body.startswith("".join(events).encode())
        until(lambda: router.access(answer.request_id)["error_code"] == "upstream_stream_error", "the log's word")


def test_what_follows_message_stop_is_dropped(router, claude):
    claude.script = plays(*wire.stream("a"), "data: [DONE]\n\n", "data: junk\n\n")
    answer = router.post(wire.MESSAGES, wire.call(stream=True))
    assert answer.complete and answer.body.decode() == "".join(wire.stream("a"))


def test_done_is_no_end(router, claude):
    claude.script = plays(wire.start(), wire.text("a"), "data: [DONE]\n\n")
    wire.error_of(router.post(wire.MESSAGES, wire.call(stream=True)), "api_error")


def test_pings_are_no_progress(start_router, start_backend):
    def script(exchange):
        exchange.sse_head()
        exchange.event_bytes(wire.start(), wire.text("a"))
        while True:
            exchange.event_bytes(wire.PING)
            exchange.wait(0.05)

    backend = start_backend(script=script, timeouts={"idle": 0.5})
    router = start_router(backend)
    begin = time.monotonic()
    answer = router.post(wire.MESSAGES, wire.call(stream=True))
    assert time.monotonic() - begin < 20
    wire.error_of(answer, "api_error")
    assert answer.body.count(b"event: ping") > 2, "they pass all the same"
    assert router.access(answer.request_id)["error_code"] == "upstream_stalled"


def test_a_ping_is_no_first_event(router, claude):
    """The head still waits, so that an error keeps its status."""
    claude.script = plays(wire.PING, wire.event("error", error={"type": "overloaded_error", "message": "boom"}))
    answer = router.post(wire.MESSAGES, wire.call(stream=True))
    assert answer.status == 529 and answer.json == wire.error("overloaded_error", "boom")


def test_comments_of_a_long_wait(start_router, start_backend):
    def script(exchange):
        exchange.wait(0.5)
        good(exchange)

    router = start_router(start_backend(script=script), stream={"commit_after": 0.1, "comment_interval": 0.1})
    assert sdk(router, "stream")["text"] == "Hello"


ERRORS = {
    "its own form": (wire.error("invalid_request_error", "no"), 400, "invalid_request_error"),
    "more members": ({**wire.error("new_kind_of_error", "no"), "request_id": "req_1"}, 400, None),
    "openai": ({"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": "x"}}, 404, "not_found_error"),
    "fastapi": ({"detail": "no"}, 422, "invalid_request_error"),
    "busy": ({"message": "no"}, 503, "overloaded_error"),
    "limits": ({"error": "no"}, 429, "rate_limit_error"),
}


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_backends_error(router, claude, name, stream):
    said, status, kind = ERRORS[name]
    claude.script = lambda exchange: exchange.json(said, status)
    answer = router.post(wire.MESSAGES, wire.call(stream=stream))
    assert answer.status == status
    assert answer.json == (wire.error(kind, "no") if kind else said)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_our_key_is_not_the_clients(router, claude, status):
    claude.script = lambda exchange: exchange.json(wire.error("authentication_error", "bad x-api-key"), status)
    answer = router.post(wire.MESSAGES, wire.call())
    assert answer.status == 502 and "router" in wire.assert_error(answer.json, "api_error")


def test_an_error_with_status_200(router, claude):
    claude.script = lambda exchange: exchange.json(wire.error("overloaded_error", "no"))
    answer = router.post(wire.MESSAGES, wire.call())
    assert answer.status == 529 and answer.json == wire.error("overloaded_error", "no")


@pytest.mark.parametrize("path,body,status,kind", [
    *((path, *case) for path in (wire.MESSAGES, wire.COUNT) for case in (
        (b"{", 400, "invalid_request_error"), ({"max_tokens": 1}, 400, "invalid_request_error"), (wire.call("other"), 404, "not_found_error"))),
    (wire.MESSAGES, {"model": "m", "stream": 1}, 400, "invalid_request_error")])
def test_the_routers_own_errors(router, claude, path, body, status, kind):
    answer = router.post(path, body)
    assert answer.status == status and wire.assert_error(answer.json, kind)
    assert answer.header("request-id") == answer.request_id and answer.header("x-should-retry") == "false"


def test_wrong_method_and_media_type(router, claude):
    answer = router.get(wire.MESSAGES)
    assert answer.status == 405 and answer.header("allow") == "POST" and wire.assert_error(answer.json, "invalid_request_error")
    answer = router.post(wire.MESSAGES, b"x", headers={"Content-Type": "text/plain"})
    assert answer.status == 415 and wire.assert_error(answer.json, "invalid_request_error")


def test_too_large(start_router, start_backend):
    router = start_router(start_backend(), limits={"body": 1024})
    answer = router.post(wire.MESSAGES, wire.call(system="x" * 2000))
    assert answer.status == 413 and wire.assert_error(answer.json, "request_too_large")


def test_before_the_models_are_known(start_router):
    dead = {"name": "dead", "url": f"http://127.0.0.1:{free_port()}", "models": ["m"]}
    router = start_router(dead)
    answer = router.post(wire.MESSAGES, wire.call())
    assert answer.status == 502 and wire.assert_error(answer.json, "api_error")


@pytest.mark.parametrize("body", [b"", b"{", b"[1", b"hello", b"<html></html>"])
def test_a_broken_answer(router, claude, body):
    claude.script = lambda exchange: exchange.answer(body)
    answer = router.post(wire.MESSAGES, wire.call())
    assert answer.status == 502 and wire.assert_error(answer.json, "api_error")


def test_a_stream_that_was_not_asked_for(router, claude):
    claude.script = lambda exchange: exchange.sse(wire.stream("a"))
    answer = router.post(wire.MESSAGES, wire.call())
    assert answer.status == 502 and wire.assert_error(answer.json, "api_error")
    claude.script = lambda exchange: exchange.json(wire.message())
    answer = router.post(wire.MESSAGES, wire.call(stream=True))
    assert answer.status == 502 and wire.assert_error(answer.json, "api_error")
