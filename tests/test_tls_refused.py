"""Backends behind TLS that are not trusted: what the client is told, and what the log."""
import contextlib
import socket
import ssl
import threading
import warnings

import pytest

from harness import openai_wire as wire
from harness.faults import BOTH
from harness.process import CANARY
from harness.tls import Authority
from harness.wait import until


def wrong_host(authority):
    return authority.issue("wrong", "DNS:elsewhere.test,IP:127.0.0.1")


def expired(authority):
    return authority.issue("expired", days=-1)


def self_signed(authority):
    return authority.self_signed("self-signed", "/CN=localhost", "subjectAltName=DNS:localhost")


def unknown_authority(authority):
    return Authority(authority.folder / "stranger").issue("stranger")


UNTRUSTED = {wrong_host: "wrong host (hostname mismatch)", expired: "expired (", self_signed: "self-signed (",
             unknown_authority: "unknown authority ("}


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
    check_refused(start_trusting_router({**backend.config(), "models": ["m"]}), backend, False, "wrong host (ip address mismatch)")


@BOTH
def test_old_version_is_refused(start_trusting_router, start_tls_backend, certificate, stream):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        backend = start_tls_backend(certificate, version=ssl.TLSVersion.TLSv1_1)
    check_refused(start_trusting_router({**backend.config(), "models": ["m"]}), backend, stream, "protocol too old (")


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
