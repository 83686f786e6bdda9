"""Peers that flood, stall, interrupt uploads or forge fields: what was once found to break the router."""
import gzip, json, socket, ssl, subprocess, threading, time
from harness.backend import LAST_CHUNK, chunk
from harness.wait import until

JSON = {"Content-Type": "application/json"}
PLAIN = {"model": "m", "messages": []}
STREAM = {**PLAIN, "stream": True}


def raw(body, extra=""):
    body = json.dumps(body).encode()
    return (f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{extra}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def content(text="a"):
    return "data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}) + "\n\n"


FINISH = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'


def test_interim_answer_during_upload_does_not_cut_it(start_backend, start_router):
    def script(e):
        e.send("HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(.2)
        e.request.body = e.connection.read_body(int(e.request.header("content-length")))
        e.json({"id": "x"})
    script.reads_body_itself = True
    router = start_router(start_backend(script=script), timeouts={"total": 3})
    assert router.post("/v1/chat/completions", json.dumps({**PLAIN, "x": "y" * (16 << 20)}), headers=JSON).status == 200


def test_large_upload_on_fresh_tls_connection(start_router, tmp_path):
    cert, key = tmp_path / "c.pem", tmp_path / "k.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        try:
            with context.wrap_socket(listener.accept()[0], server_side=True) as s:
                data = b""
                while b"\r\n\r\n" not in data:
                    data += s.recv(65536)
                head, _, body = data.partition(b"\r\n\r\n")
                size = next(int(l.split(b":")[1]) for l in head.split(b"\r\n") if l.lower().startswith(b"content-length"))
                got = len(body)
                while got < size and (piece := s.recv(65536)):
                    got += len(piece)
                s.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        except OSError:
            pass
    threading.Thread(target=serve, daemon=True).start()
    router = start_router({"name": "t", "url": f"https://127.0.0.1:{listener.getsockname()[1]}", "models": ["m"]},
                          env={"SSL_CERT_FILE": str(cert)}, timeouts={"total": 3})
    assert router.post("/v1/chat/completions", json.dumps({**PLAIN, "x": "y" * (8 << 20)}), headers=JSON).status == 200


def test_compressed_error_is_not_labelled_as_compressed(start_backend, start_router):
    body = gzip.compress(b'{"error":{"message":"bad","type":"x","param":null,"code":"y"}}')
    router = start_router(start_backend(script=lambda e: e.answer(body, 400, headers=[("Content-Encoding", "gzip")])))
    answer = router.post("/v1/chat/completions", json.dumps(PLAIN), headers=JSON)
    assert answer.header("content-encoding") is None and answer.error


def test_slow_reader_is_not_told_that_the_backend_stalled(start_backend, start_router):
    def script(e):
        e.sse_head()
        for _ in range(300):
            e.event_bytes(content("z" * 60000))
        e.event_bytes(FINISH, "data: [DONE]\n\n")
        e.send(LAST_CHUNK)
    router = start_router(start_backend(script=script), timeouts={"idle": 1})
    with socket.create_connection(("127.0.0.1", router.port)) as s:
        s.sendall(raw(STREAM, "Connection: close\r\n"))
        time.sleep(2.5)
        data = b""
        while piece := s.recv(1 << 20):
            data += piece
    assert b"upstream_stalled" not in data and b"[DONE]" in data


def test_several_forwarded_for_lines_are_one_list(start_backend, start_router):
    router = start_router(start_backend(), trusted_proxies=["127.0.0.0/8"])
    with socket.create_connection(("127.0.0.1", router.port)) as s:
        s.sendall(raw(PLAIN, "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 9.9.9.9\r\nx-request-id: xff\r\nConnection: close\r\n"))
        while s.recv(65536):
            pass
    assert router.access("xff")["client"] == "9.9.9.9"


def flood(e):
    e.sse_head()
    blob = chunk(b": ping\n\n" * 8000) * 4
    while True:
        e.send(blob)


def test_flood_of_comments_stops_at_first_token_and_starves_nobody(start_backend, start_router):
    backend = start_backend(script=flood)
    router = start_router(backend, workers=1, timeouts={"first_token": 2})
    with socket.create_connection(("127.0.0.1", router.port)) as s:
        s.sendall(raw(STREAM))
        time.sleep(.5)
        start = time.monotonic()
        router.get("/healthz")
        assert time.monotonic() - start < 1
        until(lambda: backend.last.closed, "the backend to be left at the first-token limit", limit=3)


def test_endless_plain_answer_ends_at_total(start_backend, start_router):
    def script(e):
        e.answer(b"[", headers=(), framing="")
        blob = b"1,2," * 1000000
        while True:
            e.send(blob)
    backend = start_backend(script=script)
    router = start_router(backend, workers=1, timeouts={"total": 2})
    with socket.create_connection(("127.0.0.1", router.port)) as s:
        s.sendall(raw(PLAIN))
        s.settimeout(30)    # without the limit it would never end
        end = time.monotonic() + 30
        try:
            while s.recv(1 << 20):
                assert time.monotonic() < end, "the answer goes on"
        except ConnectionResetError:
            pass


def test_progressing_upload_is_not_cut_by_body_gap(start_backend, start_router):
    def script(e):
        size, got = int(e.request.header("content-length")), len(e.connection.buffer)
        while got < size:
            time.sleep(.03)
            got += len(e.socket.recv(min(size - got, 256 << 10)))
        e.connection.buffer = b""
        e.json({"id": "x"})
    script.reads_body_itself = True
    router = start_router(start_backend(script=script), timeouts={"body_gap": 1})
    assert router.post("/v1/chat/completions", json.dumps({**PLAIN, "x": "y" * (24 << 20)}), headers=JSON).status == 200


def test_done_alone_does_not_end_a_response(start_backend, start_router):
    router = start_router(start_backend(script=lambda e: e.sse(
        ['data: {"type":"response.output_text.delta","delta":"x"}\n\n', "data: [DONE]\n\n"])))
    answer = router.post("/v1/responses", json.dumps({"model": "m", "input": "x", "stream": True}), headers=JSON)
    assert b'"error"' in answer.body
