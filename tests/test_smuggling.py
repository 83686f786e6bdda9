"""Whatever llhttp strict, nginx or HAProxy rejects is answered 400 and closed, and the
backend never sees it. Requests that pass are rebuilt, never forwarded raw."""
import json

import pytest

from harness import openai_wire as wire
from harness.backend import LAST_CHUNK, chunk

BODY = json.dumps(wire.chat()).encode()
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
TYPE = b"Content-Type: application/json\r\n"
HOST = b"Host: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LINE = b"POST /v1/chat/completions HTTP/1.1\r\n"
NEXT = b"GET /v1/models HTTP/1.1\r\nHost: smuggled\r\n\r\n"


def whole(fields, line=LINE, host=HOST, body=BODY):
    return line + host + TYPE + fields + b"\r\n" + body


def refused(router, backend, data, statuses=(400,)):
    """One answer, then the end: what stands behind a malformed request is never parsed."""
    with router.connect(limit=20) as client:
        client.send(data)
        answer = client.response()
        assert answer.status in statuses, (answer.status, answer.body)
        assert answer.error["message"]
        assert answer.header("connection") == "close"
        assert client.closed_by_peer(5), "the connection must be closed"
        assert client.buffer == b"", "something was parsed behind a malformed request"
    assert not backend.requests


FRAMING = {
    "length and chunked": LENGTH + CHUNKED, "chunked and length": CHUNKED + LENGTH,
    "two lengths": LENGTH + LENGTH, "two different lengths": LENGTH + b"Content-Length: 3\r\n",
    "empty": b"Content-Length:\r\n", "plus": b"Content-Length: +%d\r\n" % len(BODY), "minus": b"Content-Length: -1\r\n",
    "hex": b"Content-Length: 0x%x\r\n" % len(BODY), "underscore": b"Content-Length: 1_0\r\n", "list": b"Content-Length: 5,5\r\n",
    "equal list": b"Content-Length: %d, %d\r\n" % (len(BODY), len(BODY)), "octal": b"Content-Length: 0%d\r\n" % len(BODY),
    "over 2^63": b"Content-Length: 9223372036854775808\r\n", "over 2^64": b"Content-Length: 18446744073709551617\r\n",
    "words": b"Content-Length: ten\r\n", "space inside": b"Content-Length: 1 0\r\n", "float": b"Content-Length: 10.0\r\n",
    "space before colon": b"Content-Length : %d\r\n" % len(BODY), "tab before colon": b"Content-Length\t: %d\r\n" % len(BODY),
    "xchunked": b"Transfer-Encoding: xchunked\r\n", "chunked, identity": b"Transfer-Encoding: chunked, identity\r\n",
    "identity": b"Transfer-Encoding: identity\r\n", ",chunked": b"Transfer-Encoding: ,chunked\r\n", "vt": b"Transfer-Encoding: \x0bchunked\r\n",
    "gzip, chunked": b"Transfer-Encoding: gzip, chunked\r\n", "two codings": CHUNKED + CHUNKED, "chunked, chunked": b"Transfer-Encoding: chunked, chunked\r\n",
    "quoted": b'Transfer-Encoding: "chunked"\r\n', "empty coding": b"Transfer-Encoding:\r\n" + LENGTH, "chunked;q": b"Transfer-Encoding: chunked;a=b\r\n",
    "coding with nul": b"Transfer-Encoding: chunked\x00\r\n", "coding with space": b"Transfer-Encoding : chunked\r\n",
    "coding folded": b"Transfer-Encoding:\r\n chunked\r\n", "no-break space": b"Transfer-Encoding: \xa0chunked\r\n",
    "underscore name": b"Transfer_Encoding: chunked\r\n" + LENGTH + LENGTH,
}


@pytest.mark.parametrize("kind", FRAMING)
def test_framing(router, backend, kind):
    body = chunk(BODY) + LAST_CHUNK if "hunked" in FRAMING[kind].decode("latin-1") and "length" not in kind else BODY
    refused(router, backend, whole(FRAMING[kind], body=body) + NEXT, (400, 413, 501))


