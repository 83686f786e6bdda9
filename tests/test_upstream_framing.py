"""Malformed heads, lengths and chunks of a backend are refused (an answer must not be read differently by two
parsers); what is only old or odd is served."""
import json
import threading

import pytest

from harness import openai_wire as wire
from harness.backend import good
from harness.faults import BOTH, JSON_HEAD, SSE_HEAD, check_error, send_then
from harness.sse import error_of


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

# Old and odd, but good.

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
