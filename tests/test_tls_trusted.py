"""Backends behind TLS that are trusted: versions, names, reuse, resumption, and a client that leaves."""
import contextlib
import json
import socket
import ssl

import pytest

from harness import openai_wire as wire
from harness.backend import good
from harness.faults import BOTH
from harness.process import CANARY
from harness.wait import until

UNFINISHED = "".join(wire.chat_stream("a", finish=None, done=False)).encode()


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

# The client leaves.

@pytest.mark.parametrize("end", ["fin", "rst"])
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