def test_chunked_on_http_1_0(router, backend):
    refused(router, backend, whole(CHUNKED, b"POST /v1/chat/completions HTTP/1.0\r\n", body=chunk(BODY) + LAST_CHUNK))


NAMES = {
    "space": b"X Y: a\r\n", "tab": b"X\tY: a\r\n", "nul": b"X\x00Y: a\r\n", "cr": b"X\rY: a\r\n", "high": b"X\x80: a\r\n", "empty": b": a\r\n",
    "leading space": b" X: a\r\n", "leading tab": b"\tX: a\r\n", "no colon": b"X\r\n", "fold": b"X: a\r\n b\r\n", "tab fold": b"X: a\r\n\tb\r\n",
    "bare lf": b"X: a\nY: b\r\n", "lone cr": b"X: a\rY: b\r\n", "nul in value": b"X: a\x00b\r\n", "control in value": b"X: a\x01b\r\n",
    "del in value": b"X: a\x7fb\r\n", "esc in value": b"X: \x1b[31m\r\n", "paren": b"X(Y): a\r\n", "quote": b'"X": a\r\n', "slash": b"X/Y: a\r\n",
    "at": b"X@: a\r\n", "brace": b"{X}: a\r\n", "cr cr lf": b"X: a\r\r\n", "equals": b"X=Y: a\r\n", "comma": b"X,Y: a\r\n",
}


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("place", ["before", "after"])
def test_header_lines(router, backend, kind, place):
    fields = NAMES[kind] + LENGTH if place == "before" else LENGTH + NAMES[kind]
    refused(router, backend, whole(fields) + NEXT)


HOSTS = {
    "none": b"", "two": HOST + HOST, "two different": HOST + b"Host: y\r\n", "path": b"Host: a/#@b\r\n", "user": b"Host: a@b\r\n",
    "space": b"Host: a b\r\n", "list": b"Host: a, b\r\n", "query": b"Host: a?b\r\n", "bad port": b"Host: a:b\r\n", "backslash": b"Host: a\\b\r\n",
}


@pytest.mark.parametrize("kind", HOSTS)
def test_host(router, backend, kind):
    refused(router, backend, whole(LENGTH, host=HOSTS[kind]) + NEXT)


LINES = {
    "HTTP/1.10": (b"HTTP/1.10", (400, 505)), "HTTP/2.0": (b"HTTP/2.0", (400, 505)), "HTTP/1.2": (b"HTTP/1.2", (400, 505)),
    "HTTP/0.9": (b"HTTP/0.9", (400, 505)), "lower": (b"http/1.1", (400,)), "HTTP/1": (b"HTTP/1", (400,)), "HTTP/11": (b"HTTP/11", (400,)),
    "HTTPS": (b"HTTPS/1.1", (400,)), "space": (b"HTTP/ 1.1", (400,)), "trailing": (b"HTTP/1.1 ", (400,)), "junk": (b"HTTP/1.1x", (400,)),
    "none": (b"", (400,)), "HTTP/1.\xb9": (b"HTTP/1.\xb9", (400,)), "plus": (b"HTTP/+1.1", (400,)),
}


@pytest.mark.parametrize("kind", LINES)
def test_version(router, backend, kind):
    version, statuses = LINES[kind]
    refused(router, backend, whole(LENGTH, b"POST /v1/chat/completions " + version + b"\r\n") + NEXT, statuses)


