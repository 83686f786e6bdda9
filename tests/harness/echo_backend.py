"""An independent backend, on aiohttp: every answer and every event says whose it is.

    python3 -m harness.echo_backend        prints {"port": N}

The content of an answer is the request's `user`; GET /active tells how many are being answered.
"""
import asyncio
import json
import random
import sys

from aiohttp import web

from harness import openai_wire as wire

active = 0


async def models(_request):
    return web.json_response({"object": "list", "data": [{"id": "m"}, {"id": "slow"}]})


async def count(_request):
    return web.json_response({"active": active})


async def chat(request):
    global active
    active += 1
    try:
        call = await request.json()
        whose, slow = call["user"], call["model"] == "slow"
        if not call.get("stream"):
            await asyncio.sleep(random.random() * (0.5 if slow else 0.01))
            return web.json_response(wire.chat_answer(whose))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in wire.chat_stream(*[whose] * 4):
            await response.write(event.encode())
            await asyncio.sleep(random.random() * (0.1 if slow else 0.002))
        return response
    except ConnectionError:
        return web.Response(status=499)         # the router left: nobody is there to be told
    finally:
        active -= 1


async def echo(request):
    body = await request.read()
    return web.json_response({"length": len(body), "headers": dict(request.headers), "path": request.path})


async def main():
    app = web.Application(client_max_size=1 << 30)
    app.router.add_get("/v1/models", models)
    app.router.add_get("/active", count)
    app.router.add_post("/v1/chat/completions", chat)
    app.router.add_post("/v1/embeddings", echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    print(json.dumps({"port": site._server.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
