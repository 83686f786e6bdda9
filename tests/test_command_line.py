"""The command line: serve, check, --version, --help, and what is said when something is missing."""
import os
import re
import subprocess

import pytest

from harness import openai_wire as wire
from harness.client import Client
from harness.process import environment, free_port, router_binary, run
from harness.wait import until

ISSUE = """refresh_interval: 300          # seconds between model refreshes
backends:
  - name: "backend-name"
    url: "http://backend-url"
    auth: {type: "bearer", token: "your-token"}
  - name: "basic-auth-backend"
    url: "http://backend-url"
    auth: {type: "basic", username: "user", password: "pass"}
  - name: "custom-header-auth"
    url: "http://backend-url"
    auth: {type: "header", name: "X-API-Key", value: "your-api-key"}
"""
GOOD = "backends:\n  - name: one\n    url: http://127.0.0.1:1\n    models: [m]\n"


def write(folder, text, name="config.yaml"):
    file = folder / name
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_version():
    done = run("--version")
    assert done.returncode == 0 and re.search(r"\d+\.\d+\.\d+", done.stdout)


@pytest.mark.parametrize("args", [("--help",), ("serve", "--help"), ("check", "--help"), ("healthcheck", "--help")])
def test_help(args):
    done = run(*args)
    assert done.returncode == 0
    for word in ("check", "schema", "find", "--config") if args == ("--help",) else ():
        assert word in done.stdout


@pytest.mark.parametrize("args", [("--nonsense",), ("nonsense",), ("check", "a", "b", "c")])
def test_wrong_use(args, tmp_path):
    done = run(*args, cwd=tmp_path)
    assert done.returncode not in (0, -6, -11) and done.stderr.strip()


def test_check_without_a_configuration_says_what_to_write(tmp_path):
    """What else happens without one: test_zero_config.py."""
    done = run("check", cwd=tmp_path)
    assert done.returncode == 1
    said = done.stderr + done.stdout
    assert "config.yaml" in said and "backends:" in said and "url" in said