REQUEST_LINES = {
    "tab": b"POST\t/v1/chat/completions HTTP/1.1\r\n", "two spaces": b"POST  /v1/chat/completions HTTP/1.1\r\n",
    "two spaces after": b"POST /v1/chat/completions  HTTP/1.1\r\n", "leading space": b" POST /v1/chat/completions HTTP/1.1\r\n",
    "leading crlf": b"\r\nPOST /v1/chat/completions HTTP/1.1\r\n", "leading lf": b"\nPOST /v1/chat/completions HTTP/1.1\r\n",
    "bare lf": b"POST /v1/chat/completions HTTP/1.1\n", "lower case": b"p\x00st /v1/chat/completions HTTP/1.1\r\n",
    "odd method": b"PO(ST /v1/chat/completions HTTP/1.1\r\n", "no target": b"POST HTTP/1.1\r\n", "nul": b"POST /v1/chat/completions\x00 HTTP/1.1\r\n",
    "high": b"POST /v1/chat/completions\x80 HTTP/1.1\r\n", "del": b"POST /v1/chat/completions\x7f HTTP/1.1\r\n",
    "absolute": b"POST http://evil/v1/chat/completions HTTP/1.1\r\n", "authority": b"POST evil:80 HTTP/1.1\r\n", "star": b"POST * HTTP/1.1\r\n",
    "relative": b"POST v1/chat/completions HTTP/1.1\r\n", "fragment": b"POST /v1/chat/completions#x HTTP/1.1\r\n", "bang": b"POST ! HTTP/1.1\r\n",
    "cr": b"POST /v1/chat/completions HTTP/1.1\r\r\n", "ff": b"POST\x0c/v1/chat/completions HTTP/1.1\r\n", "quote": b'"POST" /v1/chat/completions HTTP/1.1\r\n',
}


@pytest.mark.parametrize("kind", REQUEST_LINES)
def test_request_line(router, backend, kind):
    refused(router, backend, whole(LENGTH, REQUEST_LINES[kind]) + NEXT)


CHUNKS = {
    "0x": b"0x5\r\nhello\r\n0\r\n\r\n", "plus": b"+5\r\nhello\r\n0\r\n\r\n", "leading space": b" 5\r\nhello\r\n0\r\n\r\n",
    "trailing space": b"5 \r\nhello\r\n0\r\n\r\n", "underscore": b"5_\r\nhello\r\n0\r\n\r\n", "empty": b"\r\nhello\r\n0\r\n\r\n",
    "17 digits": b"00000000000000005\r\nhello\r\n0\r\n\r\n", "overflow": b"ffffffffffffffff1\r\nhello\r\n0\r\n\r\n", "g": b"g\r\n", "minus": b"-5\r\nhello\r\n",
    "long extension": b"5;" + b"a" * 5000 + b"\r\nhello\r\n0\r\n\r\n", "lf in extension": b"5;a\nb\r\nhello\r\n0\r\n\r\n", "bare lf": b"5\nhello\n0\n\n",
    "no crlf after data": b"5\r\nhelloX0\r\n\r\n", "too much data": b"5\r\nhello world\r\n0\r\n\r\n", "cr only": b"5\rhello\r0\r\r",
    "length trailer": b"0\r\nContent-Length: 5\r\n\r\n", "coding trailer": b"0\r\nTransfer-Encoding: chunked\r\n\r\n", "host trailer": b"0\r\nHost: y\r\n\r\n",
    "bad trailer": b"0\r\nX Y: a\r\n\r\n", "folded trailer": b"0\r\nX: a\r\n b\r\n\r\n", "huge": b"fffffffffffffff\r\n", "nul": b"5\x00\r\nhello\r\n0\r\n\r\n",
    "ctl in extension": b"5;a=\x01\r\nhello\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("kind", CHUNKS)
def test_chunks(router, backend, kind):
    """The body's first chunk is good, so that only the bad one is to blame."""
    data = LINE + HOST + TYPE + CHUNKED + b"\r\n" + chunk(BODY) + CHUNKS[kind] + NEXT
    refused(router, backend, data, (400, 413))


GOOD_CHUNKS = {
    "extension": b"%x;a;c=b\r\n%s\r\n0\r\n\r\n", "quoted extension": b'%x;a="b c"\r\n%s\r\n0\r\n\r\n', "zeroes": b"000%x\r\n%s\r\n000\r\n\r\n",
    "trailer": b"%x\r\n%s\r\n0\r\nX-Trailer: a\r\n\r\n", "last extension": b"%x\r\n%s\r\n0;a\r\n\r\n",
}


@pytest.mark.parametrize("kind", GOOD_CHUNKS)
def test_good_chunks(router, backend, kind):
    with router.connect() as client:
        client.send(LINE + HOST + TYPE + CHUNKED + b"\r\n" + GOOD_CHUNKS[kind] % (len(BODY), BODY) + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.response().status == 200
        assert client.response().status == 200
    assert backend.last.body == BODY and not backend.last.has("x-trailer")


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 64, b"SSH-2.0-x\r\n",
                                  b"GET\r\n", b"\xff\xfe", b"{}", b"USER x\r\n", b"\r\n\r\n\r\n", b"GET / HTTP/1.1\r\nX" + b"\x00"])
