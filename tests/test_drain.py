"""SIGTERM lets streams finish; a second signal doesn't wait."""
import signal
import socket
import threading
import time

import pytest

from harness import openai_wire as wire
from harness.backend import LAST_CHUNK
from harness.sse import error_of
from harness.wait import until


def held(release):
    """A stream that waits for `release` in its middle; a plain answer that waits before its head."""
    def script(exchange):
        if exchange.request.json.get("stream"):
            exchange.sse_head()
            exchange.event_bytes(wire.content("a"))
            exchange.hold(release)
            exchange.event_bytes(*wire.chat_stream("b"))
            exchange.send(LAST_CHUNK)
        else:
            exchange.hold(release)
            exchange.json(wire.chat_answer())
    return script


def refused(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_streams_finish(start_router, start_backend):
    release = threading.Event()
    backend = start_backend(script=held(release))
    router = start_router(backend)
    streams = [router.connect() for _ in range(100)]
    plain = router.connect()
    for client in streams:
        client.request("POST", wire.CHAT, wire.chat(stream=True))
    plain.request("POST", wire.CHAT, wire.chat())
    heads = [client.head() for client in streams]
    until(lambda: len(backend.active) == 101, "all requests")
    idle = router.connect()
    idle.request("GET", "/healthz")
    assert idle.response().status == 200

    router.signal()
    until(lambda: router.admin("/readyz").status == 503, "readiness to go", limit=5)
    until(lambda: refused(router.port), "the listener to close", limit=5)
    assert router.admin("/healthz").status == 200, "the admin address stays to the end"
    assert router.admin("/metrics").status == 200
    assert idle.closed_by_peer(5), "idle connections are closed"
    assert router.alive()

    release.set()
    for client, head in zip(streams, heads):
        body = b"".join(client.body_parts(head))
        assert body.endswith(b"data: [DONE]\n\n") and b'"error"' not in body
        assert client.closed_by_peer(5)
    answer = plain.response()
    assert answer.status == 200 and answer.header("connection") == "close"
    assert router.wait(10) == 0
    assert len(router.access_lines()) >= 102 and all(
        line["status"] == 200 for line in router.access_lines() if line["path"] == wire.CHAT)


def test_nothing_to_wait_for(start_router, start_backend):
    router = start_router(start_backend())
    began = time.monotonic()
    router.signal()
    assert router.wait(10) == 0
    assert time.monotonic() - began < 5


def test_sigint_too(start_router, start_backend):
    router = start_router(start_backend())
    router.signal(signal.SIGINT)
    assert router.wait(10) == 0


@pytest.mark.parametrize("first, second", [(signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGINT)])
def test_second_signal_ends_it(start_router, start_backend, first, second):
    backend = start_backend(script=held(threading.Event()))
    router = start_router(backend)
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat(stream=True))
        client.head()
        router.signal(first)
        until(lambda: router.admin("/readyz").status == 503, "readiness to go", limit=5)
        assert router.alive()
        router.signal(second)
        router.wait(5)
    router.check_output()
    router.stop = lambda: None      # its exit code is the second signal's business


def test_drain_limit(start_router, start_backend):
    """What hasn't finished by then gets an error event of its own."""
    backend = start_backend(script=held(threading.Event()))
    router = start_router(backend, timeouts={"drain": 0.5})
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat(stream=True))
        router_head = client.head()
        router.signal()
        router_head.body = b"".join(client.body_parts(router_head))
        assert error_of(router_head)["code"] == "router_draining"
    assert router.wait(10) == 0
    until(lambda: not backend.active, "upstream to be closed", limit=5)


def test_shutdown_delay_keeps_accepting(start_router, start_backend):
    """Load balancers need a while to notice /readyz: until then new connections are served."""
    router = start_router(start_backend(), timeouts={"shutdown_delay": 1.5})
    keep = router.connect()
    router.signal()
    signalled = time.monotonic()
    until(lambda: router.admin("/readyz").status == 503, "readiness to go", limit=1)
    answer = router.post(wire.CHAT, wire.chat())
    assert answer.status == 200 and answer.header("connection") == "close"
    assert router.get("/readyz").status == 503
    keep.request("POST", wire.CHAT, wire.chat())
    answer = keep.response()
    assert answer.status == 200 and answer.header("connection") == "close"
    assert router.wait(10) == 0
    assert time.monotonic() - signalled >= 1.4


def test_backlog_is_accepted(start_router, start_backend):
    """Connections that were queued when the signal came are answered, not reset."""
    router = start_router(start_backend())
    router.signal(signal.SIGSTOP)
    clients = [router.connect(limit=10) for _ in range(50)]
    for client in clients:
        client.request("POST", wire.CHAT, wire.chat())
    router.signal(signal.SIGTERM)
    router.signal(signal.SIGCONT)
    assert [client.response().status for client in clients] == [200] * 50
    assert router.wait(10) == 0
