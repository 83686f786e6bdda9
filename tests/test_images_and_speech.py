"""Images and speech: plain, as bytes, and streamed in events of their own."""
import threading

import pytest

from harness import openai_wire as wire
from harness.exchange import LAST_CHUNK, chunk
from harness.programs import run_node
from harness.sse import error_of
from harness.streams import plays

IMAGE = {"model": "m", "prompt": "x"}
WORDS = {"model": "m", "input": "x", "voice": "alloy"}
SOUND = bytes(range(256)) * 3
WAYS = {"images": (wire.IMAGES, {**IMAGE, "stream": True}, wire.image_stream("A", "B")),
        "speech": (wire.SPEECH, {**WORDS, "stream_format": "sse"}, wire.speech_stream("QQ==", "Qg=="))}


def sdk(router, scenario):
    return run_node("sdk_client.mjs", f"http://127.0.0.1:{router.port}", scenario, limit=60)


def test_the_sdk_on_images(router, backend):
    def script(exchange):
        if exchange.request.json.get("stream"):
            exchange.sse(wire.image_stream("A"))
        else:
            exchange.json({"created": 1, "data": [{"b64_json": "WHOLE"}]})

    backend.script = script
    assert sdk(router, "images") == {"types": ["image_generation.partial_image", "image_generation.completed"], "plain": "WHOLE"}


def test_the_sdk_on_speech(router, backend):
    backend.script = lambda exchange: exchange.answer(SOUND, content_type="audio/mpeg", framing="chunked")
    assert sdk(router, "speech") == {"type": "audio/mpeg", "bytes": SOUND.hex()}


@pytest.mark.parametrize("way", WAYS)
def test_events_pass_unchanged(router, backend, way):
    path, call, events = WAYS[way]
    backend.script = plays(*events)
    answer = router.post(path, call)
    assert answer.status == 200 and answer.complete and answer.body.decode() == "".join(events)
    assert backend.last.target == path and backend.last.json == call


@pytest.mark.parametrize("end", [None, "fin", "rst"])
@pytest.mark.parametrize("way", WAYS)
def test_a_stream_without_its_end(router, backend, way, end):
    path, call, events = WAYS[way]
    backend.script = plays(*events[:-1], end=end)
    answer = router.post(path, call)
    assert error_of(answer)["code"] == "upstream_stream_error"
    assert answer.body.startswith("".join(events[:-1]).encode())


@pytest.mark.parametrize("way", WAYS)
def test_done_alone_is_no_end(router, backend, way):
    path, call, events = WAYS[way]
    backend.script = plays(*events[:-1], wire.DONE)
    assert error_of(router.post(path, call))["code"] == "upstream_stream_error"


@pytest.mark.parametrize("way", WAYS)
def test_an_error_in_the_stream(router, backend, way):
    path, call, events = WAYS[way]
    backend.script = plays(events[0], wire.typed("error", error={"message": "boom", "code": "c"}))
    assert error_of(router.post(path, call))["message"] == "boom"


@pytest.mark.parametrize("way", WAYS)
def test_a_stream_was_asked_for(router, backend, way):
    path, call, _ = WAYS[way]
    backend.script = lambda exchange: exchange.answer(b"{}")
    answer = router.post(path, call)
    assert answer.status == 502 and answer.error["code"] == "upstream_invalid_response"


def test_bytes_pass_as_they_come(router, backend):
    steps = [threading.Event() for _ in range(4)]

    def script(exchange):
        exchange.answer(content_type="audio/wav", headers=[("Transfer-Encoding", "chunked"), ("X-Sound", "1")], framing="")
        for step in steps:
            exchange.send(chunk(SOUND))
            exchange.hold(step)
        exchange.send(LAST_CHUNK)

    backend.script = script
    with router.connect() as client:
        client.request("POST", wire.SPEECH, WORDS)
        answer = client.head()
        assert answer.header("content-type") == "audio/wav" and answer.header("x-sound") == "1"
        parts = client.body_parts(answer)
        for step in steps:
            got = b""
            while len(got) < len(SOUND):
                got += next(parts)
            assert got == SOUND, "what has come must be sent before the next is made"
            step.set()
        assert not list(parts)


@pytest.mark.parametrize("end", ["fin", "rst"])
@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_cut_bytes_look_cut(router, backend, end, framing):
    def script(exchange):
        field = ("Transfer-Encoding", "chunked") if framing == "chunked" else ("Content-Length", str(len(SOUND) + 1))
        exchange.answer(content_type="audio/wav", headers=[field], framing="")
        exchange.send(chunk(SOUND) if framing == "chunked" else SOUND)
        exchange.wait(0.2)          # so that the bytes are not lost to the reset
        getattr(exchange, end)()

    backend.script = script
    answer = router.post(wire.SPEECH, WORDS)
    assert answer.status == 200 and not answer.complete
    assert router.access(answer.request_id)["error_code"] == "upstream_incomplete"


def test_no_byte_at_all_is_a_clean_error(router, backend):
    def script(exchange):
        exchange.answer(content_type="audio/wav", headers=[("Content-Length", "5")], framing="")
        exchange.fin()

    backend.script = script
    answer = router.post(wire.SPEECH, WORDS)
    assert answer.status == 502 and answer.error["code"] == "upstream_incomplete"


def test_large_sound(router, backend):
    sound = SOUND * 20_000
    backend.script = lambda exchange: exchange.answer(sound, content_type="audio/pcm")
    answer = router.post(wire.SPEECH, WORDS)
    assert answer.complete and answer.body == sound


def test_an_error_in_the_place_of_sound(router, backend):
    backend.script = lambda exchange: exchange.json({"error": {"message": "no such voice", "code": 400}})
    answer = router.post(wire.SPEECH, WORDS)
    assert answer.status == 400 and answer.error["message"] == "no such voice"


def test_images_are_checked(router, backend):
    backend.script = lambda exchange: exchange.answer(b'{"data":[')
    answer = router.post(wire.IMAGES, IMAGE)
    assert answer.status == 502 and answer.error["code"] == "upstream_invalid_response"
