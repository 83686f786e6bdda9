"""TLS towards clients: who gets in, certificates that are renewed, and that requests are as they are without."""
import json
import os
import shutil
import socket
import ssl
import time
import warnings

import pytest

from harness import openai_wire as wire
from harness.process import run
from harness.secure_client import over_tls
from harness.sse import parse_events
from harness.tls import Authority
from harness.wait import until


@pytest.fixture
def files(authority, tmp_path):
    """A folder that a router reads its certificate from, and how to put another one there."""
    def put(pair):
        for source, name in zip(pair, ("cert.pem", "key.pem")):
            shutil.copy(source, tmp_path / f"{name}.new")
            os.replace(tmp_path / f"{name}.new", tmp_path / name)

    put(authority.issue("first"))
    put.settings = {"certificate": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    return put


@pytest.fixture
def served(start_router, start_backend, files):
    backend = start_backend(["m"])
    return start_router(backend, tls=files.settings, by_admin=True, timeouts={"header": 1, "keep_alive": 60}), backend


def test_answers_and_streams(served, authority):
    router, backend = served
    with over_tls(router.port, authority) as client:
        assert client.socket.selected_alpn_protocol() == "http/1.1"
        for _ in range(3):
            assert client.ask("POST", wire.CHAT, wire.chat()).json["object"] == "chat.completion"
            streamed = client.ask("POST", wire.CHAT, wire.chat(stream=True))
            assert streamed.complete and parse_events(streamed.body)[-1].data == "[DONE]"
    assert len({request.connection for request in backend.requests}) >= 1


def test_large_bodies_both_ways(served, authority):
    router, backend = served
    answer = json.dumps(wire.chat_answer("é" * 2_000_000)).encode()
    backend.script = lambda exchange: exchange.answer(answer, framing="chunked")
    call = json.dumps(wire.chat(user="x" * 5_000_000)).encode()
    with over_tls(router.port, authority) as client:
        assert client.ask("POST", wire.CHAT, call).body == answer
    assert backend.last.body == call


def test_pipelined_in_one_record(served, authority):
    """What TLS has decrypted already, no readiness of the socket tells of."""
    router, _ = served
    with over_tls(router.port, authority) as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: r\r\n\r\n" * 100)
        assert [client.response("GET").status for _ in range(100)] == [200] * 100


def test_idle_connection_has_its_time(served, authority):
    """Not that of a head, which begins with its first byte."""
    router, _ = served
    with over_tls(router.port, authority) as client:
        for _ in range(2):
            assert not client.closed_by_peer(limit=1.5), "timeouts.header is 1 s"
            assert client.ask("GET", "/healthz").status == 200


def test_client_leaves(served, authority):
    router, backend = served
    backend.script = lambda exchange: exchange.stall()
    with over_tls(router.port, authority) as client:
        client.request("POST", wire.CHAT, wire.chat())
        until(lambda: backend.active, "the request")
        client.fin()
        until(lambda: backend.last.closed, "upstream to be closed", limit=5)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions(served, authority, version):
    router, _ = served
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if version == ssl.TLSVersion.TLSv1_1:
            with pytest.raises(ssl.SSLError):
                over_tls(router.port, authority, version=version)
        else:
            with over_tls(router.port, authority, version=version) as client:
                assert client.ask("GET", "/healthz").status == 200


def test_other_protocols_are_refused(served, authority):
    router, _ = served
    with pytest.raises(ssl.SSLError):
        over_tls(router.port, authority, alpn=("h2",))
    with over_tls(router.port, authority, alpn=()) as client:
        assert client.ask("GET", "/healthz").status == 200


def test_plain_http_is_told_so(served):
    router, _ = served
    answer = router.get("/healthz")
    assert answer.status == 400 and "https" in answer.error["message"] and answer.header("x-request-id")


def test_handshake_has_a_deadline(served, authority):
    router, _ = served
    with socket.create_connection(("127.0.0.1", router.port), timeout=20) as silent:
        began = time.monotonic()
        with over_tls(router.port, authority) as client:
            assert client.ask("GET", "/healthz").status == 200, "one that is slow delays no other"
        assert silent.recv(1) == b"" and time.monotonic() - began >= 0.5


def serial(router, authority):
    with over_tls(router.port, authority) as client:
        return client.socket.getpeercert()["serialNumber"]


def test_renewed_certificate_is_taken(served, authority, files):
    router, _ = served
    before = serial(router, authority)
    with over_tls(router.port, authority) as standing:
        files(authority.issue("second"))
        after = until(lambda: serial(router, authority) != before and serial(router, authority), "the new one", limit=20)
        assert standing.ask("GET", "/healthz").status == 200, "who was there stays"
    assert after == serial(router, authority) and "certificate renewed" in router.stderr


def test_bad_certificate_is_not_taken(served, authority, files, tmp_path):
    router, _ = served
    before = serial(router, authority)
    (tmp_path / "key.pem").write_text("not a key")
    until(lambda: "new certificate cannot be used" in router.stderr, "the complaint", limit=20)
    assert serial(router, authority) == before
    files(authority.issue("third"))
    until(lambda: serial(router, authority) != before, "the good one", limit=20)


def test_plain_and_tls_side_by_side(start_router, start_backend, authority, files):
    ports = []
    while len(ports) < 2:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            ports.append(probe.getsockname()[1])
    router = start_router(start_backend(["m"]), by_admin=True, listen=[
        f"127.0.0.1:{ports[0]}", {"address": f"127.0.0.1:{ports[1]}", "tls": files.settings}])
    assert router.request("GET", "/healthz", port=ports[0]).status == 200
    with over_tls(ports[1], authority) as client:
        assert client.ask("GET", "/healthz").status == 200


@pytest.mark.parametrize("fault", ["absent", "other key"])
def test_certificate_that_cannot_be_used_stops_the_start(tmp_path, authority, fault):
    certificate, key = authority.issue("mine")
    other = Authority(tmp_path / "other").key if fault == "other key" else tmp_path / "absent.pem"
    config = tmp_path / "config.yaml"
    config.write_text(f"listen: 127.0.0.1:0\nadmin: {{listen: 127.0.0.1:0}}\ntls: {{certificate: {certificate}, key: {other}}}\n"
                      "backends: [{name: a, url: 'http://127.0.0.1:1'}]\n")
    done = run("serve", "--config", config)
    assert done.returncode == 1 and str(other) in done.stderr
