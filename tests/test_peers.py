"""The router between HTTP implementations of other hands: aiohttp behind, aiohttp and httpx before."""
import asyncio
import json

import aiohttp
import httpx
import pytest

from harness import openai_wire as wire
from harness.programs import python_server


@pytest.fixture(scope="module")
def peers(module_routers):
    server = python_server("harness.echo_backend")
    yield module_routers(server.config())
    server.stop()


def url(router, path=wire.CHAT):
    return f"http://127.0.0.1:{router.port}{path}"


def test_httpx_plain_and_streamed(peers):
    with httpx.Client(timeout=30) as client:
        for number in range(20):
            answer = client.post(url(peers), json=wire.chat(user=f"u{number}"))
            assert answer.json()["choices"][0]["message"]["content"] == f"u{number}"
            with client.stream("POST", url(peers), json=wire.chat(user=f"s{number}", stream=True)) as stream:
                text = "".join(stream.iter_text())
            assert text == "".join(wire.chat_stream(*[f"s{number}"] * 4))


def test_httpx_leaves_a_stream(peers):
    with httpx.Client(timeout=30) as client:
        for _ in range(20):
            with client.stream("POST", url(peers), json=wire.chat("slow", user="x", stream=True)) as stream:
                next(stream.iter_lines())
        assert client.post(url(peers), json=wire.chat(user="after")).status_code == 200


def test_aiohttp_many_at_once(peers):
    async def one(session, number):
        stream = number % 2 == 0
        async with session.post(url(peers), json=wire.chat(user=f"n{number}", stream=stream)) as answer:
            text = await answer.text()
            assert answer.status == 200
            assert text.count(f"n{number}") == (4 if stream else 1)

    async def everyone():
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as session:
            await asyncio.gather(*(one(session, number) for number in range(300)))

    asyncio.run(everyone())


@pytest.mark.parametrize("size", [10, 100_000, 20_000_000])
def test_aiohttp_uploads(peers, size):
    async def upload(**body):
        async with aiohttp.ClientSession() as session:
            async with session.post(url(peers, wire.EMBEDDINGS), headers={"Content-Type": "application/json"}, **body) as answer:
                assert answer.status == 200
                return await answer.json()

    data = json.dumps({"model": "m", "input": "x" * size}).encode()

    async def pieces():
        for at in range(0, len(data), 50_000):
            yield data[at:at + 50_000]

    for body in (data, pieces()):
        echoed = asyncio.run(upload(data=body))
        assert echoed["length"] == len(data) and "Transfer-Encoding" not in echoed["headers"]


def test_expect_by_aiohttp(peers):
    async def upload():
        async with aiohttp.ClientSession() as session:
            async with session.post(url(peers), json=wire.chat(user="e"), expect100=True) as answer:
                return answer.status

    assert asyncio.run(upload()) == 200
