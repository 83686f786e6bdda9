"""Slow readers and hostile sizes cost bounded memory; one budget for all buffered bytes."""
import json
import time

import pytest

from harness import openai_wire as wire
from harness.backend import chunk
from harness.process import router_binary, sanitizer_of
from harness.wait import until

MIB = 1 << 20
# ASan keeps freed memory in quarantine; the bounds on growth are for what the router itself holds.
SMALL_QUARANTINE = {"ASAN_OPTIONS": "detect_leaks=1:quarantine_size_mb=1:thread_local_quarantine_size_kb=16"}


def endless(exchange):
    exchange.sse_head()
    event = wire.content("a" * 60_000).encode()
    for _ in range(3500):
        exchange.event_bytes(event)
        exchange.sent = getattr(exchange, "sent", 0) + len(event)
        exchange.backend.sent = exchange.sent


def settled(value, limit=20):
    """The value once it has stopped changing for half a second."""
    last, since = value(), time.monotonic()
    end = since + limit
    while time.monotonic() < end and time.monotonic() - since < 0.5:
        now = value()
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.02)
    return last


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
def test_client_that_never_reads(start_router, start_backend, stream):
    backend = start_backend()

    def plain(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", chunk(b'{"a":"'))
        for number in range(3500):
            exchange.send(chunk(b"a" * 60_000))
            backend.sent = number * 60_000

    backend.script, backend.sent = endless if stream else plain, 0
    router = start_router(backend, env=SMALL_QUARANTINE)
    router.post(wire.EMBEDDINGS, {"model": "none"})
    before = router.rss()
    clients = [router.connect(receive_buffer=4096) for _ in range(4)]
    for client in clients:
        client.request("POST", wire.CHAT, wire.chat(stream=stream))
    until(lambda: len(backend.requests) == 4, "the requests")
    sent = settled(lambda: backend.sent)
    growth, held = router.rss() - before, router.metric("llm_router_buffered_bytes")
    for client in clients:
        client.fin()
    assert sent < 20 * MIB, "the router goes on reading what nobody takes"
    print(f"4 stuck clients: {held / MIB:.1f} MiB held, grown by {growth / MIB:.1f} MiB, {sent / MIB:.1f} MiB sent by the last backend")
    # A plain answer is collected up to 1 MiB, in a buffer that doubles; a stream is not.
    each = (1 if stream else 4) * MIB
    assert 0 < held < 4 * each
    # What a sanitizer keeps beside the router's own memory is not the router's.
    assert growth < 4 * each or sanitizer_of(router_binary())
    assert router.get("/healthz").status == 200
    until(lambda: not backend.active, "upstream to be closed", limit=5)


def test_slow_reader_gets_every_byte(router, backend):
    events = [wire.content(str(number) * 2000) for number in range(300)] + [wire.chunk(finish="stop"), wire.DONE]
    backend.script = lambda exchange: exchange.sse(events)
    with router.connect(receive_buffer=4096) as client:
        client.request("POST", wire.CHAT, wire.chat(stream=True))
        answer, body = client.head(), b""
        for piece in client.body_parts(answer):
            body += piece
            time.sleep(0.0005)
    assert body == "".join(events).encode()


def test_claimed_length_costs_nothing(start_router, start_backend):
    """Buffers grow as bytes arrive, never by a length that a peer merely claims."""
    router = start_router(start_backend(), env=SMALL_QUARANTINE)
    before = router.rss()
    clients = [router.connect() for _ in range(200)]
    for client in clients:
        client.request("POST", wire.CHAT, b"", {"Content-Length": "33000000", "Content-Type": "application/json"})
        client.send(b"{")
    assert router.get("/healthz").status == 200
    assert router.rss() - before < 40 * MIB
    for client in clients:
        client.fin()


def test_budget_for_buffered_bytes(start_router, start_backend):
    """Over it, requests get 503; when what was held is gone, they are served again."""
    backend = start_backend()
    router = start_router(backend, limits={"buffered": 28 * MIB, "body": 16 * MIB, "event": MIB})
    with router.connect() as hog:
        hog.request("POST", wire.CHAT, b"", {"Content-Length": str(16 * MIB), "Content-Type": "application/json"})
        hog.send(b'{"model":"m","pad":"' + b"a" * (15 * MIB))
        until(lambda: router.rss() > 15 * MIB, "the hog's bytes to be held")
        with router.connect() as second:
            try:
                second.request("POST", wire.CHAT, wire.chat(pad="b" * (15 * MIB)))
            except OSError:
                pass            # it needn't be read to its end
            answer = second.response()
            assert (answer.status, answer.error["code"]) == (503, "router_overloaded")
            assert answer.header("retry-after")
        assert router.post(wire.CHAT, wire.chat()).status == 200, "small requests still fit"
    until(lambda: router.post(wire.CHAT, wire.chat(pad="b" * (15 * MIB))).status == 200, "the budget to be given back", limit=10)


def test_a_lone_request_fits_the_least_budget(start_router, start_backend):
    """`limits.buffered` as small as `check` allows: one request of any size within the limits is served."""
    def script(exchange):
        if exchange.request.json.get("stream"):
            return exchange.sse([wire.content("e" * (16 * MIB - 4096)), wire.chunk({}, "stop"), "data: [DONE]\n\n"])
        return exchange.json(wire.chat_answer("a" * (MIB - 4096)))

    limits = {"buffered": 26 * MIB, "body": 16 * MIB, "event": 16 * MIB}
    router = start_router(start_backend(script=script), limits=limits)
    body = json.dumps(wire.chat(pad="")).encode()
    body = body.replace(b'"pad": ""', b'"pad": "%s"' % (b"b" * (16 * MIB - len(body))))
    assert len(body) == 16 * MIB
    answer = router.post(wire.CHAT, body)
    assert answer.status == 200 and len(answer.body) > MIB - 4096
    with router.connect() as client:
        client.request("POST", wire.CHAT, None, {"Transfer-Encoding": "chunked", "Content-Type": "application/json"})
        for at in range(0, len(body), MIB):
            client.send(chunk(body[at:at + MIB]))
        client.send(b"0\r\n\r\n")
        assert client.response().status == 200
    answer = router.post(wire.CHAT, wire.chat(stream=True))
    assert len(answer.events) == 3 and b"error" not in answer.body[-1000:]


HOSTILE = {
    "brackets": lambda size: b"[" * size,
    "objects": lambda size: b'{"a":' * (size // 5),
    "escapes": lambda size: b'{"model":"m","a":"' + b"\\u0000" * (size // 6) + b'"}',
    "numbers": lambda size: b'{"model":"m","a":[' + b"1e999999," * (size // 9) + b"1]}",
    "names": lambda size: b'{"model":"m"' + b"".join(b',"%07d":1' % n for n in range(size // 12)) + b"}",
    "quotes": lambda size: b'"' * size,
    "spaces": lambda size: b" " * size,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_bodies(start_router, start_backend, kind):
    """At most 4 times the body in memory and 100 times the CPU of a benign one."""
    router = start_router(start_backend(), env=SMALL_QUARANTINE)
    size = 16 * MIB
    benign = json.dumps(wire.chat(pad="a" * size)).encode()
    used = router.cpu_seconds()
    assert router.post(wire.CHAT, benign).status == 200
    benign_cpu = max(router.cpu_seconds() - used, 0.02)
    before, used = router.rss(), router.cpu_seconds()
    answer = router.post(wire.CHAT, HOSTILE[kind](size))
    assert answer.status in (200, 400, 413)
    cpu = router.cpu_seconds() - used
    print(f"{kind}: {cpu * 1000:.0f} ms CPU, benign {benign_cpu * 1000:.0f} ms, growth {(router.rss() - before) / MIB:.1f} MiB")
    assert cpu < 100 * benign_cpu
    assert router.rss() - before < 4 * size


def test_one_byte_chunks(router, backend):
    body = json.dumps(wire.chat(pad="a" * 50_000)).encode()
    with router.connect() as client:
        client.request("POST", wire.CHAT, b"", {"Content-Length": None, "Transfer-Encoding": "chunked", "Content-Type": "application/json"})
        client.send(b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
        assert client.response().status == 200
    assert backend.last.body == body
