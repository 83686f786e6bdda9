"""What the router answers to clients' own mistakes, in status, code and manners."""
import json

import pytest

from harness import openai_wire as wire
from harness.wait import until

POST_PATHS = wire.ALL


def check(answer, status, code=None):
    assert answer.status == status, (answer.status, answer.body)
    if code:
        assert answer.error["code"] == code
    assert answer.request_id
    if 400 <= status < 500 and status not in (408, 429):
        assert answer.header("x-should-retry") == "false"
    return answer


@pytest.mark.parametrize("path", ["/v1/unknown", "/v2/models", "/v1", "/metrics", "/router/endpoints", "/v1/chat/completions/", "/admin"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_path(router, backend, path, method):
    check(router.request(method, path, wire.chat() if method == "POST" else None), 404, "not_found")
    assert not backend.requests


@pytest.mark.parametrize("path", POST_PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_wrong_method_on_endpoints(router, backend, path, method):
    answer = check(router.request(method, path), 405, "method_not_allowed")
    assert [each.strip() for each in answer.header("allow").split(",")] == ["POST"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/v1/models", "/v1/models/m"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_wrong_method_elsewhere(router, path, method):
    answer = check(router.request(method, path, b"{}" if method == "POST" else None), 405, "method_not_allowed")
    assert "GET" in answer.header("allow")


def test_connect_is_no_tunnel(router):
    with router.connect() as client:
        client.send(b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n")
        assert client.response().status in (400, 405)


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
                                          "application/jsonx", "application/json; charset=utf-16"])
def test_other_content_type(router, backend, content_type):
    answer = check(router.post(wire.CHAT, wire.chat(), headers={"Content-Type": content_type}), 415, "unsupported_media_type")
    assert "application/json" in answer.error["message"] and "content-type" in answer.error["message"].lower()
    assert not backend.requests


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", "application/json;charset=UTF-8",
                                          'application/json; charset="utf-8"'])
def test_json_content_types(router, backend, content_type):
    assert router.post(wire.CHAT, wire.chat(), headers={"Content-Type": content_type}).status == 200


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, gzip", "zstd"])
def test_encoded_body(router, backend, coding):
    check(router.post(wire.CHAT, wire.chat(), headers={"Content-Encoding": coding}), 415, "unsupported_encoding")
    assert not backend.requests


def test_identity_is_no_encoding(router, backend):
    assert router.post(wire.CHAT, wire.chat(), headers={"Content-Encoding": "identity"}).status == 200


BODIES = {
    "empty": (b"", "invalid_json"), "cut": (b'{"model":"m"', "invalid_json"), "array": (b'["m"]', None), "text": (b'"m"', None),
    "null": (b"null", None), "no model": (b'{"messages":[]}', "missing_model"), "garbage": (b'{"model":"m"} x', "invalid_json"),
    "number": (b'{"model":7}', "invalid_model"), "null model": (b'{"model":null}', "invalid_model"),
    "array model": (b'{"model":["m"]}', "invalid_model"), "empty model": (b'{"model":""}', "invalid_model"),
    "long model": (json.dumps({"model": "m" * 257}).encode(), "invalid_model"),
    "control": (b'{"model":"m\\r\\nX: y"}', "invalid_model"), "nul": (b'{"model":"m\\u0000"}', "invalid_model"),
    "surrogate": (b'{"model":"m\\ud800"}', None), "stream text": (b'{"model":"m","stream":"true"}', None),
    "stream number": (b'{"model":"m","stream":1}', None),
}


@pytest.mark.parametrize("path, kind", [(path, kind) for path in (wire.CHAT, wire.EMBEDDINGS) for kind in BODIES
                                        if path == wire.CHAT or not kind.startswith("stream")])
def test_bad_bodies(router, backend, path, kind):
    body, code = BODIES[kind]
    answer = check(router.post(path, body), 400, code)
    if "model" in kind:
        assert answer.error["param"] == "model"
    assert not backend.requests


def test_connection_goes_on_after_a_bad_body(router, backend):
    with router.connect() as client:
        for body, status in ((b"{", 400), (wire.chat("x"), 404), (wire.chat(), 200)):
            client.request("POST", wire.CHAT, body)
            assert client.response().status == status


# Limits.

def test_header_limits(router):
    check(router.get("/healthz", headers={"X": "a" * 33_000}), 431, "headers_too_large")
    check(router.get("/healthz", headers=[(f"X-{n}", "a") for n in range(101)]), 431, "headers_too_large")
    assert router.get("/healthz", headers=[(f"X-{n}", "a") for n in range(98)]).status == 200
    assert router.get("/healthz", headers={"X": "a" * 30_000}).status == 200


def test_header_without_end_is_answered(router):
    with router.connect() as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 40_000)
        assert client.response().status == 431
        assert client.closed_by_peer(10)


def test_uri_too_long(router):
    check(router.get("/v1/models/" + "a" * 9000), 414, "uri_too_long")


def test_body_too_large(start_router, start_backend):
    router = start_router(start_backend(), limits={"body": 2048})
    check(router.post(wire.CHAT, wire.chat(pad="a" * 2048)), 413, "body_too_large")
    with router.connect() as client:
        client.request("POST", wire.CHAT, b"", {"Content-Length": None, "Transfer-Encoding": "chunked",
                                                "Content-Type": "application/json"})
        client.send(b"900\r\n" + b" " * 0x900 + b"\r\n")
        answer = client.response()
        check(answer, 413, "body_too_large")
        assert answer.header("connection") == "close"


