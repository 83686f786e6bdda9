"""Answers that are whole, but not what the API says: no JSON, the other of stream and plain, empty, redirected,
compressed, without end."""
import gzip

import pytest

from harness import openai_wire as wire
from harness.backend import chunk, good
from harness.faults import BOTH, JSON_HEAD, check_error
from harness.wait import until

# Not what was asked for.

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

@BOTH
@pytest.mark.parametrize("status", [204, 304])
def test_no_content(router, backend, stream, status):
    backend.script = lambda exchange: exchange.send(b"HTTP/1.1 %d Nothing\r\n\r\n" % status)
    answer = router.post(wire.CHAT, wire.chat(stream=stream))
    assert answer.status == 502 and answer.error["code"] == "upstream_invalid_response"


@BOTH
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(router, backend, stream, status):
    """Only the configuration says where requests go."""
    backend.script = lambda exchange: exchange.answer(b"", status, headers=[("Location", f"http://127.0.0.1:{backend.port}/steal")])
    answer = router.post(wire.CHAT, wire.chat(stream=stream))
    assert answer.status == 502 and answer.error["code"] == "upstream_invalid_response"
    assert answer.header("location") is None
    assert len(backend.requests) == 1

# Compressed, though identity was asked for.

@BOTH
@pytest.mark.parametrize("body", [gzip.compress(b'{"id":1}'), gzip.compress(b"0" * 10_000_000)], ids=["small", "bomb"])
def test_compressed_answer(router, backend, stream, body):
    backend.script = lambda exchange: exchange.answer(
        body, content_type="text/event-stream" if stream else "application/json", headers=[("Content-Encoding", "gzip")])
    answer = router.post(wire.CHAT, wire.chat(stream=stream), headers={"Accept-Encoding": "gzip, br"})
    assert answer.status == 502 and answer.error["code"] in ("upstream_invalid_response", "upstream_protocol_error")
    assert backend.last.header("accept-encoding") == "identity"

# Too much.

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
