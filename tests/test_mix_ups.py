"""An answer never goes to the wrong client. Every answer says whose it is, while clients leave
at random moments and connections are reused on both sides."""
import asyncio
import json
import random
import urllib.request

import pytest

from harness import openai_wire as wire
from harness.client import request_bytes
from harness.programs import python_server
from harness.sse import parse_events
from harness.wait import until

CLIENTS = 48


@pytest.fixture(scope="module")
def echo():
    server = python_server("harness.echo_backend")
    yield server
    server.stop()


class Tally:
    def __init__(self, requests):
        self.left, self.whole, self.aborted, self.wrong = requests, 0, 0, []


async def read_answer(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = int(head.split(" ")[1])
    if "transfer-encoding: chunked" not in head:
        return status, await reader.readexactly(int(head.split("content-length: ")[1].split("\r")[0]))
    parts = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return status, b"".join(parts)


def judge(tally, whose, stream, status, body):
    if status != 200:
        tally.wrong.append(f"{whose}: {status} {body[:200]}")
    elif stream:
        events = [event.json for event in parse_events(body)[:-1]]
        texts = [text for event in events if (text := event["choices"][0]["delta"].get("content"))]
        if texts != [whose] * 4:
            tally.wrong.append(f"{whose} got {texts or events}")
    elif json.loads(body)["choices"][0]["message"]["content"] != whose:
        tally.wrong.append(f"{whose} got {body[:200]}")
    tally.whole += 1


async def client(port, number, tally):
    """Requests one after the other on a kept connection; about one in eight is abandoned."""
    rng = random.Random(number)
    reader = writer = None
    while tally.left > 0:
        tally.left -= 1
        if writer is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        whose, stream = f"{number}-{tally.left}-{rng.random()}", rng.random() < 0.5
        writer.write(request_bytes("POST", wire.CHAT, wire.chat(stream=stream, user=whose)))
        if rng.random() < 0.125:
            await asyncio.sleep(rng.random() * 0.012)
            if rng.random() < 0.5:
                writer.transport.abort()
            else:
                writer.close()
            writer, tally.aborted = None, tally.aborted + 1
            continue
        status, body = await asyncio.wait_for(read_answer(reader), 60)
        judge(tally, whose, stream, status, body)
    if writer:
        writer.close()


def run(router, echo, requests):
    async def all_clients():
        await asyncio.gather(*(client(router.port, number, tally) for number in range(CLIENTS)))

    tally = Tally(requests)
    asyncio.run(all_clients())
    print(f"{tally.whole} answers, {tally.aborted} aborted, {len(tally.wrong)} wrong")
    assert not tally.wrong, tally.wrong[:5]
    assert tally.whole + tally.aborted == requests and tally.aborted > requests / 12

    def active():
        return json.load(urllib.request.urlopen(f"http://127.0.0.1:{echo.port}/active"))["active"]

    until(lambda: active() == 0, "0 upstream requests left", limit=10)
    until(lambda: all(row["in_flight"] == 0 for row in router.endpoints().values()), "0 in flight", limit=5)


def test_ten_thousand(start_router, echo):
    run(start_router(echo.config(), log={"access": "off"}), echo, 10_000)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_hundred_thousand(start_router, echo):
    run(start_router(echo.config(), log={"access": "off"}), echo, 100_000)
