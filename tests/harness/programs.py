"""Programs beside the router: servers and clients in Node and Python, each a process of its own."""
import json
import os
import pathlib
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
BESIDE_THE_BUILD = TESTS.parent / "build" / "tools" / "bin" / "node"     # where Debian's Node is too old


def node():
    return str(BESIDE_THE_BUILD) if BESIDE_THE_BUILD.exists() else "node"


class Server:
    """A program that prints {"port": N} once it listens, and is ended with the test."""

    def __init__(self, *command, cwd=TESTS):
        self.process = subprocess.Popen([str(part) for part in command], cwd=cwd, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                        env={**os.environ, "PYTHONPATH": str(TESTS)})
        line = self.process.stdout.readline()
        assert line, f"{command} ended before it listened"
        self.port = json.loads(line)["port"]

    def config(self, name="server", **more):
        return {"name": name, "url": f"http://127.0.0.1:{self.port}", **more}

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def node_server(script, *args):
    return Server(node(), TESTS / script, *args)


def python_server(module, *args):
    return Server(sys.executable, "-m", module, *args)


def run_node(script, *args, limit=300):
    """Runs a program to its end; what it printed last is JSON."""
    done = subprocess.run([node(), str(TESTS / script), *map(str, args)], cwd=TESTS, capture_output=True, text=True, timeout=limit,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{script}: {done.stderr[-3000:]}"
    return json.loads(done.stdout.strip().splitlines()[-1])