@pytest.mark.parametrize("args", [("--config",), ("serve", "--config"), ("check",)])
def test_named_file_is_missing(args, tmp_path):
    done = run(*args, tmp_path / "absent.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "absent.yaml" in done.stderr + done.stdout


@pytest.mark.parametrize("name", ["config.yaml", "config.yml"])
@pytest.mark.parametrize("args", [(), ("serve",)])
def test_finds_the_file_in_the_working_directory(tmp_path, name, args):
    port, admin = free_port(), free_port()
    write(tmp_path, f"listen: 127.0.0.1:{port}\nadmin: {{listen: 127.0.0.1:{admin}}}\n{GOOD}", name)
    process = subprocess.Popen([str(router_binary()), *args], cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        def healthy():
            try:
                with Client(port) as client:
                    client.request("GET", "/readyz")
                    return client.response().status == 200
            except OSError:
                return False

        until(healthy, "the router to serve")
    finally:
        process.terminate()
        assert process.wait(20) == 0, process.stderr.read()


def test_yaml_is_preferred_to_yml(tmp_path):
    write(tmp_path, GOOD)
    write(tmp_path, "nonsense: 1", "config.yml")
    assert run("check", cwd=tmp_path).returncode == 0


def test_check_takes_the_file_in_either_way(tmp_path):
    good, bad = write(tmp_path, GOOD), write(tmp_path, "nonsense: 1", "bad.yaml")
    for file, status in ((good, 0), (bad, 1)):
        for args in (("check", file), ("check", "--config", file), ("--config", file, "check")):
            assert run(*args, cwd=tmp_path / "..").returncode == status, args
    assert run("check", good, "--config", bad).returncode not in (0, 1)


def test_check_of_the_issues_example(tmp_path):
    done = run("check", write(tmp_path, ISSUE))
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_of_the_shipped_example(tmp_path):
    from harness.process import ROOT
    example = (ROOT / "config.example.yaml").read_text()
    names = {name: "value-of-it" for name in re.findall(r"\$\{([A-Za-z_0-9]+)\}", example)}
    done = run("check", write(tmp_path, example), env=names)
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_reports_every_error_with_its_place(tmp_path):
    file = write(tmp_path, """refresh_intervall: 3
backends:
  - name: one
    url: ftp://x
  - name: one
    url: http://user:secret-in-url@x
    auth: {type: bearer, tokn: "x"}
  - url: http://y
timeouts: {connect: soon}
workers: -3
""")
    done = run("check", file)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    places = {(int(line), int(column)): text for line, column, text in re.findall(r"config\.yaml:(\d+):(\d+): (.*)", said)}
    assert {line for line, _ in places} >= {1, 4, 5, 6, 7, 8, 9, 10}, said
    assert (1, 1) in places and "refresh_interval" in places[1, 1]
    assert "token" in next(text for (line, _), text in places.items() if line == 7)
    assert "auth" in next(text for (line, _), text in places.items() if line == 6)
    assert "secret-in-url" not in said


def test_serve_refuses_the_same_errors(tmp_path):
    file = write(tmp_path, GOOD + "nonsense: 1\n")
    done = run("serve", "--config", file, cwd=tmp_path)
    assert done.returncode == 1
    assert re.search(r"config\.yaml:5:1: .*nonsense", done.stdout + done.stderr)


@pytest.mark.parametrize("command", ["check", "serve"])
def test_unset_secret_names_line_and_variable(tmp_path, command):
    file = write(tmp_path, GOOD + "api_keys: ['${ABSENT_KEY}', '${file:absent-file}', '${PRESENT}']\n")
    done = run(*(("check", file) if command == "check" else ("serve", "--config", file)), env={"PRESENT": "the-value-itself"})
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "ABSENT_KEY" in said and "absent-file" in said
    assert len(re.findall(r"config\.yaml:5:\d+", said)) == 2
    assert "the-value-itself" not in said


@pytest.mark.parametrize("text", ["", "\n", "[]", "a", "{", "- x", "backends: []", "backends: {}", "backends:", "\t", "a: b: c",
                                  "&a [*a]", "--- {}\n--- {}", "a: &a [x]\n" * 50, "[" * 5000, "backends: [{name: x, url: http://x}]\n" * 2,
                                  "\x00", "\ufeff" + "backends: 7"])
def test_broken_files_never_crash_it(tmp_path, text):
    done = run("check", write(tmp_path, text))
    assert done.returncode == 1, done
    assert "config.yaml" in done.stdout + done.stderr


def test_a_directory_and_an_unreadable_file(tmp_path):
    assert run("check", tmp_path).returncode == 1
    file = write(tmp_path, GOOD)
    if os.geteuid():
        file.chmod(0)
        assert run("check", file).returncode == 1


@pytest.mark.parametrize("mode, warned", [(0o644, True), (0o600, False)])
def test_readable_by_others_is_a_warning(tmp_path, mode, warned):
    """The file holds secrets."""
    file = write(tmp_path, ISSUE)
    file.chmod(mode)
    done = run("check", file)
    assert done.returncode == 0
    assert ("warning" in (done.stdout + done.stderr).lower()) == warned
    assert "your-token" not in done.stdout + done.stderr


def test_readable_by_others_without_secrets_is_fine(tmp_path):
    file = write(tmp_path, GOOD)
    file.chmod(0o644)
    assert "warning" not in (run("check", file).stdout + run("check", file).stderr).lower()


def test_taken_port_is_said(tmp_path, start_router, start_backend):
    router = start_router(start_backend())
    done = run("serve", "--config", write(tmp_path, f"listen: 127.0.0.1:{router.port}\n{GOOD}"), cwd=tmp_path)
    assert done.returncode == 1 and str(router.port) in done.stderr


def test_serves_what_check_accepts(start_router, start_backend):
    backend = start_backend()
    router = start_router(text="""
listen: 127.0.0.1:@PORT@
admin: {listen: "127.0.0.1:@ADMIN@"}
refresh_interval: 5m
workers: 1
limits: {header_bytes: 16KiB, header_fields: 50, body: 1MiB, event: 1MiB, connections: 100, buffered: 64MiB}
timeouts: {connect: 500ms, header: 5s, body_gap: 10, first_token: 1m, idle: 30s, total: 1h, keep_alive: 75, drain: 10s, shutdown_delay: 0}
log: {level: debug, access: stdout, format: json}
backends:
  - name: one
    url: "${BACKEND_URL}"
    headers: {X-Added: "yes", X-Secret: "${SECRET}"}
    auth: {type: header, name: X-Their-Key, value: "${file:/proc/sys/kernel/ostype}"}
""", env={"BACKEND_URL": f"http://127.0.0.1:{backend.port}", "SECRET": "s3cret"})
    assert router.post(wire.CHAT, wire.chat()).status == 200
    assert backend.last.header("x-added") == "yes" and backend.last.header("x-secret") == "s3cret"
    assert backend.last.header("x-their-key") == "Linux"
