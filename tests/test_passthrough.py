"""The straight line: what goes through unchanged, plain and streamed, on every endpoint."""
import json
import socket

import pytest

from harness import openai_wire as wire
from harness.backend import LAST_CHUNK, chunk


@pytest.mark.parametrize("path", wire.ALL)
def test_plain(router, backend, path):
    body = json.dumps(wire.request(path), indent=3).encode() + b" \n"
    answer = router.post(path, body)
    assert answer.status == 200 and answer.complete
    assert backend.last.target == path
    assert backend.last.body == body, "the body's bytes must travel unchanged"
    assert answer.json == wire.answer_for(path, json.loads(body))
    assert answer.header("content-type") == "application/json"
    assert answer.header("content-length") == str(len(answer.body))


@pytest.mark.parametrize("path", wire.STREAMED)
def test_streamed(router, backend, path):
    answer = router.post(path, wire.request(path, stream=True))
    assert answer.status == 200 and answer.complete
    assert answer.header("content-type").startswith("text/event-stream")
    assert answer.header("transfer-encoding") == "chunked"
    assert answer.body == "".join(wire.stream_for(path, {"model": "m"})).encode(), "event bytes must pass unchanged"


@pytest.mark.parametrize("path", set(wire.ALL) - set(wire.STREAMED))
def test_stream_means_nothing_elsewhere(router, backend, path):
    answer = router.post(path, wire.request(path, stream=True))
    assert answer.status == 200 and answer.json


def test_odd_bytes_of_a_body_stay(router, backend):
    body = ('{ "x" : [1.0, 1e5, -0, "\\u00e9\\/é", {}] ,\r\n\t"messages":[],"a":{"model":"inner","a":1,"a":2},'
            '"model"\t:\t"\\u006d" }').encode()
    assert router.post(wire.CHAT, body).status == 200
    assert backend.last.body == body


def test_query_goes_along(router, backend):
    assert router.post(wire.CHAT + "?api-version=1&a=%20b", wire.chat()).status == 200
    assert backend.last.target == wire.CHAT + "?api-version=1&a=%20b"


@pytest.mark.parametrize("size", [0, 1, 1000, 65_535, 65_536, 200_000, 3_000_000])
def test_bodies_and_answers_of_any_size(router, backend, size):
    text = "é" * (size // 2)
    backend.script = lambda exchange: exchange.json(wire.chat_answer(exchange.request.json["text"]))
    answer = router.post(wire.CHAT, wire.chat(text=text))
    assert answer.status == 200 and answer.complete
    assert answer.json["choices"][0]["message"]["content"] == text


@pytest.mark.parametrize("pieces", [1, 7])
def test_chunked_request(router, backend, pieces):
    body = json.dumps(wire.chat()).encode()
    with router.connect() as client:
        client.request("POST", wire.CHAT, b"", {"Content-Length": None, "Transfer-Encoding": "chunked",
                                                "Content-Type": "application/json"})
        for at in range(0, len(body), pieces):
            client.send(chunk(body[at:at + pieces]))
        client.send(LAST_CHUNK)
        assert client.response().status == 200
    assert backend.last.body == body
    assert backend.last.header("content-length") == str(len(body))


def test_request_byte_by_byte(router, backend):
    from harness.client import request_bytes
    with router.connect() as client:
        for byte in request_bytes("POST", wire.CHAT, wire.chat()):
            client.send(bytes([byte]))
        assert client.response().status == 200


def test_keep_alive_and_pipelining(router, backend):
    with router.connect() as client:
        for number in range(3):
            client.request("POST", wire.CHAT, wire.chat(user=str(number)))
            assert client.response().status == 200
        for number in range(5):
            client.request("POST", wire.CHAT, wire.chat(user=f"p{number}"))
        for number in range(5):
            assert client.response().status == 200
    assert [request.json["user"] for request in backend.requests] == ["0", "1", "2", "p0", "p1", "p2", "p3", "p4"]


def test_connection_close_is_honoured(router, backend):
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat(), {"Connection": "close"})
        answer = client.response()
        assert answer.status == 200 and answer.header("connection", "").lower() == "close"
        assert client.closed_by_peer(5)


def test_http_1_0(router, backend):
    body = json.dumps(wire.chat(stream=True)).encode()
    with router.connect() as client:
        client.send(b"POST /v1/chat/completions HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        answer = client.response()
    assert answer.status == 200 and answer.header("transfer-encoding") is None
    assert answer.body == "".join(wire.stream_for(wire.CHAT, {})).encode()


def test_upstream_connections_are_reused(start_router, start_backend):
    backend = start_backend()
    router = start_router(backend, workers=1)
    for stream in (False, True) * 10:
        assert router.post(wire.CHAT, wire.chat(stream=stream)).status == 200
    assert len({request.connection for request in backend.requests}) == 1


def test_a_backend_that_closes_idle_connections_costs_no_request(start_router, start_backend):
    backend = start_backend()
    router = start_router(backend, workers=1)
    for _ in range(30):
        assert router.post(wire.CHAT, wire.chat()).status == 200
        backend.close_idle()


def test_keep_alive_timeout_of_the_backend_is_honoured(start_router, start_backend):
    from harness.wait import until
    backend = start_backend()

    def short(exchange):
        exchange.json(wire.chat_answer(), headers=[("Keep-Alive", "timeout=1")])

    backend.script = short
    router = start_router(backend, workers=1, timeouts={"backend_keep_alive": 30})
    assert router.post(wire.CHAT, wire.chat()).status == 200
    used = backend.connections[backend.last.connection]
    until(lambda: used.ended, "the router to close the idle connection first", limit=5)


def test_url_paths(start_router, start_backend):
    """`/`, `/v1`, `/v1/` mean the same; another path is kept, with /v1 below it if that answers."""
    for path, requested in (("", "/v1/chat/completions"), ("/", "/v1/chat/completions"), ("/v1", "/v1/chat/completions"),
                            ("/v1/", "/v1/chat/completions"), ("/api/openai", "/api/openai/chat/completions"),
                            ("/v1beta/openai/", "/v1beta/openai/chat/completions")):
        backend = start_backend(path=path)
        router = start_router(backend)
        assert router.post(wire.CHAT, wire.chat()).status == 200
        assert backend.last.target == requested, path


def test_url_path_with_v1_below_it(start_router, start_backend):
    backend = start_backend(path="/api")
    listing = backend.list_script
    backend.list_script = lambda exchange: (listing(exchange) if exchange.request.target == "/api/v1/models" else
                                            exchange.answer(b"{}", 404))
    router = start_router(backend)
    assert router.post(wire.CHAT, wire.chat()).status == 200
    assert backend.last.target == "/api/v1/chat/completions"


def test_backend_by_name_and_ipv6(start_router):
    from harness.backend import ScriptedBackend
    backend = ScriptedBackend(["m"], listen=False, name="six")
    backend.listener = socket.socket(socket.AF_INET6)
    try:
        backend.listener.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    backend.port = backend.listener.getsockname()[1]
    backend.listener.listen(16)
    import threading
    threading.Thread(target=backend._accept, args=(backend.listener,), daemon=True).start()
    router = start_router({**backend.config(), "url": f"http://[::1]:{backend.port}"})
    assert router.post(wire.CHAT, wire.chat()).status == 200
    assert backend.last.header("host") == f"[::1]:{backend.port}"
    backend.stop()


def test_localhost_that_answers_on_one_family_only(start_router, start_backend):
    backend = start_backend()
    router = start_router({**backend.config(), "url": f"http://localhost:{backend.port}"})
    assert router.post(wire.CHAT, wire.chat()).status == 200
