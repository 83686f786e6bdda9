"""Backends that are absent: refused, unknown names, a connect that hangs, a peer that vanished without a word."""
import socket

from harness import openai_wire as wire
from harness.faults import BOTH, check_error
from harness.process import free_port
from harness.wait import until


@BOTH
def test_refused(start_router, start_backend, stream):
    router = start_router({"name": "dead", "url": f"http://127.0.0.1:{free_port()}", "models": ["m"]})
    check_error(router.post(wire.CHAT, wire.chat(stream=stream)), 502, "upstream_unreachable")


@BOTH
def test_unresolvable(start_router, stream):
    router = start_router({"name": "dead", "url": "http://no-such-host.invalid", "models": ["m"]})
    check_error(router.post(wire.CHAT, wire.chat(stream=stream), limit=40), 502, "upstream_unreachable")


@BOTH
def test_connect_timeout(start_router, stream):
    """A listener whose backlog is full: the kernel drops further SYNs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        router = start_router({"name": "full", "url": "http://127.0.0.1:%d" % listener.getsockname()[1], "models": ["m"],
                               "timeouts": {"connect": 0.3}})
        check_error(router.post(wire.CHAT, wire.chat(stream=stream), limit=10), 504, "upstream_timeout")
        for filler in fillers:
            filler.close()

# Half-open connections are found by the kernel.

@BOTH
def test_keepalive_probes_guard_upstream(router, backend, stream):
    """In /proc/net/tcp, timer 02 is the keep-alive's; it must be due within 15 s."""
    backend.script = lambda exchange: exchange.stall()
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat(stream=stream))
        until(lambda: backend.active, "the request")
        remote = f"0100007F:{backend.port:04X}"

        def guarded():
            rows = [line.split() for line in open("/proc/net/tcp")]
            timers = [row[5] for row in rows if row[2] == remote and row[3] == "01"]
            return timers and all(timer.startswith("02:") and int(timer[3:], 16) <= 1500 for timer in timers)

        until(guarded, "a keep-alive timer on every upstream connection", limit=3)
