"""Backends behind TLS: who is trusted, what is said when nobody is, and that streams end as they do without TLS."""
import contextlib
import json
import shutil
import socket
import ssl
import threading
import warnings

import pytest

from harness import openai_wire as wire
from harness.backend import good
from harness.process import CANARY
from harness.sse import error_of
from harness.tls import Authority, TlsBackend, close_notify
from harness.wait import until

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
END = pytest.mark.parametrize("end", ["fin", "rst"])
JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
UNFINISHED = "".join(wire.chat_stream("a", finish=None, done=False)).encode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("the openssl command, which makes the certificates, isn't there")
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.issue("good")


@pytest.fixture
def start_tls_backend():
    made = []

    def make(*args, **options):
        options.setdefault("name", f"secure{len(made)}")
        made.append(TlsBackend(*args, **options))
        return made[-1]

    yield make
    for backend in made:
        backend.stop()
        assert not backend.errors, backend.errors


@pytest.fixture
def start_trusting_router(start_router, authority):
    """A router of one worker, so that connections are where one expects them."""
    return lambda *backends, **config: start_router(*backends, workers=1, env={"SSL_CERT_FILE": str(authority.certificate)}, **config)


@pytest.fixture
def pair(start_trusting_router, start_tls_backend, certificate):
    """A backend that is trusted, found by its own list of models, and its router."""
    backend = start_tls_backend(certificate)
    return start_trusting_router(backend), backend


# Trusted.

def test_served(pair):
    router, backend = pair
    assert router.post(wire.CHAT, wire.chat()).json["object"] == "chat.completion"
    streamed = router.post(wire.CHAT, wire.chat(stream=True))
    assert streamed.complete and [event.data for event in streamed.events][-1] == "[DONE]"
    assert streamed.body == "".join(wire.chat_stream("Hel", "lo")).encode()
    assert backend.last.header("authorization") == f"Bearer {CANARY}"
    assert set(backend.server_names) == {"localhost"}


def test_an_address_in_the_certificate(start_trusting_router, start_tls_backend, authority):
    """Is matched as an address, and isn't named to the server (RFC 6066, 3)."""
    backend = start_tls_backend(authority.issue("address", "IP:127.0.0.1"), host="127.0.0.1")
    assert start_trusting_router(backend).post(wire.CHAT, wire.chat()).status == 200
    assert set(backend.server_names) == {None}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions(start_trusting_router, start_tls_backend, certificate, version):
    backend = start_tls_backend(certificate, version=version)
    router = start_trusting_router(backend)
    assert router.post(wire.CHAT, wire.chat()).status == 200
    assert backend.connections[-1].version == version.name.replace("_", ".")


def test_large_bodies_both_ways(pair):
    """More than a record, a socket's buffer and what the router collects."""
    router, backend = pair
    answer = json.dumps(wire.chat_answer("é" * 2_000_000)).encode()
    backend.script = lambda exchange: exchange.answer(answer, framing="chunked")
    call = json.dumps(wire.chat(user="x" * 5_000_000)).encode()
    assert router.post(wire.CHAT, call).body == answer
    assert backend.last.body == call


@BOTH
def test_connection_is_used_again(pair, stream):
    router, backend = pair
    for _ in range(5):
        assert router.post(wire.CHAT, wire.chat(stream=stream)).status == 200
    assert len({request.connection for request in backend.requests}) == 1


def test_next_connection_resumes_the_session(pair):
    router, backend = pair
    assert router.post(wire.CHAT, wire.chat()).status == 200
    backend.close_idle()
    until(lambda: backend.open_connections() == 0, "the connections to be closed")
    assert router.post(wire.CHAT, wire.chat()).status == 200
    first, second = (backend.connections[request.connection] for request in backend.requests)
    assert first is not second and second.resumed


# Not trusted.

def wrong_host(authority):
    return authority.issue("wrong", "DNS:elsewhere.test,IP:127.0.0.1")


def expired(authority):
    return authority.issue("expired", days=-1)


def self_signed(authority):
    return authority.self_signed("self-signed", "/CN=localhost", "subjectAltName=DNS:localhost")


def unknown_authority(authority):
    return Authority(authority.folder / "stranger").issue("stranger")


UNTRUSTED = {wrong_host: "hostname mismatch", expired: "expired", self_signed: "self-signed", unknown_authority: "issuer"}


def check_refused(router, backend, stream, reason):
    """The client learns what, the log why."""
    answer = router.post(wire.CHAT, wire.chat(stream=stream))
    assert (answer.status, answer.error["code"], answer.error["type"]) == (502, "upstream_tls_error", "server_error")
    for secret in ("localhost", "127.0.0.1", "::1", str(backend.port), "https", reason, CANARY):
        assert secret not in answer.error["message"], "the message tells too much"
    until(lambda: reason in router.stderr.lower(), f"{reason!r} in the log")
    assert not backend.requests, "a request was sent to who isn't trusted"


@BOTH
@pytest.mark.parametrize("kind", UNTRUSTED)
def test_certificate_is_refused(start_trusting_router, start_tls_backend, authority, kind, stream):
    backend = start_tls_backend(kind(authority))
    router = start_trusting_router({**backend.config(), "models": ["m"]})
    check_refused(router, backend, stream, UNTRUSTED[kind])


