"""A backend that does exactly what a script says, byte by byte, and records all that it sees.

A script is a function of an Exchange: it sends bytes, waits, stalls, ends by FIN or RST. While a
script waits, the connection is watched: what the router's leaving looks like, and when, is kept.
"""
import dataclasses
import json
import select
import socket
import struct
import threading
import time

from harness import openai_wire
from harness.process import CANARY


class PeerGone(Exception):
    """The router closed the connection while the script was at work."""


class Ended(Exception):
    """The script closed the connection itself."""


@dataclasses.dataclass
class Request:
    method: str
    target: str
    headers: list
    body: bytes
    raw_head: bytes
    connection: int
    arrived: float
    closed: float | None = None     # when the router closed the connection in the middle of the exchange
    closed_by: str = ""             # fin or rst
    finished: bool = False          # the script has run to its end

    def header(self, name, default=None):
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} more than once: {values}"
        return values[0] if values else default

    def has(self, name):
        return any(key.lower() == name.lower() for key, _ in self.headers)

    @property
    def json(self):
        return json.loads(self.body)


class Exchange:
    """One request and what the script does with it."""

    def __init__(self, backend, connection, request):
        self.backend, self.connection, self.request = backend, connection, request
        self.socket = connection.socket

    def send(self, *parts):
        data = b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)
        try:
            self.socket.sendall(data)
        except OSError as error:
            self._gone("rst" if isinstance(error, ConnectionResetError) else "fin", error)

    def drip(self, data, size=1):
        """In pieces of `size` bytes, a packet each."""
        for at in range(0, len(data), size):
            self.send(data[at:at + size])

    def wait(self, seconds):
        """Does nothing for a while; raises PeerGone as soon as the router leaves."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.backend.stopping.is_set():
                raise Ended
            if select.select([self.socket], [], [], min(left, 0.25))[0]:
                self._read_end()

    def stall(self):
        """Says nothing more, until the router leaves."""
        self.wait(3600)

    def hold(self, event):
        """Waits for a threading.Event, watching the connection."""
        while not event.is_set():
            if select.select([self.socket], [], [], 0.005)[0]:
                self._read_end()

    def _read_end(self):
        try:
            data = self.socket.recv(65536, socket.MSG_PEEK)
        except ConnectionResetError as error:
            self._gone("rst", error)
        except OSError as error:
            self._gone("fin", error)
        if not data:
            self._gone("fin", None)
        time.sleep(0.001)       # bytes of a next request: not ours to read

    def _gone(self, how, error):
        self.request.closed, self.request.closed_by = time.monotonic(), how
        raise PeerGone from error

    def fin(self):
        """Closes in an orderly way: FIN after all that was sent."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        raise Ended

    def rst(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
        raise Ended

    # Whole answers.

    def answer(self, body=b"", status=200, content_type="application/json", headers=(), framing="length"):
        body = body if isinstance(body, bytes) else body.encode()
        lines = [f"HTTP/1.1 {status} Reason"]
        if content_type:
            lines.append(f"Content-Type: {content_type}")
        lines += [f"{name}: {value}" for name, value in headers]
        if framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
            body = chunk(body) + LAST_CHUNK
        elif framing == "length":
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]), body)

    def json(self, value, status=200, headers=()):
        self.answer(json.dumps(value), status, headers=headers)

    def sse_head(self, headers=(), status=200):
        self.answer(b"", status, "text/event-stream", [*headers, ("Transfer-Encoding", "chunked")], framing="")

    def event_bytes(self, *parts):
        """Each part as a chunk of its own."""
        for part in parts:
            self.send(chunk(part if isinstance(part, bytes) else part.encode()))

    def sse(self, events, headers=()):
        """A whole stream with a good end of its framing."""
        self.sse_head(headers)
        self.event_bytes(*events)
        self.send(LAST_CHUNK)


LAST_CHUNK = b"0\r\n\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""


def good(exchange):
    """What a backend does when no test says otherwise: a good answer, streamed if asked for."""
    call = exchange.request.json
    if call.get("stream") and exchange.request.target.split("?")[0] in openai_wire.STREAMED:
        exchange.sse(openai_wire.stream_for(exchange.request.target, call))
    else:
        exchange.json(openai_wire.answer_for(exchange.request.target, call))


