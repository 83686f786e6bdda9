"""Without a configuration: the backends that run on this machine, at their usual ports."""
import re
import socket
import subprocess

import pytest
import yaml

from harness import openai_wire as wire
from harness.client import Client
from harness.process import environment, router_binary, run
from harness.wait import until

PORTS = (11434, 8000, 8080, 8081, 1234, 30000, 3000)


def is_busy(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(autouse=True)
def _quiet_machine():
    busy = [port for port in PORTS if is_busy(port)]
    if busy:
        pytest.skip(f"something else listens on {busy}")


class Started:
    """`llm-router` alone in a folder without a configuration."""

    def __init__(self, folder, *args):
        self.stderr_file = folder / "stderr"
        with open(self.stderr_file, "wb") as stderr:
            self.process = subprocess.Popen([str(router_binary()), *args], cwd=folder, env=environment(), stderr=stderr,
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    @property
    def stderr(self):
        return self.stderr_file.read_text()

    def address(self):
        found = until(lambda: re.search(r'"serving".*"address":"([^"]+)"', self.stderr), "the router to serve", limit=30)
        host, port = found[1].rsplit(":", 1)
        return host, int(port)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(30)


@pytest.fixture
def started(tmp_path):
    routers = []

    def start(*args):
        folder = tmp_path / f"empty{len(routers)}"
        folder.mkdir()
        routers.append(Started(folder, *args))
        return routers[-1]

    yield start
    for router in routers:
        assert router.stop() == 0 and "Sanitizer" not in router.stderr, router.stderr


@pytest.mark.parametrize("args", [(), ("serve",), ("find",)])
def test_nothing_there_says_where_it_looked_and_what_to_write(tmp_path, args):
    done = run(*args, cwd=tmp_path)
    assert done.returncode == 1 and not done.stdout
    assert all(str(port) in done.stderr for port in PORTS)
    assert "config.yaml" in done.stderr and "backends:" in done.stderr and "url:" in done.stderr


def test_serves_what_it_finds_on_loopback_and_prints_the_yaml(started, start_backend, tmp_path):
    start_backend(["small", "large"], port=11434)
    start_backend(["other"], port=8000)
    router = started()
    host, port = router.address()
    assert (host, port) == ("127.0.0.1", 8080)
    said = router.stderr
    assert re.search(r"found .* at http://127\.0\.0\.1:11434 with 2 models: ", said), said
    assert re.search(r"found .* at http://127\.0\.0\.1:8000 with 1 model: other", said), said

    printed = yaml.safe_load(said[said.index("listen: "):said.index("\n\n", said.index("listen: "))])
    assert printed["listen"] == "127.0.0.1:8080"
    assert {backend["url"] for backend in printed["backends"]} == {"http://127.0.0.1:11434", "http://127.0.0.1:8000"}

    def models():
        with Client(port) as client:
            client.request("GET", "/v1/models")
            return {model["id"] for model in client.response().json["data"]} == {"small", "large", "other"}

    until(models, "all models to be listed")
    with Client(port) as client:
        client.request("POST", wire.CHAT, wire.chat("other"))
        assert client.response().status == 200


def test_takes_the_next_port_and_never_another_router(started, start_backend):
    start_backend(["m"], port=8000)
    first = started()
    assert first.address()[1] == 8080
    second = started()
    assert second.address() == ("127.0.0.1", 8081)
    assert "not used: another llm-router at http://127.0.0.1:8080" in second.stderr
    assert "url: http://127.0.0.1:8080" not in second.stderr


def test_a_port_that_holds_something_else_is_said_and_passed_over(started, start_backend):
    start_backend(["m"], port=8000)
    silent = socket.create_server(("127.0.0.1", 3000))
    try:
        router = started()
        router.address()
        assert re.search(r"not used: http://127\.0\.0\.1:3000 .*", router.stderr), router.stderr
    finally:
        silent.close()


def test_find_prints_a_configuration_that_check_accepts(start_backend, tmp_path):
    start_backend(["m"], port=1234)
    done = run("find", cwd=tmp_path)
    assert done.returncode == 0 and "url: http://127.0.0.1:1234" in done.stdout
    (tmp_path / "config.yaml").write_text(done.stdout)
    assert run("check", cwd=tmp_path).returncode == 0
