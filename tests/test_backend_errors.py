"""A backend's own error statuses: what passes, what is wrapped, what SDKs are told about retrying."""
import json

import pytest

from harness import openai_wire as wire
from harness.client import assert_error_object
from harness.process import CANARY

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
OBJECT = {"error": {"message": "théir own", "type": "their_type", "param": "p", "code": "their_code", "extra": {"a": 1}}}


@BOTH
@pytest.mark.parametrize("status", [400, 402, 404, 409, 413, 418, 422, 429, 499, 500, 501, 502, 503, 504, 529])
def test_status_is_kept_and_an_error_object_passes_untouched(router, backend, stream, status):
    body = json.dumps(OBJECT, indent=2).encode()
    backend.script = lambda exchange: exchange.answer(body, status, headers=[("X-Their", "1")])
    answer = router.post(wire.CHAT, wire.chat(stream=stream))
    assert answer.complete and answer.status == status
    assert answer.body == body
    assert answer.header("x-their") == "1"
    assert answer.request_id


WRAPPED = {
    "vllm int code": (json.dumps({"error": {"message": "too long", "type": "BadRequestError", "param": None, "code": 400}}), "too long", "400"),
    "flat vllm": (json.dumps({"object": "error", "message": "too long", "type": "BadRequestError", "param": None, "code": 400}), "too long", "400"),
    "detail": (json.dumps({"detail": "no such thing"}), "no such thing", None),
    "detail list": (json.dumps({"detail": [{"loc": ["body"], "msg": "field required"}]}), "field required", None),
    "message": (json.dumps({"message": "plain words"}), "plain words", None),
    "list of one": (json.dumps([{"error": {"message": "too long", "code": 418, "status": "X"}}]), "too long", "418"),
    "error text": (json.dumps({"error": "plain words"}), "plain words", None),
    "anthropic": (json.dumps({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}), "Overloaded", None),
    "html": ("<html><body><h1>Bad Gateway</h1></body></html>", "Bad Gateway", None),
    "text": ("upstream on fire", "upstream on fire", None),
    "empty": ("", "", None), "junk json": ('{"error":', "", None), "array": ("[1]", "", None), "null": ("null", "", None),
}


@BOTH
@pytest.mark.parametrize("kind", WRAPPED)
@pytest.mark.parametrize("status", [400, 500])
def test_other_bodies_are_wrapped(router, backend, stream, kind, status):
    body, message, code = WRAPPED[kind]
    content_type = "text/html" if kind == "html" else "text/plain" if kind in ("text", "empty") else "application/json"
    backend.script = lambda exchange: exchange.answer(body, status, content_type=content_type)
    answer = router.post(wire.CHAT, wire.chat(stream=stream))
    assert answer.status == status and answer.complete
    error = answer.json["error"]
    assert message in error["message"]
    if kind != "anthropic":         # near enough to OpenAI's to pass untouched
        assert_error_object({key: error[key] for key in ("message", "type", "param", "code")})
    if code:
        assert error["code"] == code


@BOTH
@pytest.mark.parametrize("status", [401, 403])
def test_a_backend_that_refuses_our_key_is_not_the_clients_fault(router, backend, stream, status):
    backend.script = lambda exchange: exchange.json(
        {"error": {"message": f"Incorrect API key: {CANARY}", "type": "x", "param": None, "code": "invalid_api_key"}}, status)
    answer = router.post(wire.CHAT, wire.chat(stream=stream))
    assert answer.status == 502 and answer.error["code"] == "upstream_auth_failed"
    assert answer.header("x-should-retry") == "false"
    assert CANARY not in answer.body.decode()


@BOTH
@pytest.mark.parametrize("status", [401, 403])
def test_a_backend_that_refuses_the_clients_own_key_is_told(start_router, start_backend, stream, status):
    error = {"error": {"message": "Incorrect API key", "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}}
    backend = start_backend(auth={"type": "forward"}, script=lambda exchange: exchange.json(error, status))
    router = start_router(backend)
    answer = router.post(wire.CHAT, wire.chat(stream=stream), headers={"Authorization": "Bearer sk-mine"})
    assert backend.last.header("authorization") == "Bearer sk-mine"
    assert (answer.status, answer.json) == (status, error)
    assert answer.header("x-should-retry") == "false"


@BOTH
@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("form", ['{"error":{"message":"you sent Bearer %s!","type":"t","param":null,"code":null}}',
                                  '{"detail":"you sent %s"}', "you sent %s", '{"error":{"message":"x","type":"t","param":null,"code":"%s"}}'])
def test_our_secrets_are_masked(router, backend, stream, status, form):
    backend.script = lambda exchange: exchange.answer(form % CANARY, status)
    answer = router.post(wire.CHAT, wire.chat(stream=stream))
    assert answer.status == status
    assert CANARY not in answer.body.decode() and "***" in answer.body.decode()


# x-should-retry: SDKs try 408, 409, 429 and 5xx again by themselves.

@pytest.mark.parametrize("status, code, headers, advice", [
    (400, "bad", {}, "false"),
    (404, "model_not_found", {}, "false"),
    (422, "bad", {}, "false"),
    (429, "insufficient_quota", {}, "false"),
    (429, "rate_limit_exceeded", {}, None),
    (429, "rate_limit_exceeded", {"Retry-After": "3"}, None),
    (503, "overloaded", {"Retry-After": "3"}, None),
    (503, "overloaded", {}, None),
    (500, "oops", {}, None),
])
@BOTH
def test_retry_advice(router, backend, stream, status, code, headers, advice):
    error = {"error": {"message": "x", "type": code, "param": None, "code": code}}
    backend.script = lambda exchange: exchange.json(error, status, headers=headers.items())
    answer = router.post(wire.CHAT, wire.chat(stream=stream))
    assert answer.status == status
    assert answer.header("retry-after") == headers.get("Retry-After")
    assert answer.header("x-should-retry") == advice


@pytest.mark.parametrize("headers, advice", [({}, "false"), ({"Retry-After": "3"}, None)])
@pytest.mark.parametrize("code", ["insufficient_quota", "credit_balance_exhausted"])
def test_exhausted_quota_is_permanent_unless_another_try_is_invited(router, backend, code, headers, advice):
    """`x-should-retry: false` never stands beside a Retry-After."""
    error = {"error": {"message": "x", "type": "insufficient_quota", "param": None, "code": code}}
    backend.script = lambda exchange: exchange.json(error, 429, headers=headers.items())
    assert router.post(wire.CHAT, wire.chat()).header("x-should-retry") == advice


def test_an_error_body_that_is_cut(router, backend):
    backend.script = lambda exchange: (exchange.send(
        b'HTTP/1.1 500 x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"error":'), exchange.fin())
    answer = router.post(wire.CHAT, wire.chat())
    assert answer.complete and answer.status in (500, 502)
    assert answer.error["message"]


def test_a_huge_error_body(router, backend):
    backend.script = lambda exchange: exchange.answer(b"x" * 5_000_000, 500, content_type="text/plain")
    answer = router.post(wire.CHAT, wire.chat())
    assert answer.status in (500, 502) and len(answer.error["message"]) < 10_000
