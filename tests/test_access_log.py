"""The access log: one line a request, every field right, and nobody can forge a line."""
import json
import re
import signal
import threading

import pytest

from harness import openai_wire as wire
from harness.backend import LAST_CHUNK
from harness.wait import until

FIELDS = ["time", "request_id", "client", "method", "path", "model", "backend", "status", "bytes_in", "bytes_out", "connect_ms",
          "first_byte_ms", "total_ms", "streamed", "error_code"]


def logged(router, answer):
    return router.access(answer.request_id)


def test_plain_and_streamed(start_router, start_backend):
    backend = start_backend(name="the-backend")
    router = start_router(backend, workers=1)
    for stream in (False, True):
        body = json.dumps(wire.chat(stream=stream)).encode()
        answer = router.post(wire.CHAT + "?key=secret-in-query", body)
        line = logged(router, answer)
        assert list(line) == FIELDS
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z", line["time"])
        assert line["client"].startswith("127.0.0.1")
        assert (line["method"], line["path"], line["model"], line["backend"]) == ("POST", wire.CHAT, "m", "the-backend")
        assert (line["status"], line["bytes_in"], line["bytes_out"]) == (200, len(body), len(answer.body))
        assert line["streamed"] is stream and line["error_code"] == ""
        assert 0 < line["first_byte_ms"] <= line["total_ms"] < 5000
        if stream:
            assert line["connect_ms"] is None, "the connection was a pooled one"
        else:
            assert 0 <= line["connect_ms"] <= line["first_byte_ms"]
    assert "secret-in-query" not in "".join(router.lines)


@pytest.mark.parametrize("body, status, code", [
    (b"{", 400, "invalid_json"), (b'{"model":"nope"}', 404, "model_not_found"), (b'{"a":1,"a":2}', 400, "duplicate_key"),
])
def test_errors(router, body, status, code):
    line = logged(router, router.post(wire.CHAT, body))
    assert (line["status"], line["error_code"], line["streamed"]) == (status, code, False)


def test_stream_that_breaks(router, backend):
    backend.script = lambda exchange: (exchange.sse_head(), exchange.event_bytes(wire.content("a")), exchange.rst())
    line = logged(router, router.post(wire.CHAT, wire.chat(stream=True)))
    assert (line["status"], line["error_code"], line["streamed"]) == (200, "upstream_stream_error", True)


def test_times(router, backend):
    def script(exchange):
        exchange.wait(0.1)
        exchange.sse_head()
        exchange.event_bytes(wire.content("a"))
        exchange.wait(0.1)
        exchange.event_bytes(*wire.chat_stream("b"))
        exchange.send(LAST_CHUNK)

    backend.script = script
    line = logged(router, router.post(wire.CHAT, wire.chat(stream=True)))
    assert 90 <= line["first_byte_ms"] < 1000
    assert line["total_ms"] >= line["first_byte_ms"] + 90


def test_requests_that_are_no_requests_leave_a_line_too(router):
    seen = len(router.access_lines())
    with router.connect() as client:
        client.send(b"NONSENSE\r\n\r\n")
        assert client.response().status == 400
    line = until(lambda: router.access_lines()[seen:], "the line")[0]
    assert (line["status"], line["error_code"]) == (400, "bad_request")


FORGED = ['a\n{"level":"info"}', "\x1b[31mred", 'quote" backslash\\', "tab\t", "\u2028\u2029", "\x7f\x80", "x" * 5000]


@pytest.mark.parametrize("text", FORGED, ids=range(len(FORGED)))
def test_nobody_forges_a_line(router, text):
    """The model's name is the client's to choose; the raw bytes of a line are looked at."""
    seen = len(router.lines)
    answer = router.post(wire.CHAT, {"model": text})
    assert answer.status in (400, 404)
    until(lambda: len(router.lines) > seen, "the line")
    raw = router.lines[seen]
    assert raw.endswith("\n") and json.loads(raw)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", raw)
    assert len(raw) < 4000