def test_other_protocols_are_answered_as_soon_as_seen(router, backend, data):
    """The head isn't complete: the answer must not wait for its end."""
    with router.connect(limit=5) as client:
        client.send(data)
        assert client.response().status in (400, 505)
        assert client.closed_by_peer(5)


def test_body_on_get_is_a_pipelined_request_that_is_malformed(router, backend):
    with router.connect() as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + BODY)
        assert client.response().status == 200
        assert client.response().status == 400
        assert client.closed_by_peer(5)


def test_garbage_after_a_good_request(router, backend):
    """The good one is answered, then 400, then the end; what follows is never parsed."""
    with router.connect() as client:
        client.send(whole(LENGTH) + b"garbage\r\n\r\n" + whole(LENGTH))
        assert client.response().status == 200
        assert client.response().status == 400
        assert client.closed_by_peer(5) and client.buffer == b""
    assert len(backend.requests) == 1


# No tunnels.

def test_upgrade_is_ignored(router, backend):
    with router.connect() as client:
        client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n")
        assert client.response().status == 200
        client.request("GET", "/healthz")
        assert client.response().status == 200


def test_upgrade_with_a_body(router, backend):
    with router.connect() as client:
        client.send(whole(LENGTH + b"Connection: Upgrade\r\nUpgrade: h2c\r\n"))
        status = client.response().status
    assert status in (200, 400)
    for request in backend.requests:
        assert not request.has("upgrade") and "upgrade" not in request.header("connection", "").lower()


# One path, decoded once.

PATHS = ["/v1/../admin", "/v1//models", "/v1/%2e%2e/admin", "/v1/.%2e/admin", "/v1/./models", "/v1/models/..%2f..%2fadmin", "/v1%2fmodels", "/v1%5cmodels",
         "/v1\\models", "/healthz%00", "/v1/models/%00", "/v1/models/%", "/v1/models/%g1", "/v1/models/%2", "//healthz", "/v1/models/a//b", "/v1/models/../x"]


@pytest.mark.parametrize("path", PATHS)
def test_paths(router, backend, path):
    with router.connect() as client:
        client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = client.response()
    assert answer.status in (400, 404), answer.body
    if "/models/" not in path or ".." in path or "%00" in path:
        assert answer.status == 400
    assert not backend.requests


@pytest.mark.parametrize("path", ["/%68ealthz", "/v1/chat%2Fcompletions", "/V1/models", "/healthz/", "/v1/models/"])
def test_only_exact_paths_are_routed(router, path):
    assert router.get(path).status in (400, 404)


def test_what_is_forwarded_is_rebuilt(router, backend):
    with router.connect() as client:
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nhOsT: x\r\ncontent-TYPE:application/json\r\nX-A:  padded \t\r\n" + CHUNKED + b"\r\n"
                    + b"".join(chunk(BODY[at:at + 3]) for at in range(0, len(BODY), 3)) + LAST_CHUNK)
        assert client.response().status == 200
    got = backend.last
    assert got.header("content-length") == str(len(BODY)) and not got.has("transfer-encoding")
    assert got.header("x-a") == "padded"
    assert got.raw_head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