def test_address_that_the_certificate_lacks(start_trusting_router, start_tls_backend, certificate):
    backend = start_tls_backend(certificate, host="127.0.0.1")
    check_refused(start_trusting_router({**backend.config(), "models": ["m"]}), backend, False, "ip address mismatch")


@BOTH
def test_old_version_is_refused(start_trusting_router, start_tls_backend, certificate, stream):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        backend = start_tls_backend(certificate, version=ssl.TLSVersion.TLSv1_1)
    check_refused(start_trusting_router({**backend.config(), "models": ["m"]}), backend, stream, "protocol version")


def test_models_of_who_is_not_trusted_are_not_listed(start_trusting_router, start_tls_backend, start_backend, authority):
    stranger = start_tls_backend(expired(authority), models=["theirs"])
    router = start_trusting_router(stranger, start_backend(["m"]))
    until(lambda: stranger.connections and stranger.connections[0].ended, "the list to be asked for")
    assert router.model_ids() == ["m"] and not stranger.list_requests


def test_server_without_tls(start_trusting_router):
    """Says in plain HTTP what it thinks of a handshake."""
    with socket.create_server(("127.0.0.1", 0)) as plain:
        def answer():
            connected, _ = plain.accept()
            with connected, contextlib.suppress(ConnectionError):
                connected.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                connected.shutdown(socket.SHUT_WR)
                while connected.recv(65536):
                    pass

        threading.Thread(target=answer, daemon=True).start()
        url = "https://127.0.0.1:%d" % plain.getsockname()[1]
        router = start_trusting_router({"name": "plain", "url": url, "models": ["m"]})
        answer = router.post(wire.CHAT, wire.chat())
        assert (answer.status, answer.error["code"]) == (502, "upstream_tls_error")


def test_handshake_without_end(start_trusting_router):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = "https://127.0.0.1:%d" % silent.getsockname()[1]
        router = start_trusting_router({"name": "silent", "url": url, "models": ["m"]}, timeouts={"tls": 0.3})
        answer = router.post(wire.CHAT, wire.chat(), limit=10)
        assert (answer.status, answer.error["code"]) == (504, "upstream_timeout")


# The client leaves.

@END
@BOTH
def test_client_leaves(pair, stream, end):
    router, backend = pair

    def script(exchange):
        if stream:
            exchange.sse_head()
            exchange.event_bytes(UNFINISHED)
        exchange.stall()

    backend.script = script
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat(stream=stream))
        until(lambda: backend.active, "the request")
        if stream:
            assert client.head().status == 200
        getattr(client, end)()
        until(lambda: backend.last.closed, "upstream to be closed", limit=5)
    backend.script = good
    assert router.post(wire.CHAT, wire.chat(stream=stream)).status == 200


def test_client_leaves_during_the_handshake(start_trusting_router):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = "https://127.0.0.1:%d" % silent.getsockname()[1]
        router = start_trusting_router({"name": "silent", "url": url, "models": ["m"]}, timeouts={"tls": 60})
        with router.connect() as client:
            client.request("POST", wire.CHAT, wire.chat())
            silent.settimeout(10)
            upstream, _ = silent.accept()
            upstream.settimeout(5)
            assert upstream.recv(1) == b"\x16", "a TLS handshake"
            client.fin()
            with upstream, contextlib.suppress(ConnectionResetError):
                while upstream.recv(65536):
                    pass


# The backend leaves: only close_notify is an end (RFC 9112, 9.8).

def sent_then(end, *parts):
    def script(exchange):
        exchange.send(*parts)
        end(exchange)
    return script


def truncate(exchange):
    exchange.fin()


@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_truncated_stream(pair, framing):
    """An error event, although without TLS the end of the connection could be that of the answer."""
    router, backend = pair
    seen = threading.Event()

    def script(exchange):
        if framing == "chunked":
            exchange.sse_head()
            exchange.event_bytes(UNFINISHED)
        else:
            exchange.send(SSE_HEAD, b"Connection: close\r\n\r\n", UNFINISHED)
        exchange.hold(seen)
        truncate(exchange)

    backend.script = script
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat(stream=True))
        answer = client.head()
        seen.set()
        answer.body = b"".join(client.body_parts(answer))
    assert answer.body.startswith(UNFINISHED)
    assert error_of(answer)["code"] == "upstream_stream_error"


def test_truncated_answer(pair):
    router, backend = pair
    body = json.dumps(wire.chat_answer()).encode()
    backend.script = sent_then(truncate, JSON_HEAD, b"Connection: close\r\n\r\n", body)
    answer = router.post(wire.CHAT, wire.chat())
    assert (answer.status, answer.error["code"]) == (502, "upstream_incomplete")


def test_answer_that_ends_with_close_notify(pair):
    router, backend = pair
    body = json.dumps(wire.chat_answer()).encode()
    backend.script = sent_then(close_notify, JSON_HEAD, b"Connection: close\r\n\r\n", body)
    assert router.post(wire.CHAT, wire.chat()).body == body


def test_stream_that_ends_with_close_notify(pair):
    router, backend = pair
    events = "".join(wire.chat_stream("a")).encode()
    backend.script = sent_then(close_notify, SSE_HEAD, b"Connection: close\r\n\r\n", events)
    answer = router.post(wire.CHAT, wire.chat(stream=True))
    assert answer.complete and answer.body == events
