"""One request at a scripted backend, and what a script can do with it, byte by byte.

A script is a function of an Exchange: it sends bytes, waits, stalls, ends by FIN or RST. While a
script waits, the connection is watched: what the router's leaving looks like, and when, is kept.
"""
import dataclasses
import json
import select
import socket
import struct
import time

from harness import openai_wire


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
