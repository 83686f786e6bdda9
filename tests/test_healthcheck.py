"""llm-router healthcheck: what a container without curl asks, by its configuration or an address."""
import socket
import threading

import pytest

from harness.process import free_port, run


def config(folder, listen):
    file = folder / "config.yaml"
    file.write_text(f"listen: '{listen}'\nbackends: [{{name: one, url: 'http://127.0.0.1:1', models: [m]}}]\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def answering():
    """Serves one answer on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def start(data):
            def serve():
                connected, _ = listener.accept()
                with connected:
                    assert connected.recv(65536).startswith(b"GET /healthz HTTP/1.1\r\n")
                    connected.sendall(data)
                    connected.recv(65536)
            threading.Thread(target=serve, daemon=True).start()
            return listener.getsockname()[1]
        yield start


def test_a_router_that_serves(router, tmp_path):
    assert run("healthcheck", f"127.0.0.1:{router.port}").returncode == 0
    # A router that listens everywhere is asked over loopback.
    for listen in (f"127.0.0.1:{router.port}", f"0.0.0.0:{router.port}"):
        done = run("healthcheck", "--config", config(tmp_path, listen))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("first", ["unix:/run/absent.sock", "{address: '127.0.0.1:1', tls: {certificate: c, key: k}}"])
@pytest.mark.parametrize("others", ["clients", "operators"])
def test_addresses_that_take_no_plain_http_are_not_asked(router, tmp_path, first, others):
    """The next one is; if there is none, that of operators."""
    file = tmp_path / "config.yaml"
    more = f", '127.0.0.1:{router.port}'" if others == "clients" else ""
    admin = router.admin_port if others == "operators" else free_port()
    file.write_text(f"listen: [{first}{more}]\nadmin: {{listen: '127.0.0.1:{admin}'}}\n"
                    "backends: [{name: one, url: 'http://127.0.0.1:1', models: [m]}]\n")
    file.chmod(0o600)
    done = run("healthcheck", "--config", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nobody_there(tmp_path):
    done = run("healthcheck", "--config", config(tmp_path, f"127.0.0.1:{free_port()}"))
    assert done.returncode == 1 and "nothing listens" in done.stderr


def test_an_answer_that_is_not_good(answering):
    port = answering(b"HTTP/1.1 503 Nothing\r\nContent-Length: 0\r\n\r\n")
    done = run("healthcheck", f"127.0.0.1:{port}")
    assert done.returncode == 1 and "503" in done.stderr


def test_no_answer_at_all(answering):
    done = run("healthcheck", f"127.0.0.1:{answering(b'')}")
    assert done.returncode == 1 and "no answer" in done.stderr


def test_a_configuration_that_is_wrong(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("listen: [")
    done = run("healthcheck", "--config", file)
    assert done.returncode == 1 and "config.yaml:1" in done.stderr


def test_no_address():
    assert run("healthcheck", "nowhere:x").returncode not in (0, 1)
