"""llm-sim behind the router: what the README's first curl does, and faults on request."""
import re
import subprocess
import threading

import pytest

from harness import openai_wire as wire
from harness.process import environment, program
from harness.sse import error_of
from harness.wait import until

SIM = program("LLM_SIM_BIN", "llm-sim")


@pytest.fixture(scope="module")
def sim(module_routers):
    assert SIM.exists(), f"{SIM} is absent: build it, or name another by LLM_SIM_BIN"
    process = subprocess.Popen([str(SIM), "--listen", "127.0.0.1:0", "--models", "demo,org/other", "--ttft", "10", "--tokens-per-second",
                                "500", "--tokens", "30", "--seed", "1"], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = []
    threading.Thread(target=lambda: said.extend(iter(process.stdout.readline, b"")), daemon=True).start()
    port = until(lambda: re.search(r"127\.0\.0\.1:(\d+)", b"".join(said).decode()), "the simulator to say its port")[1]
    yield module_routers({"name": "sim", "url": f"http://127.0.0.1:{port}"})
    process.terminate()
    assert process.wait(10) in (0, -15)
    assert b"Sanitizer" not in b"".join(said)


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
