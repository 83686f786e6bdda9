"""The first command of the README: script/server alone, from nothing to a streamed answer."""
import json
import os
import pathlib
import signal
import socket
import subprocess

import httpx
import pytest

from harness.process import ROOT
from harness.wait import until

# The demonstration's own, the default of the admin address, and where a real backend would be.
PORTS = (8080, 9901, 11434, 8000, 8081, 1234, 30000, 3000)


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def descendants(leader):
    """The children and grandchildren of `leader`: the programs have sessions of their own."""
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = stat.read_text().split(" (", 1)
        except OSError:
            continue
        parents[int(pid)] = int(rest.rsplit(") ", 1)[1].split()[1])
    return {pid for pid, parent in parents.items() if leader in (parent, parents.get(parent))}


def ready(server):
    assert server.poll() is None, "script/server ended"
    try:
        return httpx.get("http://127.0.0.1:8080/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.skipif(not (ROOT / "build/release/llm-router").exists(), reason="no release was built")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=lambda stop: stop.name)
def test_server_without_arguments_streams_an_answer_and_stops_cleanly(tmp_path, stop):
    busy = [port for port in PORTS if not is_free(port)]
    if busy:
        pytest.skip(f"something else listens on {busy}")
    with open(tmp_path / "log", "w") as log:
        server = subprocess.Popen([ROOT / "script/server"], cwd=tmp_path, stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, start_new_session=True,
                                  preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                                  env={**os.environ, "TMPDIR": str(tmp_path)})
    try:
        until(lambda: ready(server), "the demonstration to be ready", limit=240, every=0.1)
        request = {"model": "sim-small", "stream": True,
                   "messages": [{"role": "user", "content": "Hello"}]}
        with httpx.stream("POST", "http://127.0.0.1:8080/v1/chat/completions", json=request,
                          timeout=60) as answer:
            assert answer.status_code == 200
            lines = [line for line in answer.iter_lines() if line.startswith("data:")]
        assert lines[-1].strip() == "data: [DONE]"
        chunks = [json.loads(line[5:]) for line in lines[:-1]]
        assert "".join(choice["delta"].get("content") or ""
                       for chunk in chunks for choice in chunk["choices"])

        programs = descendants(server.pid)
        assert len(programs) >= 2
        os.killpg(server.pid, stop)
        assert server.wait(60) == 0, (tmp_path / "log").read_text()
        until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in programs),
              "llm-sim and the router to end")
        assert not list(tmp_path.glob("tmp.*")), "the generated configuration stays behind"
    finally:
        if server.poll() is None:
            server.terminate()
            server.wait(60)
