"""The official SDK on the router: every call it makes, and the exceptions it raises."""
import json

import pytest

from harness import openai_wire as wire
from harness.programs import run_node
from harness.wait import until


def sdk(router, scenario, *args):
    return run_node("sdk_client.mjs", f"http://127.0.0.1:{router.port}", scenario, *args, limit=60)


def test_models(router):
    assert sdk(router, "models") == {"ids": ["m"], "one": "m"}


def test_plain(router, backend):
    assert sdk(router, "plain") == {"text": "Hello", "finish": "stop"}
    assert not any("sk-of-the-client" in value for _, value in backend.last.headers)


def test_stream(router):
    assert sdk(router, "stream") == {"text": "Hello", "events": 4, "finish": "stop"}


def test_responses(router):
    types = sdk(router, "responses")["types"]
    assert types[0] == "response.created" and types[-1] == "response.completed"


def test_completions(router):
    assert sdk(router, "completions") == {"text": "Hello"}


def test_embeddings(router):
    assert sdk(router, "embeddings")["object"] == "answer"


def test_abort(router, backend):
    def script(exchange):
        exchange.sse_head()
        while True:
            exchange.event_bytes(wire.content("x"))
            exchange.wait(0.01)

    backend.script = script
    assert sdk(router, "abort") == {"events": 3}
    until(lambda: not backend.active, "upstream to be closed", limit=5)


@pytest.mark.parametrize("scenario", ["plain", "stream"])
def test_unknown_model(router, scenario):
    raised = sdk(router, scenario, "unknown")
    assert (raised["raised"], raised["status"], raised["code"]) == ("NotFoundError", 404, "model_not_found")
    assert raised["requestId"]


IN_BAND = [
    'data: {"error":{"message":"boom","type":"x","param":null,"code":"c"}}\n\n', 'data: {"object":"error","message":"boom","code":400}\n\n',
    'error: {"code":500,"message":"boom","type":"server_error"}\n\n', 'data: {"detail":"boom"}\n\n', 'data: {"error":"boom"}\n\n',
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"boom"}}\n\n',
]


@pytest.mark.parametrize("event", IN_BAND, ids=range(len(IN_BAND)))
@pytest.mark.parametrize("first", [False, True])
def test_raises_on_every_in_band_error(router, backend, event, first):
    backend.script = lambda exchange: exchange.sse([*([] if first else [wire.content("a")]), event, wire.DONE])
    raised = sdk(router, "stream")
    assert "boom" in raised["message"] and raised["raised"]


def test_retries_stop_where_they_cannot_help(router, backend, monkeypatch):
    """`x-should-retry: false` means one try, its absence the SDK's own three."""
    monkeypatch.setenv("RETRIES", "2")
    error = {"error": {"message": "x", "type": "insufficient_quota", "param": None, "code": "insufficient_quota"}}
    backend.script = lambda exchange: exchange.json(error, 429)
    assert sdk(router, "plain")["status"] == 429 and len(backend.requests) == 1
    backend.reset()
    failures = [503, 503]

    def recovers(exchange):
        if failures:
            exchange.json({"error": {"message": "busy", "type": "server_error", "param": None, "code": None}}, failures.pop(),
                          headers=[("Retry-After", "0")])
        else:
            exchange.answer(json.dumps(wire.chat_answer()))

    backend.script = recovers
    assert sdk(router, "plain") == {"text": "Hello", "finish": "stop"} and len(backend.requests) == 3
