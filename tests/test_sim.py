"""llm-sim behind the router: what the README's first curl does, and faults on request."""
import contextlib
import re
import subprocess
import threading
import time

import pytest

from harness import openai_wire as wire
from harness.process import environment, program
from harness.sse import error_of
from harness.wait import until

SIM = program("LLM_SIM_BIN", "llm-sim")


@contextlib.contextmanager
def simulator(*options):
    """The URL of a running llm-sim."""
    assert SIM.exists(), f"{SIM} is absent: build it, or name another by LLM_SIM_BIN"
    process = subprocess.Popen([str(SIM), "--listen", "127.0.0.1:0", "--seed", "1", *options], env=environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = []
    threading.Thread(target=lambda: said.extend(iter(process.stdout.readline, b"")), daemon=True).start()
    port = until(lambda: re.search(r"127\.0\.0\.1:(\d+)", b"".join(said).decode()), "the simulator to say its port")[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        assert process.wait(10) in (0, -15)
        assert b"Sanitizer" not in b"".join(said)


@pytest.fixture(scope="module")
def sim(module_routers):
    with simulator("--models", "demo,org/other", "--ttft", "10", "--tokens-per-second", "500", "--tokens", "30") as url:
        yield module_routers({"name": "sim", "url": url})


def test_help():
    done = subprocess.run([str(SIM), "--help"], capture_output=True, text=True, env=environment(), timeout=20)
    assert done.returncode == 0 and "--models" in done.stdout


def test_models(sim):
    assert sim.model_ids() == ["demo", "org/other"]


@pytest.mark.parametrize("path", wire.ALL)
def test_plain(sim, path):
    answer = sim.post(path, wire.request(path, "demo"))
    assert answer.status == 200 and answer.json


@pytest.mark.parametrize("path", wire.STREAMED)
def test_streamed(sim, path):
    answer = sim.post(path, wire.request(path, "demo", stream=True))
    assert answer.status == 200 and answer.complete and len(answer.events) > 10 and b'"error"' not in answer.body.replace(b'"error":null', b"")


def test_usage(sim):
    answer = sim.post(wire.CHAT, wire.chat("demo", stream=True, stream_options={"include_usage": True}))
    assert answer.events[-2].json["usage"]["completion_tokens"] > 0


@pytest.mark.parametrize("stream", [False, True])
def test_status_fault(sim, stream):
    answer = sim.post(wire.CHAT, wire.chat("demo", stream=stream), headers={"x-sim-fault": "status=500"})
    assert answer.status == 500 and answer.json["error"]["message"]


@pytest.mark.parametrize("fault", ["cut=1500", "rst=1500"])
def test_cut_fault(sim, fault):
    answer = sim.post(wire.CHAT, wire.chat("demo", stream=True), headers={"x-sim-fault": fault})
    assert answer.status in (200, 502)
    if answer.status == 200:
        error_of(answer)


def test_a_known_prefix_is_cheap(start_router):
    """The first prompt costs a second, the same again next to nothing; usage says why."""
    with simulator("--models", "m", "--ttft", "0", "--prefill", "2000", "--cache", "100000", "--tokens-per-second", "0") as url:
        router = start_router({"name": "sim", "url": url})
        body = wire.chat(messages=[{"role": "user", "content": "once upon a time " * 470}])
        took, cached = [], []
        for _ in range(2):
            began = time.monotonic()
            usage = router.post(wire.CHAT, body).json["usage"]
            took.append(time.monotonic() - began)
            cached.append(usage["prompt_tokens_details"]["cached_tokens"])
        assert cached[0] == 0 and cached[1] > 0.95 * usage["prompt_tokens"] - 20
        assert took[0] > 0.9 and took[1] < took[0]


@pytest.mark.parametrize("kind", ["vllm", "sglang", "llama.cpp", "llama.cpp-router", "ollama", "lm-studio", "tgi", "tensorrt-llm", "openai"])
def test_kinds_are_taken_for_what_they_pretend_to_be(start_router, kind):
    with simulator("--kind", kind, "--models", "one,two") as url:
        router = start_router({"name": "sim", "url": url})
        until(lambda: router.endpoints()["sim"]["kind"] == kind, f"{kind} to be recognised", limit=10)
        assert router.model_ids() == ["one", "two"]
