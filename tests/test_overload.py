"""No descriptors, no memory, no room for logs: the router survives and says so."""
import json
import os
import resource
import subprocess
import time

import pytest

from harness import openai_wire as wire
from harness.backend import good
from harness.client import Closed
from harness.process import ROOT, router_binary, sanitizer_of
from harness.wait import until


def limit_files(hard, soft=None):
    return [(resource.RLIMIT_NOFILE, (soft or hard, hard))]


def test_soft_descriptor_limit_is_raised(start_router, start_backend):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    router = start_router(start_backend(), rlimits=limit_files(hard, 128))
    text = open(f"/proc/{router.process.pid}/limits").read()
    row = next(line for line in text.splitlines() if line.startswith("Max open files"))
    assert row.split()[3:5] == [str(hard)] * 2


def test_out_of_descriptors(start_router, start_backend):
    """prlimit --nofile=64: no busy loop, no death, and it recovers."""
    router = start_router(start_backend(), rlimits=limit_files(64))
    clients = []
    for _ in range(150):
        clients.append(router.connect(limit=5))
    for client in clients[:20]:
        client.send(b"GET /healthz HTTP/1.1\r\n")
    used, began = router.cpu_seconds(), time.monotonic()
    until(lambda: time.monotonic() - began > 2, "two seconds under pressure")
    share = (router.cpu_seconds() - used) / (time.monotonic() - began)
    print(f"CPU while out of descriptors: {share:.1%}")
    assert share < (0.25 if sanitizer_of(router_binary()) else 0.05)
    assert router.alive()
    for client in clients:
        client.fin()

    def served():
        try:
            return router.post(wire.CHAT, wire.chat(), limit=5).status == 200
        except OSError:
            return False

    until(served, "service to be as before", limit=15)


def test_connection_limit(start_router, start_backend):
    router = start_router(start_backend(), limits={"connections": 20})
    held = []
    for _ in range(20):
        client = router.connect()
        client.request("GET", "/healthz")
        assert client.response().status == 200
        held.append(client)
    with router.connect(limit=5) as extra:
        try:
            extra.request("GET", "/healthz")
            answer = extra.response()
            assert (answer.status, answer.error["code"]) == (503, "router_overloaded")
            assert answer.request_id
        except (Closed, TimeoutError, ConnectionError):
            pass                # not accepted for now, or closed: both are bounds
    for client in held:
        client.fin()
    until(lambda: router.get("/healthz").status == 200, "room again", limit=10)


@pytest.mark.parametrize("stream", [False, True])
def test_stdout_that_nobody_reads(start_router, start_backend, stream):
    """A full pipe costs log lines, never a request."""
    read_end, write_end = os.pipe()
    try:
        router = start_router(start_backend(), stdout=write_end, workers=1)
        with router.connect() as client:
            for _ in range(1500):
                client.request("POST", wire.CHAT, wire.chat(stream=stream), {"x-request-id": "r" * 64})
                answer = client.response()
                assert answer.status == 200 and answer.complete
    finally:
        os.close(write_end)
    router.signal()
    assert router.wait(10) == 0, "a blocked pipe must not hold up the end"
    os.close(read_end)


def test_stdout_that_is_closed(start_router, start_backend):
    """A log reader that died: EPIPE, and no SIGPIPE."""
    read_end, write_end = os.pipe()
    router = start_router(start_backend(), stdout=write_end)
    os.close(write_end)
    os.close(read_end)
    for _ in range(20):
        assert router.post(wire.CHAT, wire.chat()).status == 200


def test_full_log_disk(start_router, start_backend):
    router = start_router(start_backend(), log={"access": "/dev/full"})
    with router.connect() as client:
        for _ in range(200):
            client.request("POST", wire.CHAT, wire.chat())
            assert client.response().status == 200
    assert router.alive()


def test_full_tmpfs(start_router, start_backend, tmp_path):
    """The log's disk fills up, and goes on when there is room: no half lines."""
    mount = tmp_path / "disk"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", mount], capture_output=True).returncode:
        pytest.skip("mounting a tmpfs needs privileges that this container lacks")
    try:
        filler = mount / "filler"
        router = start_router(start_backend(), log={"access": str(mount / "access.log")})
        filler.write_bytes(b"x" * (2_000_000))
        with router.connect() as client:
            for _ in range(400):
                client.request("POST", wire.CHAT, wire.chat())
                assert client.response().status == 200
        filler.unlink()
        def last_line_logged():
            router.post(wire.CHAT, wire.chat(), headers={"x-request-id": "after-the-flood"})
            return "after-the-flood" in (mount / "access.log").read_text()

        until(last_line_logged, "logging to go on", limit=20, every=0.2)
        for line in (mount / "access.log").read_text().splitlines():
            json.loads(line)
        router.stop()
    finally:
        subprocess.run(["umount", "-l", mount], check=False)


def test_out_of_memory_kills_one_request_only(start_router, start_backend):
    """With little address space left, large requests fail and small ones go on."""
    binary = ROOT / "build" / "release" / "llm-router" if sanitizer_of(router_binary()) else router_binary()
    if not binary.exists():
        pytest.skip("sanitizers reserve terabytes of address space, and there is no release build (script/build)")
    router = start_router(start_backend(), binary=binary, rlimits=[(resource.RLIMIT_AS, (400 << 20, 400 << 20))], workers=1)
    hogs = []
    for _ in range(30):
        hog = router.connect()
        hog.request("POST", wire.CHAT, b"", {"Content-Length": "33000000", "Content-Type": "application/json"})
        try:
            hog.socket.settimeout(2)
            hog.send(b'{"model":"m","pad":"' + b"a" * 30_000_000)
        except OSError:
            pass
        hogs.append(hog)
    assert router.alive(), router.stderr
    for hog in hogs:
        hog.fin()
    until(lambda: router.post(wire.CHAT, wire.chat()).status == 200, "service as before", limit=10)


def test_backend_that_never_stops(start_router, start_backend):
    """A stream without end is forwarded, and ends with its client."""
    def endless(exchange):
        exchange.sse_head()
        while True:
            exchange.event_bytes(wire.content("more"))

    backend = start_backend(script=endless)
    router = start_router(backend, env={"ASAN_OPTIONS": "quarantine_size_mb=1:thread_local_quarantine_size_kb=16"})
    before = router.rss()
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat(stream=True))
        answer, count = client.head(), 0
        for _ in client.body_parts(answer):
            client.partial.clear()
            count += 1
            if count > 5_000:
                break
    until(lambda: not backend.active, "upstream to be closed", limit=5)
    assert router.rss() - before < 16 << 20
    backend.script = good
    assert router.post(wire.CHAT, wire.chat()).status == 200
