"""Secrets stay inside, URLs come from the configuration only, logs can't be forged."""
import base64
import json

import pytest

from harness import openai_wire as wire
from harness.process import CANARY, free_port
from harness.wait import until


@pytest.mark.parametrize("auth, secrets", [
    ({"type": "bearer", "token": CANARY}, [CANARY]),
    ({"type": "basic", "username": "user", "password": CANARY}, [CANARY, base64.b64encode(f"user:{CANARY}".encode()).decode()]),
    ({"type": "header", "name": "X-Key", "value": CANARY}, [CANARY]),
])
def test_a_backend_that_echoes_our_credentials(start_router, start_backend, auth, secrets):
    """They are masked in errors, in streams' errors, in discovery's errors, in its status line."""
    backend = start_backend(auth=auth)
    router = start_router(backend, refresh_interval=0.3, log={"level": "debug"})
    echo = " ".join(secrets)
    seen = []
    for status in (400, 401, 404, 429, 500, 503):
        for body in ({"error": {"message": echo, "type": "t", "param": None, "code": "c"}}, {"detail": echo}, echo, f"<p>{echo}</p>"):
            backend.script = lambda exchange: exchange.answer(body if isinstance(body, str) else json.dumps(body), status)
            seen += [router.post(wire.CHAT, wire.chat(stream=stream)) for stream in (False, True)]
    backend.script = lambda exchange: exchange.sse([wire.content("a"), wire.data({"error": {"message": echo}})])
    seen.append(router.post(wire.CHAT, wire.chat(stream=True)))
    backend.script = lambda exchange: exchange.send(f"HTTP/1.1 999 {echo}\r\nX {echo}\r\n\r\n")
    seen.append(router.post(wire.CHAT, wire.chat()))
    backend.list_script = lambda exchange: exchange.answer(echo, 401)
    asked = len(backend.list_requests)
    until(lambda: len(backend.list_requests) > asked + 1, "a failed refresh")
    seen += [router.admin(path) for path in ("/router/endpoints", "/metrics", "/readyz", "/healthz")]
    seen += [router.get(path) for path in ("/", "/v1/models", "/v1/models/m", "/nope")]
    for answer in seen:
        for secret in secrets:
            assert secret.encode() not in answer.body and secret.encode() not in answer.raw_head
    for secret in secrets:
        assert secret not in router.stderr and secret not in "".join(router.lines)


@pytest.mark.parametrize("stream", [False, True])
def test_header_fields_that_hold_our_credentials_are_left_out(start_router, start_backend, stream):
    backend = start_backend(auth={"type": "bearer", "token": CANARY})
    router = start_router(backend)
    echo = [("X-Seen-Authorization", f"Bearer {CANARY}"), ("X-Kept", "yes")]
    large = wire.chat_answer("a" * (2 << 20))
    for script in (lambda exchange: exchange.sse(wire.chat_stream("a"), headers=echo) if stream else exchange.json(wire.chat_answer(), headers=echo),
                   lambda exchange: exchange.sse(wire.chat_stream("a"), headers=echo) if stream else exchange.json(large, headers=echo),
                   lambda exchange: exchange.json({"error": {"message": "no"}}, 400, headers=echo)):
        backend.script = script
        answer = router.post(wire.CHAT, wire.chat(stream=stream))
        assert answer.header("x-kept") == "yes" and CANARY.encode() not in answer.raw_head


def test_keys_of_clients_are_not_logged(start_router, start_backend):
    key = "sk-client-CANARY-0123456789"
    router = start_router(start_backend(), api_keys=[key], log={"level": "debug"})
    for sent in (key, key + "x", "Bearer " + key):
        answer = router.post(wire.CHAT, wire.chat(), headers={"Authorization": f"Bearer {sent}"})
        router.access(answer.request_id)
        assert key not in answer.body.decode()
    router.get(f"/v1/models?api_key={key}")
    assert key not in router.stderr
    assert key not in "".join(router.lines)
    assert key not in router.admin("/metrics").body.decode()


@pytest.mark.parametrize("name", ["api_base", "base_url", "api_key", "custom_llm_provider"])
def test_the_body_names_no_backend(router, backend, start_backend, name):
    """Such fields are data of the request; nothing is ever asked at an address of the client's."""
    trap = start_backend(name="trap")
    body = wire.chat(**{name: f"http://127.0.0.1:{trap.port}"})
    assert router.post(wire.CHAT, body, headers={"x-api-base": f"http://127.0.0.1:{trap.port}"}).status == 200
    assert len(backend.requests) == 1 and not trap.connections


@pytest.mark.parametrize("url", ["http://2852039166/", "http://[::ffff:169.254.169.254]/", "http://169.254.169.254/", "gopher://x/", "file:///etc/passwd",
                                 "http://user:pass@x/", "http://0x7f000001/", "http://017700000001/", "http://x/?a=b", "http://x/#f", "http://", "x:80",
                                 "http://x:99999/", "http://x:0/", "http://[::1", "http://a b/", "http://[fd00:ec2::254]/", "unix:/tmp/x"])
def test_urls_that_are_refused(tmp_path, url):
    from harness.process import run
    file = tmp_path / "config.yaml"
    file.write_text(json.dumps({"backends": [{"name": "b", "url": url}]}))
    file.chmod(0o600)
    done = run("check", file)
    assert done.returncode == 1, f"{url} was accepted"
    assert "config.yaml:1:" in done.stdout + done.stderr


@pytest.mark.parametrize("head", [b"X: a\r\n<html>\r\n", b"X: a\rSet-Cookie: b\r\n", b"X: a\n\n<html>\r\n", b"X: a\x00b\r\n"])
def test_response_splitting(router, backend, head):
    """A backend's CR, LF or NUL in a field never becomes a field or a body of ours."""
    backend.script = lambda exchange: (exchange.send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + head + b"Content-Length: 2\r\n\r\n{}"), exchange.fin())
    answer = router.post(wire.CHAT, wire.chat())
    assert answer.status == 502 and b"<html>" not in answer.raw_head and not answer.all("set-cookie")


def test_reason_phrases_are_ours(router, backend):
    backend.script = lambda exchange: exchange.send(
        b"HTTP/1.1 200 <script>\xff\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
    answer = router.post(wire.CHAT, wire.chat())
    assert b"script" not in answer.raw_head and answer.status in (200, 502)


def test_error_messages_reflect_safely(router):
    name = '<img src=x onerror=1>"\\'
    answer = router.post(wire.CHAT, wire.chat(name))
    assert answer.status == 404 and answer.header("content-type").startswith("application/json")
    assert name in answer.error["message"]


def test_unresolvable_backends_delay_nobody(start_router, start_backend):
    """As far as it goes without a name server of our own."""
    router = start_router(start_backend(), {"name": "lost", "url": "http://no-such-host.invalid", "models": ["lost"]},
                          {"name": "closed", "url": f"http://127.0.0.1:{free_port()}", "models": ["closed"]})
    until(lambda: "m" in router.model_ids(), "discovery")
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat("lost"))
        for _ in range(20):
            assert router.post(wire.CHAT, wire.chat()).status == 200
        assert client.response().status == 502
