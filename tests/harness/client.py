"""A client on a raw socket: it sends what it is told and sees every byte that comes back."""
import dataclasses
import json
import select
import socket
import struct
import time

from harness.sse import parse_events


class Closed(ConnectionError):
    """The peer closed or reset the connection in the middle of a message."""


@dataclasses.dataclass
class Response:
    status: int
    reason: str
    headers: list
    body: bytes = b""
    complete: bool = True        # ended as its framing says
    reset: bool = False          # ended by RST
    interim: list = dataclasses.field(default_factory=list)
    raw_head: bytes = b""

    def header(self, name, default=None):
        values = self.all(name)
        assert len(values) <= 1, f"{name} more than once: {values}"
        return values[0] if values else default

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The error object, whose form is checked."""
        assert self.header("content-type", "").split(";")[0] == "application/json", self
        error = self.json["error"]
        assert_error_object(error)
        return error

    @property
    def events(self):
        return parse_events(self.body)

    @property
    def request_id(self):
        return self.header("x-request-id")


def assert_error_object(error):
    assert set(error) == {"message", "type", "param", "code"}, error
    assert isinstance(error["message"], str) and error["message"], error
    assert isinstance(error["type"], str) and error["type"], error
    assert error["param"] is None or isinstance(error["param"], str), error
    assert error["code"] is None or isinstance(error["code"], str), error


class Client:
    def __init__(self, port, limit=60.0, receive_buffer=None, host="127.0.0.1"):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(limit)
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.host = f"{host}:{port}"
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # Sending.

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def request(self, method, path, body=None, headers=None):
        """Headers of the caller come after ours; a value of None takes one of ours out."""
        self.send(request_bytes(method, path, body, headers, self.host))

    # Reading.

    def fill(self):
        """Reads more; False at the end of the stream, Closed on a reset."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError as error:
            self.ended = True
            raise Closed("reset") from error
        self.buffer += data
        self.ended = not data
        return bool(data)

    def read_exactly(self, size):
        while len(self.buffer) < size:
            if not self.fill():
                raise Closed("closed")
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def read_until(self, mark):
        """Bytes up to and including the mark."""
        searched = 0
        while True:
            at = self.buffer.find(mark, max(0, searched - len(mark)))
            if at >= 0:
                return self.read_exactly(at + len(mark))
            searched = len(self.buffer)
            if not self.fill():
                raise Closed("closed")

    def read_all(self):
        """All that still comes until the end, and whether it ended by a reset."""
        try:
            while self.fill():
                pass
            reset = False
        except Closed:
            reset = True
        data, self.buffer = self.buffer, b""
        return data, reset

    def head(self):
        raw = self.read_until(b"\r\n\r\n")
        lines = raw[:-4].decode("latin-1").split("\r\n")
        version, status, reason = (lines[0] + " ").split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0"), raw
        headers = [tuple(part.strip(" \t") for part in line.split(":", 1)) for line in lines[1:]]
        assert all(len(header) == 2 for header in headers), raw
        return Response(int(status), reason.strip(), headers, raw_head=raw)

    def response(self, method="GET"):
        """A whole answer, the interim ones before it kept in `interim`."""
        interim = []
        while True:
            answer = self.head()
            if answer.status >= 200:
                break
            interim.append(answer.status)
        answer.interim = interim
        parts = []
        try:
            parts.extend(self.body_parts(answer, method))
        except Closed as error:
            answer.complete, answer.reset = False, "reset" in str(error)
            parts = list(self.partial) if not parts else parts
        answer.body = b"".join(self.partial)
        return answer

    def body_parts(self, answer, method="GET"):
        """Yields the body as its framing cuts it; what came stays in self.partial."""
        self.partial = []
        length, coding = answer.header("content-length"), answer.header("transfer-encoding")
        assert not (length and coding), answer.headers
        if method == "HEAD" or answer.status in (204, 304):
            return
        if coding:
            assert coding == "chunked", coding
            while True:
                size = int(self.read_until(b"\r\n")[:-2], 16)
                if size == 0:
                    assert self.read_exactly(2) == b"\r\n", "trailers"
                    return
                self.partial.append(self.read_exactly(size))
                assert self.read_exactly(2) == b"\r\n"
                yield self.partial[-1]
        elif length is not None:
            self.partial.append(b"")
            left = int(length)
            while left:
                if not self.buffer and not self.fill():
                    raise Closed("closed")
                piece, self.buffer = self.buffer[:left], self.buffer[left:]
                left -= len(piece)
                self.partial.append(piece)
                yield piece
        else:
            data, reset = self.read_all()
            self.partial.append(data)
            if reset:
                raise Closed("reset")
            yield data

    def closed_by_peer(self, limit=20.0):
        """Whether the peer closes within the limit; what it still sent is kept in the buffer."""
        self.socket.settimeout(limit)
        try:
            data, _ = self.read_all()
        except (TimeoutError, socket.timeout):
            return False
        self.buffer = data
        return True

    def readable(self, seconds=0.0):
        return bool(self.buffer) or bool(select.select([self.socket], [], [], seconds)[0])

    # Leaving. Each returns the moment at which the socket was closed.

    def fin(self):
        self.socket.close()
        return time.monotonic()

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)
        return time.monotonic()

    def rst(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
        return time.monotonic()


def request_bytes(method, path, body=None, headers=None, host="router"):
    if isinstance(body, (dict, list)):
        body = json.dumps(body).encode()
    elif isinstance(body, str):
        body = body.encode()
    fields = {"Host": host}
    if body is not None:
        fields["Content-Type"] = "application/json"
        fields["Content-Length"] = str(len(body))
    given = headers.items() if isinstance(headers, dict) else headers or ()
    ours = dict(fields)
    extra = []
    for name, value in given:
        same = next((key for key in ours if key.lower() == name.lower()), None)
        if same:
            del ours[same]
        if value is not None:
            extra.append((name, value))
    lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in [*ours.items(), *extra]), "", ""]
    return "\r\n".join(lines).encode("latin-1") + (body or b"")