class Connection(threading.Thread):
    def __init__(self, backend, connected, number):
        super().__init__(daemon=True)
        self.backend, self.socket, self.number = backend, connected, number
        self.buffer, self.ended = b"", None
        self.start()

    def run(self):
        try:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while self.serve():
                pass
        except (OSError, Ended, PeerGone):
            pass
        finally:
            self.ended = time.monotonic()
            self.linger()

    def linger(self):
        """After our FIN: reads until the router has closed too, so that no RST destroys our bytes."""
        try:
            self.socket.settimeout(5)
            while self.socket.recv(65536):
                pass
        except OSError:
            pass
        self.socket.close()

    def read_head(self):
        while b"\r\n\r\n" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                raise Ended
            self.buffer += data
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n"

    def read_body(self, length):
        parts, size = [self.buffer], len(self.buffer)
        while size < length:
            data = self.socket.recv(min(1 << 20, length - size))
            if not data:
                raise Ended
            parts.append(data)
            size += len(data)
        joined = b"".join(parts)
        body, self.buffer = joined[:length], joined[length:]
        return body

    def serve(self):
        head = self.read_head()
        arrived = time.monotonic()
        lines = head[:-4].decode("latin-1").split("\r\n")
        method, target, version = lines[0].split(" ")
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        request = Request(method, target, headers, b"", head, self.number, arrived)
        exchange = Exchange(self.backend, self, request)
        # The request is rebuilt: one length, never chunked.
        assert version == "HTTP/1.1" and not request.has("transfer-encoding"), head
        listing = method == "GET" and self.backend.is_list(target)
        script = self.backend.list_script if listing else self.backend.script
        if not getattr(script, "reads_body_itself", False):
            request.body = self.read_body(int(request.header("content-length", "0")))
        self.backend.note(request, listing)
        with self.backend.working(request):
            script(exchange)
            request.finished = True
        return True


class ScriptedBackend:
    """Serves GET /v1/models by `models`, everything else by `script`; both can change at any time."""

    def __init__(self, models=("m",), script=good, name="backend", port=0, auth="bearer", path="", listen=True, **config):
        self.name, self.models, self.script, self.path, self.extra = name, models, script, path, config
        self.auth = {"type": "bearer", "token": CANARY} if auth == "bearer" else auth
        self.list_script = self.list_models
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.requests, self.list_requests, self.connections, self.active = [], [], [], set()
        self.errors = []
        self.listener, self.port = None, port
        if listen:
            self.listen()

    def listen(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.listener.listen(1024)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                connected, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections.append(Connection(self, connected, len(self.connections)))

    def config(self):
        auth = {"auth": self.auth} if self.auth else {}
        return {"name": self.name, "url": f"http://127.0.0.1:{self.port}{self.path}", **auth, **self.extra}

    def is_list(self, target):
        return target.split("?")[0].endswith("/models")

    def list_models(self, exchange):
        models = self.models
        if callable(models):
            models = models(exchange.request)
        if isinstance(models, (list, tuple)):
            models = {"object": "list", "data": [
                each if isinstance(each, dict) else {"id": each, "object": "model", "created": 7, "owned_by": "mock"}
                for each in models]}
        exchange.json(models)

    def note(self, request, listing):
        with self.lock:
            (self.list_requests if listing else self.requests).append(request)

    def working(self, request):
        return _Working(self, request)

    def reset(self):
        """Forgets what was seen and does good again."""
        with self.lock:
            self.requests, self.script, self.errors = [], good, []

    @property
    def last(self):
        assert self.requests, "nothing reached the backend"
        return self.requests[-1]

    def open_connections(self):
        with self.lock:
            return sum(1 for connection in self.connections if connection.ended is None)

    def close_idle(self):
        """Closes every connection from this side, as a backend does whose keep-alive has run out."""
        with self.lock:
            for connection in self.connections:
                if connection.ended is None:
                    try:
                        connection.socket.shutdown(socket.SHUT_WR)
                    except OSError:
                        pass

    def stop_listening(self):
        """From now on connections are refused; those that stand are closed."""
        if self.listener:
            try:
                self.listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.listener.close()
        with self.lock:
            for connection in self.connections:
                try:
                    connection.socket.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def stop(self):
        self.stopping.set()
        self.stop_listening()


class _Working:
    """Counts the requests that are being answered."""

    def __init__(self, backend, request):
        self.backend, self.request = backend, request

    def __enter__(self):
        with self.backend.lock:
            self.backend.active.add(id(self.request))

    def __exit__(self, kind, error, _):
        with self.backend.lock:
            self.backend.active.discard(id(self.request))
            if kind and not issubclass(kind, (PeerGone, Ended, OSError)):
                self.backend.errors.append(error)
