"""U1-U3, U13, U15-U17, U20: backends that are absent, die, lie or talk nonsense, plain and streamed."""
import gzip
import json
import socket
import threading

import pytest

from harness import openai_wire as wire
from harness.backend import chunk, good
from harness.process import CANARY, free_port
from harness.sse import error_of
from harness.wait import until

JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


def check_error(answer, status, code):
    assert answer.complete, "the answer must be whole"
    assert answer.status == status, (answer.status, answer.body[:500])
    error = answer.error
    assert error["code"] == code and error["type"] == "server_error", error
    for secret in ("127.0.0.1", "http://", CANARY):
        assert secret not in error["message"], "the message tells too much"
    return answer


def send_then(data, end="fin"):
    def script(exchange):
        exchange.send(data)
        getattr(exchange, end)()
    return script


# U1: nobody there.

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


# U2: dies before its head.

@BOTH
@pytest.mark.parametrize("end", ["fin", "rst"])
@pytest.mark.parametrize("part", [b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-Type: applic"])
def test_dies_before_its_head_is_whole(router, backend, stream, end, part):
    backend.script = send_then(part, end)
    check_error(router.post(wire.CHAT, wire.chat(stream=stream)), 502, "upstream_connection_closed")
    # Once more at most, and only where a reused connection died without a byte: what may have been done isn't done again.
    again = backend.requests[1:]
    assert not again or (len(again) == 1 and not part and again[0].connection != backend.requests[0].connection)


# U3: dies after its head, plain.

@pytest.mark.parametrize("end", ["fin", "rst"])
@pytest.mark.parametrize("data", [
    JSON_HEAD + b"Content-Length: 100\r\n\r\n" + b'{"id":' + b" " * 34,
    JSON_HEAD + b"Content-Length: 100\r\n\r\n",
    JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}",
    JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
], ids=["length", "no body", "no last chunk", "cut chunk", "cut end"])
def test_dies_in_its_body(router, backend, end, data):
    backend.script = send_then(data, end)
    check_error(router.post(wire.CHAT, wire.chat()), 502, "upstream_incomplete")


@pytest.mark.parametrize("end", ["fin", "rst"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_dies_in_a_large_body(router, backend, end, framing):
    """More than is collected: a part has been sent, so the end must be visibly broken."""
    body = json.dumps(wire.chat_answer("a" * 3_000_000)).encode()

    def script(exchange):
        if framing == "length":
            exchange.send(JSON_HEAD, b"Content-Length: %d\r\n\r\n" % len(body), body[:-10])
        else:
            exchange.send(JSON_HEAD, b"Transfer-Encoding: chunked\r\n\r\n", chunk(body[:-10]))
        getattr(exchange, end)()

    backend.script = script
    answer = router.post(wire.CHAT, wire.chat())
    if end == "rst" and answer.status == 502:
        return                  # the reset overtook the bytes: nothing had been sent yet
    assert answer.status == 200 and not answer.complete
    assert body.startswith(answer.body) and len(answer.body) < len(body)


def test_large_good_body_streams_through(router, backend):
    body = json.dumps(wire.chat_answer("é" * 3_000_000)).encode()
    backend.script = lambda exchange: exchange.answer(body, framing="chunked")
    answer = router.post(wire.CHAT, wire.chat())
    assert answer.complete and answer.body == body


@pytest.mark.parametrize("tail", [b"x", b',"a":1}', b"\xff"])
def test_large_bad_body_is_aborted(router, backend, tail):
    body = json.dumps(wire.chat_answer("a" * 3_000_000)).encode() + tail
    backend.script = lambda exchange: exchange.answer(body, framing="chunked")
    answer = router.post(wire.CHAT, wire.chat())
    assert answer.status == 200 and not answer.complete


# U6, plain: slow.

def test_plain_answer_that_takes_too_long(start_router, start_backend):
    backend = start_backend(script=lambda exchange: exchange.stall())
    router = start_router(backend, timeouts={"total": 0.4})
    check_error(router.post(wire.CHAT, wire.chat()), 504, "upstream_timeout")
    until(lambda: backend.last.closed, "upstream to be cancelled", limit=2)


def test_plain_answer_that_drips_too_long(start_router, start_backend):
    def drip(exchange):
        exchange.send(JSON_HEAD, b"Content-Length: 1000\r\n\r\n")
        for _ in range(1000):
            exchange.send(b" ")
            exchange.wait(0.05)

    backend = start_backend(script=drip)
    router = start_router(backend, timeouts={"total": 0.4})
    check_error(router.post(wire.CHAT, wire.chat()), 504, "upstream_timeout")
    until(lambda: backend.last.closed, "upstream to be cancelled", limit=2)


# U13: not what the API says.

NOT_JSON = {
    "cut": b'{"id":', "html": b"<html><body>OK</body></html>", "empty": b"", "noise": gzip.compress(b'{"id":1}'),
    "nul": b'{"id":"\0"}', "two": b"{}{}", "latin": b'{"a":"\xe9"}', "text": b"hello", "blank": b"  \n",
    "comma": b'{"a":1,}', "nan": b'{"a":NaN}', "bom": b"\xef\xbb\xbf{}",
}


@pytest.mark.parametrize("kind", NOT_JSON)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_answer_that_is_not_json(router, backend, kind, framing):
    backend.script = lambda exchange: exchange.answer(NOT_JSON[kind], framing=framing)
    check_error(router.post(wire.CHAT, wire.chat()), 502, "upstream_invalid_response")


@pytest.mark.parametrize("kind", ["html", "empty", "text"])
def test_stream_asked_for_and_something_else_given(router, backend, kind):
    backend.script = lambda exchange: exchange.answer(NOT_JSON[kind], content_type="text/html")
    check_error(router.post(wire.CHAT, wire.chat(stream=True)), 502, "upstream_invalid_response")


def test_stream_asked_for_and_json_given(router, backend):
    backend.script = lambda exchange: exchange.json(wire.chat_answer())
    check_error(router.post(wire.CHAT, wire.chat(stream=True)), 502, "upstream_invalid_response")


def test_json_asked_for_and_a_stream_given(router, backend):
    backend.script = lambda exchange: exchange.sse(wire.chat_stream("a"))
    check_error(router.post(wire.CHAT, wire.chat()), 502, "upstream_invalid_response")


# U15: too much.

@BOTH
@pytest.mark.parametrize("flood", ["fields", "field", "1xx", "status line"])
def test_heads_without_end(router, backend, stream, flood):
    def script(exchange):
        exchange.send({"fields": b"HTTP/1.1 200 OK\r\n", "field": b"HTTP/1.1 200 OK\r\nX: ", "1xx": b"",
                       "status line": b"HTTP/1.1 200 "}[flood])
        piece = {"fields": b"X: a\r\n" * 1000, "field": b"a" * 6000, "1xx": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100,
                 "status line": b"a" * 6000}[flood]
        for _ in range(2000):
            exchange.send(piece)
        exchange.stall()

    backend.script = script
    answer = router.post(wire.CHAT, wire.chat(stream=stream))
    assert answer.status == 502 and answer.error["code"] in ("upstream_response_too_large", "upstream_protocol_error")
    until(lambda: not backend.active, "upstream to be closed", limit=5)


@BOTH
def test_a_few_interim_answers_are_swallowed(router, backend, stream):
    def script(exchange):
        exchange.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        good(exchange)

    backend.script = script
    answer = router.post(wire.CHAT, wire.chat(stream=stream))
    assert answer.status == 200 and answer.interim == []


def test_endless_chunked_answer_costs_no_memory(router, backend):
    def script(exchange):
        exchange.send(JSON_HEAD, b"Transfer-Encoding: chunked\r\n\r\n", chunk(b'{"a":"'))
        for _ in range(100_000):
            exchange.send(chunk(b"a" * 65536))

    backend.script = script
    before = router.rss()
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat())
        answer, size = client.head(), 0
        assert answer.status == 200
        for piece in client.body_parts(answer):
            size += len(piece)
            client.partial.clear()
            if size > 40_000_000:
                break
    assert router.rss() - before < 16 << 20
    until(lambda: not backend.active, "upstream to be closed", limit=5)


# U16: framing.

@BOTH
@pytest.mark.parametrize("framing", [
    b"Content-Length: 2\r\nContent-Length: 3\r\n", b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: +2\r\n",
    b"Content-Length: -1\r\n", b"Content-Length: 0x2\r\n", b"Content-Length: 2,3\r\n", b"Content-Length:\r\n",
    b"Content-Length: 99999999999999999999\r\n", b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding: chunked, identity\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"Content-Length : 2\r\n", b" Content-Length: 2\r\n",
    b"X: a\x00b\r\n", b"X: a\rb\r\n", b"X\r\n", b": x\r\n", b"X: a\r\n folded\r\n", b"X: a\nY: b\r\n",
])
def test_bad_framing(router, backend, stream, framing):
    head = SSE_HEAD if stream else JSON_HEAD
    backend.script = send_then(head + framing + b"\r\n{}")
    check_error(router.post(wire.CHAT, wire.chat(stream=stream)), 502, "upstream_protocol_error")


@BOTH
@pytest.mark.parametrize("line", [b"HTTP/2.0 200 OK", b"HTTP/1.1 99 x", b"HTTP/1.1 2000 x", b"HTTP/1.1 abc x", b"http/1.1 200 OK",
                                  b"SSH-2.0-x", b"ICY 200 OK", b"HTTP/1.1", b"{}"])
def test_bad_status_line(router, backend, stream, line):
    backend.script = send_then(line + b"\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
    check_error(router.post(wire.CHAT, wire.chat(stream=stream)), 502, "upstream_protocol_error")


@pytest.mark.parametrize("size", [b"0x2", b"+2", b" 2", b"2_", b"", b"g", b"11111111111111111", b"-2", b"2 2"])
def test_bad_chunk_size_plain(router, backend, size):
    backend.script = send_then(JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\n{}\r\n0\r\n\r\n")
    check_error(router.post(wire.CHAT, wire.chat()), 502, "upstream_protocol_error")


@pytest.mark.parametrize("junk", [b"zz\r\n", b"2\r\nabcd\r\n", b"\n", b"5\nhello\r\n"])
def test_bad_chunk_in_a_stream(router, backend, junk):
    seen = threading.Event()

    def script(exchange):
        exchange.sse_head()
        exchange.event_bytes(*wire.chat_stream("a", finish=None, done=False))
        exchange.hold(seen)
        exchange.send(junk)
        exchange.stall()

    backend.script = script
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat(stream=True))
        answer = client.head()
        seen.set()
        answer.body = b"".join(client.body_parts(answer))
    assert answer.status == 200
    assert error_of(answer)["code"] in ("upstream_protocol_error", "upstream_stream_error")


def test_bytes_after_the_end_are_never_an_answer(router, backend):
    """A long answer is good, but its connection is never used again."""
    def script(exchange):
        exchange.send(JSON_HEAD, b"Content-Length: 2\r\n\r\n{}", JSON_HEAD, b'Content-Length: 8\r\n\r\n{"x": 1}')
        exchange.stall()

    backend.script = script
    assert router.post(wire.CHAT, wire.chat()).body == b"{}"
    backend.script = good
    for _ in range(3):
        assert router.post(wire.CHAT, wire.chat()).json["object"] == "chat.completion"
    assert backend.requests[0].connection not in {request.connection for request in backend.requests[1:]}


# U17: old and odd, but good.

def test_http_1_0_and_close_delimited(router, backend):
    body = json.dumps(wire.chat_answer()).encode()
    backend.script = send_then(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body)
    answer = router.post(wire.CHAT, wire.chat())
    assert answer.complete and answer.body == body


def test_connection_close(router, backend):
    backend.script = lambda exchange: (exchange.json(wire.chat_answer(), headers=[("Connection", "close")]), exchange.fin())
    for _ in range(3):
        assert router.post(wire.CHAT, wire.chat()).status == 200
    assert len({request.connection for request in backend.requests}) == 3


def test_close_delimited_stream(router, backend):
    events = "".join(wire.chat_stream("a", "b")).encode()
    backend.script = send_then(SSE_HEAD + b"Connection: close\r\n\r\n" + events)
    answer = router.post(wire.CHAT, wire.chat(stream=True))
    assert answer.complete and answer.body == events


def test_close_delimited_stream_still_needs_its_end_signal(router, backend):
    backend.script = send_then(SSE_HEAD + b"\r\n" + "".join(wire.chat_stream("a", finish=None, done=False)).encode())
    assert error_of(router.post(wire.CHAT, wire.chat(stream=True)))["code"] == "upstream_stream_error"


def test_switching_protocols_unasked(router, backend):
    backend.script = send_then(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nrubbish")
    answer = router.post(wire.CHAT, wire.chat())
    assert answer.status == 502 and answer.error["code"] in ("upstream_protocol_error", "upstream_invalid_response")


@BOTH
@pytest.mark.parametrize("status", [204, 304])
def test_no_content(router, backend, stream, status):
    backend.script = lambda exchange: exchange.send(b"HTTP/1.1 %d Nothing\r\n\r\n" % status)
    answer = router.post(wire.CHAT, wire.chat(stream=stream))
    assert answer.status == 502 and answer.error["code"] == "upstream_invalid_response"


@BOTH
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(router, backend, stream, status):
    """S13."""
    backend.script = lambda exchange: exchange.answer(b"", status, headers=[("Location", f"http://127.0.0.1:{backend.port}/steal")])
    answer = router.post(wire.CHAT, wire.chat(stream=stream))
    assert answer.status == 502 and answer.error["code"] == "upstream_invalid_response"
    assert answer.header("location") is None
    assert len(backend.requests) == 1


# U20: compressed, though identity was asked for.

@BOTH
@pytest.mark.parametrize("body", [gzip.compress(b'{"id":1}'), gzip.compress(b"0" * 10_000_000)], ids=["small", "bomb"])
def test_compressed_answer(router, backend, stream, body):
    backend.script = lambda exchange: exchange.answer(
        body, content_type="text/event-stream" if stream else "application/json", headers=[("Content-Encoding", "gzip")])
    answer = router.post(wire.CHAT, wire.chat(stream=stream), headers={"Accept-Encoding": "gzip, br"})
    assert answer.status == 502 and answer.error["code"] in ("upstream_invalid_response", "upstream_protocol_error")
    assert backend.last.header("accept-encoding") == "identity"


# U21: half-open connections are found by the kernel.

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