def test_413_is_read_by_a_client_that_keeps_sending(start_router, start_backend):
    """The answer must not be lost to a reset, though the upload isn't read to its end."""
    router = start_router(start_backend(), limits={"body": 2048})
    with router.connect() as client:
        client.request("POST", wire.CHAT, b"", {"Content-Length": "30000000", "Content-Type": "application/json"})
        try:
            for _ in range(30):
                client.send(b" " * 1_000_000)
        except OSError:
            pass                # the router needn't read it all
        assert client.response().status == 413


@pytest.mark.parametrize("early", [413, 200])
def test_backend_that_answers_before_the_upload_is_read(start_router, start_backend, early):
    """Its answer is relayed, and neither connection is used again in a wrong state."""
    backend = start_backend()

    def answers_early(exchange):
        exchange.wait(0)
        exchange.json({"error": {"message": "too much", "type": "x", "param": None, "code": None}} if early == 413
                      else wire.chat_answer(), early, headers=[("Connection", "close")])
        exchange.fin()

    answers_early.reads_body_itself = True
    backend.script = answers_early
    router = start_router(backend)
    answer = router.post(wire.CHAT, wire.chat(pad="a" * 30_000_000))
    assert answer.status == early
    backend.script = type(backend)(listen=False).script
    assert router.post(wire.CHAT, wire.chat()).status == 200


# Expect: 100-continue.

def test_expect_100_continue(router, backend):
    body = json.dumps(wire.chat()).encode()
    with router.connect() as client:
        client.request("POST", wire.CHAT, b"", {"Content-Length": str(len(body)), "Content-Type": "application/json",
                                                "Expect": "100-continue"})
        assert client.head().status == 100
        assert not backend.requests
        client.send(body)
        assert client.response().status == 200
    assert not backend.last.has("expect")


@pytest.mark.parametrize("change, status", [
    ({"Content-Length": "99999999999"}, 413), ({"Content-Type": "text/plain"}, 415), ({"Expect": "200-ok"}, 417),
    ({"Content-Encoding": "gzip"}, 415),
])
def test_expect_gets_the_final_status_at_once(router, backend, change, status):
    with router.connect() as client:
        client.request("POST", wire.CHAT, b"", {"Content-Length": "50", "Content-Type": "application/json",
                                                "Expect": "100-continue", **change})
        answer = client.response()
        assert answer.status == status and not answer.interim
        assert client.closed_by_peer(10), "the body may still come: the connection can't be used again"
    assert not backend.requests


def test_expect_with_a_bad_key(start_router, start_backend):
    router = start_router(start_backend(), api_keys=["sk-0123456789"])
    with router.connect() as client:
        client.request("POST", wire.CHAT, b"", {"Content-Length": "50", "Content-Type": "application/json", "Expect": "100-continue"})
        answer = client.response()
        assert answer.status == 401 and not answer.interim


# Slow clients.

def test_slow_head(start_router, start_backend):
    router = start_router(start_backend(), timeouts={"header": 0.3})
    with router.connect() as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost:")
        answer = client.response()
        assert (answer.status, answer.error["code"]) == (408, "request_timeout")
        assert client.closed_by_peer(5)


def test_head_that_drips_is_slow_too(start_router, start_backend):
    router = start_router(start_backend(), timeouts={"header": 0.5})
    with router.connect() as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")

        def answered():
            try:
                client.send(b"a")
            except OSError:
                return True
            return client.readable(0.05)

        until(answered, "the slow client to be sent away", limit=10)
        assert client.response().status == 408


def test_slow_body(start_router, start_backend):
    router = start_router(start_backend(), timeouts={"body_gap": 0.3})
    with router.connect() as client:
        client.request("POST", wire.CHAT, b"", {"Content-Length": "50", "Content-Type": "application/json"})
        client.send(b"{")
        answer = client.response()
        assert (answer.status, answer.error["code"]) == (408, "request_timeout")
        assert client.closed_by_peer(5)


def test_idle_connections_are_closed_silently(start_router, start_backend):
    router = start_router(start_backend(), timeouts={"keep_alive": 0.3})
    with router.connect() as client:
        client.request("GET", "/healthz")
        assert client.response().status == 200
        assert client.closed_by_peer(5) and client.buffer == b""


def test_thousand_slow_clients_hurt_nobody(start_router, start_backend):
    router = start_router(start_backend(), timeouts={"header": 5})
    slow = [router.connect() for _ in range(1000)]
    for client in slow:
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX: ")
    for _ in range(50):
        assert router.post(wire.CHAT, wire.chat()).status == 200
    for client in slow:
        client.fin()


# What stands at the root.

def test_root_says_what_this_is(router):
    answer = router.get("/")
    assert answer.status == 200 and b"llm-router" in answer.body


def test_healthz(router):
    answer = router.get("/healthz")
    assert (answer.status, answer.body.strip()) == (200, b"OK")


def test_head_requests(router):
    answer = router.request("HEAD", "/healthz")
    assert answer.status in (200, 405) and answer.body == b""
