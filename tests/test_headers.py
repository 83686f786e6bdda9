"""Headers both ways, x-request-id, and the hop header that stops loops."""
import pytest

from harness import openai_wire as wire

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
NOT_SENT = {
    "Connection": "x-named, keep-alive", "X-Named": "1", "Keep-Alive": "timeout=5", "Proxy-Connection": "keep-alive", "TE": "trailers",
    "Trailer": "X-T", "Upgrade-Insecure-Requests-Not": "kept", "Proxy-Authorization": "Basic secret", "Proxy-Authenticate": "x",
    "Authorization": "Bearer client-secret", "x-api-key": "client-secret", "api-key": "client-secret", "x-goog-api-key": "client-secret",
    "Cookie": "session=client-secret", "X-Router-Hop-Not-Ours": "9", "x-router-anything": "1",
}
SENT = {"X-Custom": "kept as it is", "User-Agent": "test/1.0", "Accept": "application/json", "OpenAI-Organization": "org",
        "x-stainless-retry-count": "0", "Idempotency-Key": "abc", "traceparent": "00-1-2-03"}


@BOTH
def test_to_the_backend(router, backend, stream):
    hidden = {name: value for name, value in NOT_SENT.items() if value != "kept"}
    assert router.post(wire.CHAT, wire.chat(stream=stream), headers={**hidden, **SENT, "Accept-Encoding": "gzip, br"}).status == 200
    got = backend.last
    for name, value in SENT.items():
        assert got.header(name) == value, name
    for name in hidden:
        if name.lower() not in ("connection", "authorization") and not name.lower().startswith("x-router"):
            assert not got.has(name), name
    assert b"client-secret" not in got.raw_head
    assert not got.has("x-router-anything") and not got.has("x-router-hop-not-ours")
    assert got.header("authorization").startswith("Bearer CANARY"), "the backend's own"
    assert got.header("host") == f"127.0.0.1:{backend.port}"
    assert got.header("accept-encoding") == "identity"
    assert got.header("connection", "keep-alive").lower() == "keep-alive"
    assert got.header("content-type") == "application/json"


@BOTH
@pytest.mark.parametrize("named", ["x-api-key, host", "content-length", "content-type", "authorization, x-request-id", "close, host"])
def test_connection_cannot_name_our_own_headers_away(router, backend, stream, named):
    answer = router.post(wire.CHAT, wire.chat(stream=stream), headers={"Connection": named, "x-api-key": "client-secret"})
    if answer.status == 400:
        assert not backend.requests
        return
    assert answer.status == 200
    got = backend.last
    assert got.header("host") and got.header("content-length") and got.header("authorization").startswith("Bearer CANARY")
    assert got.header("x-request-id") == answer.request_id
    assert b"client-secret" not in got.raw_head


@BOTH
def test_to_the_client(router, backend, stream):
    theirs = [("Server", "secret-engine/1.0"), ("Set-Cookie", "a=b"), ("Set-Cookie", "c=d"), ("Via", "1.1 inner"), ("Connection", "x-inner"),
              ("X-Inner", "1"), ("Proxy-Authenticate", "x"), ("X-Router-Backend", "faked"), ("X-Request-Id", "theirs"),
              ("X-RateLimit-Remaining", "7"), ("openai-processing-ms", "12"), ("X-Two", "1"), ("X-Two", "2"), ("Cache-Control", "no-store")]

    def script(exchange):
        if stream:
            exchange.sse(wire.chat_stream("a"), theirs)
        else:
            exchange.json(wire.chat_answer(), headers=theirs)

    backend.script = script
    answer = router.post(wire.CHAT, wire.chat(stream=stream))
    assert answer.status == 200
    for name in ("server", "set-cookie", "via", "x-inner", "proxy-authenticate"):
        assert answer.header(name) is None, name
    assert b"faked" not in answer.raw_head
    assert answer.header("x-ratelimit-remaining") == "7" and answer.header("openai-processing-ms") == "12"
    assert answer.all("x-two") == ["1", "2"] and answer.header("cache-control") == "no-store"
    assert answer.request_id not in (None, "theirs")


@pytest.mark.parametrize("path, method", [("/", "GET"), ("/healthz", "GET"), ("/readyz", "GET"), ("/v1/models", "GET"), ("/nope", "GET"),
                                          (wire.CHAT, "GET"), (wire.CHAT, "POST")])
def test_request_id_on_every_answer(router, path, method):
    ids = {router.request(method, path, b"{" if method == "POST" else None).request_id for _ in range(3)}
    assert None not in ids and len(ids) == 3 and all(8 <= len(each) <= 128 for each in ids)


@BOTH
def test_request_id_of_the_client(router, backend, stream):
    answer = router.post(wire.CHAT, wire.chat(stream=stream), headers={"X-Request-ID": "client-chose-0.1_this-id"})
    assert answer.request_id == "client-chose-0.1_this-id"
    assert backend.last.header("x-request-id") == "client-chose-0.1_this-id"
    assert router.access("client-chose-0.1_this-id")["status"] == 200


@pytest.mark.parametrize("bad", ["", "a" * 300, "has space", 'quote"', "<script>", "semi;colon,comma\\"])
def test_request_id_that_is_not_sane(router, backend, bad):
    answer = router.post(wire.CHAT, wire.chat(), headers={"x-request-id": bad})
    assert answer.status == 200 and answer.request_id and answer.request_id != bad
    assert backend.last.header("x-request-id") == answer.request_id


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/router/endpoints", "/nope"])
def test_request_id_on_the_admin_address_too(router, path):
    assert len(router.admin(path).request_id) >= 8


def test_malformed_requests_get_a_request_id_too(router):
    with router.connect() as client:
        client.send(b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n")
        answer = client.response()
    assert answer.status == 400 and answer.request_id


def test_loop_is_stopped(start_router):
    """A router whose backend is itself: after four hops, 508."""
    text = ('{"listen": "127.0.0.1:@PORT@", "admin": {"listen": "127.0.0.1:@ADMIN@"},'
            ' "backends": [{"name": "self", "url": "http://127.0.0.1:@PORT@", "models": ["m"]}]}')
    router = start_router(text=text)
    for stream in (False, True):
        answer = router.post(wire.CHAT, wire.chat(stream=stream))
        assert answer.status == 508 and answer.error["code"] == "loop_detected"
        assert answer.header("x-should-retry") == "false"
    seen = [line for line in router.access_lines() if line["path"] == wire.CHAT]
    assert len(seen) <= 2 * 6


def test_four_hops_are_fine(start_router, start_backend):
    backend = start_backend()
    last = start_router(backend)
    for _ in range(3):
        last = start_router({"name": "next", "url": f"http://127.0.0.1:{last.port}"})
    assert last.post(wire.CHAT, wire.chat()).status == 200
    assert last.post(wire.CHAT, wire.chat(stream=True)).complete
