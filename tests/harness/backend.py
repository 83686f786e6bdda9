"""A backend that does exactly what a script says (harness/exchange.py) and records all that it sees."""
import socket
import threading
import time

from harness.exchange import LAST_CHUNK, Ended, Exchange, PeerGone, Request, chunk, good
from harness.process import CANARY

__all__ = ["LAST_CHUNK", "Connection", "Ended", "Exchange", "PeerGone", "Request", "ScriptedBackend", "chunk", "good"]


# What the router may ask a backend beside its list, to find out what it is.
PROBES = ("/", "/version", "/is_sleeping", "/server_info", "/get_server_info", "/props", "/api/version", "/api/ps",
          "/api/v0/models", "/info")


def unknown_path(exchange):
    exchange.json({"detail": "Not Found"}, 404)


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
        probing = method == "GET" and self.backend.is_probe(target)
        listing = method == "GET" and not probing and self.backend.is_list(target)
        script = (self.backend.probe_script if probing else self.backend.list_script if listing else
                  self.backend.script)
        if not getattr(script, "reads_body_itself", False):
            request.body = self.read_body(int(request.header("content-length", "0")))
        self.backend.note(request, self.backend.probes if probing else
                          self.backend.list_requests if listing else self.backend.requests)
        with self.backend.working(request):
            script(exchange)
            request.finished = True
        return True


class ScriptedBackend:
    """Serves GET /v1/models by `models`, everything else by `script`; both can change at any time.

    Its `kind` is given to the router, so that nothing is asked but what a test is about; with kind=None
    the router asks what it is, which `probe_script` answers."""

    def __init__(self, models=("m",), script=good, name="backend", port=0, auth="bearer", path="", listen=True,
                 kind="openai", **config):
        self.name, self.models, self.script, self.path = name, models, script, path
        self.extra = {"kind": kind, **config} if kind else config
        self.auth = {"type": "bearer", "token": CANARY} if auth == "bearer" else auth
        self.list_script = self.list_models
        self.probe_script, self.probes = unknown_path, []
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

    def is_probe(self, target):
        return target.removeprefix(self.path.removesuffix("/v1")) in PROBES

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

    def note(self, request, kept):
        with self.lock:
            kept.append(request)

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