@pytest.mark.parametrize("target", ["/a\x1b[2J", "/a%0a%0db", '/"}{"', "/" + "p" * 5000])
def test_nobody_forges_a_line_by_the_path(router, target):
    seen = len(router.lines)
    with router.connect() as client:
        client.send(b"GET " + target.encode("latin-1") + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.response().status in (400, 404)
    until(lambda: len(router.lines) > seen, "the line")
    assert json.loads(router.lines[seen]) and len(router.lines[seen]) < 8000


def test_client_behind_a_trusted_proxy(start_router, start_backend):
    backend = start_backend()
    router = start_router(backend, trusted_proxies=["127.0.0.0/8", "10.0.0.0/8"])
    answer = router.post(wire.CHAT, wire.chat(), headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9, 10.1.2.3"})
    assert logged(router, answer)["client"] == "203.0.113.9"
    for junk in ("", "nonsense", "1.2.3.4.5", "[::1", ", ,"):
        answer = router.post(wire.CHAT, wire.chat(), headers={"X-Forwarded-For": junk})
        assert answer.status == 200 and logged(router, answer)["client"].startswith("127.0.0.1")


def test_client_behind_nobody(router):
    answer = router.post(wire.CHAT, wire.chat(), headers={"X-Forwarded-For": "203.0.113.9"})
    assert logged(router, answer)["client"].startswith("127.0.0.1")


def test_off(start_router, start_backend):
    router = start_router(start_backend(), log={"access": "off"})
    assert router.post(wire.CHAT, wire.chat()).status == 200
    router.signal()
    assert router.wait(10) == 0
    router._reader.join(5)
    assert router.lines == []


def test_file_and_reopening(start_router, start_backend, tmp_path):
    file = tmp_path / "access.log"
    router = start_router(start_backend(), log={"access": str(file)})

    def write(name):
        router.post(wire.CHAT, wire.chat(), headers={"x-request-id": name})

    write("one-0123456789")
    until(lambda: "one-0123456789" in file.read_text(), "the first line")
    file.rename(tmp_path / "old.log")
    router.signal(signal.SIGUSR1)
    until(file.exists, "a new file after SIGUSR1")
    write("two-0123456789")
    until(lambda: "two-0123456789" in file.read_text(), "the second line")
    assert "two-0123456789" not in (tmp_path / "old.log").read_text()


def test_a_file_that_cannot_be_opened_is_named(start_router, start_backend, tmp_path):
    folder = tmp_path / "logs"
    with pytest.raises(AssertionError, match=f"the access log {folder}/access.log: No such file or directory"):
        start_router(start_backend(), log={"access": str(folder / "access.log")})
    folder.mkdir()
    router = start_router(start_backend(), log={"access": str(folder / "access.log")})
    folder.rename(tmp_path / "moved")
    router.signal(signal.SIGUSR1)
    until(lambda: f"{folder}/access.log: No such file or directory" in router.stderr, "the reason to be logged")


def test_text_format(start_router, start_backend, tmp_path):
    file = tmp_path / "access.log"
    router = start_router(start_backend(), log={"access": str(file), "format": "text"})
    router.post(wire.CHAT, wire.chat(), headers={"x-request-id": "textual-0123456789"})
    line = until(lambda: [line for line in file.read_text().splitlines() if "textual-0123456789" in line], "the line")[0]
    assert wire.CHAT in line and "200" in line and not line.startswith("{")


def test_no_line_is_lost_under_load(start_router, start_backend):
    router = start_router(start_backend(), workers=2)

    def many(number):
        with router.connect() as client:
            for each in range(200):
                client.request("POST", wire.CHAT, wire.chat(), {"x-request-id": f"load-{number}-{each}"})
                assert client.response().status == 200

    threads = [threading.Thread(target=many, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    router.signal()
    assert router.wait(10) == 0
    router._reader.join(5)
    ids = [line["request_id"] for line in router.access_lines() if line["request_id"].startswith("load-")]
    assert len(ids) == len(set(ids)) == 800
