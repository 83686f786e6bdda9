"""The router as a process: its configuration, its start, its output and its end."""
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import threading

from harness.client import Client
from harness.wait import until

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Stands in every backend's credentials: nothing that the router says may contain it.
CANARY = "CANARY-7f3a-do-not-print-me"
SANITIZER = re.compile(r"(Address|Thread|Leak|UndefinedBehavior|Memory)Sanitizer|runtime error:")
STOP_LIMIT = 30.0


def program(variable, name):
    """The binary that the environment names, or the one with sanitizers, or the release."""
    named = os.environ.get(variable)
    if named:
        return pathlib.Path(named)
    sanitized = ROOT / "build" / "asan" / name
    return sanitized if sanitized.exists() else ROOT / "build" / "release" / name


def router_binary():
    return program("LLM_ROUTER_BIN", "llm-router")


def sanitizer_of(binary):
    """'asan', 'tsan' or '' (by what the binary contains): limits on time and memory depend on it."""
    if not hasattr(sanitizer_of, "cache"):
        content = pathlib.Path(binary).read_bytes()
        sanitizer_of.cache = "tsan" if b"__tsan_init" in content else "asan" if b"__asan_init" in content else ""
    return sanitizer_of.cache


_next_port = 20000 + os.getpid() * 37 % 9000


def free_port():
    """A port outside the range from which the kernel takes those of outgoing connections."""
    global _next_port
    for _ in range(9000):
        _next_port = 20000 + (_next_port + 1 - 20000) % 9000
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", _next_port))
                return _next_port
            except OSError:
                continue
    raise AssertionError("no free port")


def environment(extra=None):
    kept = {k: v for k, v in os.environ.items() if k not in ("LLM_ROUTER_LOG", "RUST_LOG")}
    kept.setdefault("ASAN_OPTIONS", "detect_leaks=1:allocator_may_return_null=1")
    kept.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    kept.setdefault("TSAN_OPTIONS", "halt_on_error=0:second_deadlock_stack=1")
    return {**kept, **(extra or {})}


def _prepare(rlimits, inherit):
    """In the child, before the program."""
    for each in rlimits:
        resource.setrlimit(*each)
    for number, each in enumerate(inherit, 3):
        os.dup2(each.fileno(), number)


class Router:
    """A running router. Made by the `start_router` fixture, which also stops and examines it."""

    def __init__(self, folder, backends, env=None, ready=True, args=(), stdout=None, rlimits=None, text=None,
                 binary=None, host="127.0.0.1", by_admin=False, ask_port=None, wrap=(), inherit=(),
                 **config):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self.admin_port = free_port(), free_port()
        settings = {"listen": f"{host}:{self.port}", "admin": {"listen": f"127.0.0.1:{self.admin_port}"},
                    "workers": 2, "backends": [entry(backend) for backend in backends], **config}
        self.config = self.folder / "config.yaml"
        # JSON is YAML.
        written = (text.replace("@PORT@", str(self.port)).replace("@ADMIN@", str(self.admin_port)) if text else
                   json.dumps(settings, indent=1, ensure_ascii=False))
        self.config.write_text(written)
        self.config.chmod(0o600)
        self.stderr_file = self.folder / "stderr"
        self.lines = []
        self._lock = threading.Lock()
        # `wrap` goes before the command; the sockets of `inherit` become its descriptors from 3 on.
        command = [*wrap, str(binary or router_binary()), *(args or ("serve", "--config", str(self.config)))]
        with open(self.stderr_file, "wb") as stderr:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stdout or subprocess.PIPE, stderr=stderr, cwd=self.folder,
                env=environment(env), pass_fds=range(3, 3 + len(inherit)),
                preexec_fn=(lambda: _prepare(rlimits or (), inherit)) if rlimits or inherit else None)
        self._reader = None
        if stdout is None:
            self._reader = threading.Thread(target=self._read_lines, daemon=True)
            self._reader.start()
        self._asked_port = ask_port or (self.admin_port if by_admin else self.port)
        self._wait_started(ready)

    def _read_lines(self):
        for line in self.process.stdout:
            with self._lock:
                self.lines.append(line.decode())

    def _wait_started(self, ready):
        def answers():
            if self.process.poll() is not None:
                raise AssertionError(f"the router exited with {self.process.returncode}: {self.stderr}")
            try:
                return self.request("GET", "/readyz" if ready else "/healthz", port=self._asked_port).status == 200
            except OSError:
                return False

        try:
            until(answers, "the router to be up" if not ready else "the router to be ready", limit=30)
        except AssertionError as error:
            self.kill()
            raise AssertionError(f"{error}\nstderr: {self.stderr}") from None

    # What it says.

    @property
    def stderr(self):
        return self.stderr_file.read_text(errors="replace")

    def access_lines(self):
        with self._lock:
            return [json.loads(line) for line in self.lines]

    def access(self, request_id):
        """The one access-log line of a request, once it is written."""
        found = until(lambda: [line for line in self.access_lines() if line["request_id"] == request_id],
                      f"the access-log line of {request_id}")
        assert len(found) == 1, f"logged more than once: {found}"
        return found[0]

    # Talking to it.

    def connect(self, **options):
        return Client(self.port, **options)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body, **options):
        return self.request("POST", path, body=body, **options)

    def request(self, method, path, body=None, headers=None, limit=60.0, port=None):
        """One request on a connection of its own."""
        with Client(port or self.port, limit=limit) as client:
            client.request(method, path, body, headers)
            return client.response(method)

    def admin(self, path, **options):
        return self.request("GET", path, port=self.admin_port, **options)

    def endpoints(self):
        """/router/endpoints by the backend's name."""
        answer = self.admin("/router/endpoints").json
        rows = answer if isinstance(answer, list) else next(v for v in answer.values() if isinstance(v, list))
        return {row["name"]: row for row in rows}

    def model_ids(self):
        return [model["id"] for model in self.get("/v1/models").json["data"]]

    # What it uses.

    def rss(self):
        """Resident bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def metric(self, name):
        """The sum of a metric's samples, whatever their labels."""
        text = self.admin("/metrics").body.decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.split("{")[0].split(" ")[0] == name)

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def fd_count(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    # Its end.

    def alive(self):
        return self.process.poll() is None

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, limit=STOP_LIMIT):
        return self.process.wait(limit)

    def kill(self):
        if self.alive():
            self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM must end it with exit code 0, no sanitizer's report and no secret printed."""
        if self.alive():
            self.signal()
        try:
            code = self.wait()
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.kill()
            raise AssertionError(f"SIGTERM didn't end the router in {STOP_LIMIT} s\n{self.stderr[-3000:]}") from None
        if self._reader:
            self._reader.join(10)
        self.check_output()
        assert code == 0, f"exit code {code}\n{self.stderr[-6000:]}"

    def check_output(self):
        report = SANITIZER.search(self.stderr)
        assert not report, self.stderr[max(0, report.start() - 200):report.start() + 6000]
        assert CANARY not in self.stderr, "a backend's credentials stand in the log"
        assert not any(CANARY in line for line in self.lines), "a backend's credentials stand in the access log"


def entry(backend):
    """A backend's part of the configuration."""
    if isinstance(backend, dict):
        return backend
    return backend.config()


def run(*args, cwd=None, env=None, limit=60, wrap=()):
    """A run of the program that is expected to end by itself."""
    done = subprocess.run([*wrap, str(router_binary()), *map(str, args)], cwd=cwd, env=environment(env), timeout=limit,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert not SANITIZER.search(done.stderr), done.stderr
    return done
