"""llhttp's own request cases, over a raw socket: what it refuses in strict mode, we refuse."""
import re

from harness import openai_wire as wire

# Pauses are no refusals: 21 is one that the case asked for, 22 and 23 stand before another protocol's bytes.
ERROR = re.compile(r"error code=(?!21|22|23)")
ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "f": b"\f"}


def unescape(block):
    """Line ends and escapes as in llhttp's own test runner."""
    text = block.removesuffix("\n").replace("\\\n", "").replace("\n", "\r\n")
    parts = re.split(r"\\(x[0-9a-fA-F]{2}|[rntf])", text)
    return b"".join(part.encode() if at % 2 == 0 else ESCAPES.get(part) or bytes([int(part[1:], 16)]) for at, part in enumerate(parts))


def cases(folder):
    """(name, bytes) of each case that llhttp refuses without leniency."""
    for file in sorted(folder.glob("*.md")):
        text = file.read_text()
        pattern = r"^#+ (?P<name>[^\n]*)$|^<!-- meta=(?P<meta>[^\n]*) -->$|^```http\n(?P<http>.*?)^```$|^```log\n(?P<log>.*?)^```$"
        name = meta = http = ""
        for match in re.finditer(pattern, text, re.M | re.S):
            kind = match.lastgroup
            if kind == "name":
                name = match["name"]
            elif kind == "meta":
                meta = match["meta"]
            elif kind == "http":
                http = match["http"]
            elif ERROR.search(match["log"]):
                yield f"{file.name}: {name} {meta}", unescape(http)


def with_host(data):
    """Most cases leave Host out and would be refused for that alone."""
    line, mark, rest = data.partition(b"\r\n")
    if not mark or not line.endswith(b"HTTP/1.1") or b"\r\nhost" in data.lower():
        return data
    return line + b"\r\nHost: a\r\n" + rest


def test_cases(router, backend, shared_data):
    tried, wrong = 0, []
    for name, data in cases(shared_data / "llhttp-requests"):
        tried += 1
        with router.connect(limit=5) as client:
            try:
                client.send(with_host(data))
                if "finish" in name:
                    client.half_close()
                closed = client.closed_by_peer(3)
                received = client.buffer
            except OSError as error:
                wrong.append(f"{name}: {error!r}")
                continue
        statuses = re.findall(rb"^HTTP/1\.1 (\d\d\d)", received, re.M)
        if "finish" in name and not statuses:
            continue            # cut short: nobody waits for an answer
        if statuses == [b"200"] and closed:
            continue            # answered without its body, which was never parsed
        if not statuses or not b"400" <= statuses[-1] <= b"505":
            wrong.append(f"{name}: {with_host(data)!r} got {statuses}")
    assert not wrong, "\n".join(wrong)
    assert tried >= 60
    assert not backend.requests and router.post(wire.CHAT, wire.chat()).status == 200
