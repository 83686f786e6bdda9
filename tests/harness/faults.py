"""Raw answers of a faulty backend, and what a client must be told of them."""
import pytest

from harness.process import CANARY

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
