"""Errors that a backend sends inside its stream, in every known form, become the one that SDKs raise on."""
import json

import pytest

from harness import openai_wire as wire
from harness.process import CANARY
from harness.sse import error_of
from harness.streams import STARTED, plays, stream


IN_BAND = {
    "nested": 'data: {"error":{"message":"boom","type":"x","param":null,"code":"c"}}\n\n',
    "nested int code": 'data: {"error":{"message":"boom","type":"x","param":null,"code":500}}\n\n',
    "nested short": 'data: {"error":{"message":"boom"}}\n\n',
    "flat vllm": 'data: {"object":"error","message":"boom","type":"x","param":null,"code":400}\n\n',
    "error field": 'error: {"code":500,"message":"boom","type":"server_error"}\n\n',
    "text": 'data: {"error":"boom"}\n\n',
    "list of one": 'data: [{"error":{"code":503,"message":"boom"}}]\n\n',
    "in a choice": 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"code":502,"message":"boom"}}]}\n\n',
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
    backend.script = plays(*STARTED, 'data: {"error":{"message":"bad key %s","type":"x","param":null,"code":null}}\n\n' % CANARY)
    answer = stream(router)
    assert CANARY not in answer.body.decode() and error_of(answer)


@pytest.mark.parametrize("code", [401, 500])
@pytest.mark.parametrize("before", [(), STARTED], ids=["first", "later"])
def test_in_band_error_is_logged_once_with_the_backends_words(router, backend, before, code):
    backend.script = plays(*before, 'data: {"error":{"message":"boom","code":%d}}\n\n' % code)
    answer = stream(router)
    assert answer.status == (200 if before else 502 if code == 401 else 500)
    router.access(answer.request_id)
    lines = [line for line in map(json.loads, router.stderr.splitlines()) if line.get("request_id") == answer.request_id]
    assert [line["cause"] for line in lines] == ["boom"]


def test_response_failed_passes_and_ends(router, backend):
    for name in ("response.failed", "response.incomplete", "response.completed"):
        events = wire.responses_stream("a", end=name)
        backend.script = plays(*events)
        answer = stream(router, wire.RESPONSES)
        assert answer.complete and answer.body == "".join(events).encode(), name
