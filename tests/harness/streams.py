"""Streams that break, stall or end early: what a backend plays, and asking for it."""
from harness import openai_wire as wire
from harness.backend import LAST_CHUNK

# A chat that has begun and hasn't ended.
STARTED = wire.chat_stream("a", "b", finish=None, done=False)


def stream(router, path=wire.CHAT, **more):
    return router.post(path, wire.request(path, stream=True, **more))


def plays(*parts, end=None, last=True):
    """Each part a chunk; then the end of the framing, FIN, RST or silence."""
    def script(exchange):
        exchange.sse_head()
        exchange.event_bytes(*parts)
        if end:
            getattr(exchange, end)()
        if last:
            exchange.send(LAST_CHUNK)
    return script
