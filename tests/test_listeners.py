"""Where clients come in: several addresses, IPv6, unix sockets, sockets of systemd's."""
import os
import socket
import stat

import pytest

from harness.process import free_port, run
from harness.secure_client import over_unix

ACTIVATED = ("sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh")


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


def answers(host, port):
    try:
        with socket.create_connection((host, port), timeout=10) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n")
            return client.recv(100).startswith(b"HTTP/1.1 200")
    except ConnectionRefusedError:
        return False


def test_several_addresses(start_router, start_backend):
    ports = [free_port(), free_port()]
    router = start_router(start_backend(["m"]), listen=[f"127.0.0.1:{port}" for port in ports], by_admin=True)
    assert all(answers("127.0.0.1", port) for port in ports)
    router.stop()
    assert not any(answers("127.0.0.1", port) for port in ports)


@needs_ipv6
def test_ipv6_takes_ipv4_as_well(start_router, start_backend):
    port = free_port()
    router = start_router(start_backend(["m"]), listen=f"[::]:{port}", by_admin=True)
    assert answers("::1", port) and answers("127.0.0.1", port)
    assert router.request("GET", "/healthz", port=port, headers={"X-Request-Id": "four"}).status == 200
    assert router.access("four")["client"] == "127.0.0.1"


@needs_ipv6
def test_ipv6_leaves_ipv4_to_an_address_of_its_own(start_router, start_backend):
    port = free_port()
    start_router(start_backend(["m"]), listen=[f"[::]:{port}", f"127.0.0.1:{port}"], by_admin=True)
    assert answers("::1", port) and answers("127.0.0.1", port)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "router.sock"


def test_unix_socket(start_router, start_backend, path):
    router = start_router(start_backend(["m"]), listen=[{"address": f"unix:{path}", "mode": "0600"}], by_admin=True)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with over_unix(path) as client:
        assert client.ask("GET", "/v1/models", headers={"X-Request-Id": "here"}).json["data"][0]["id"] == "m"
    assert router.access("here")["client"] == "unix"
    router.stop()
    assert not path.exists(), "the file goes with its router"


def test_unix_socket_of_the_dead_is_replaced(start_router, start_backend, path):
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    start_router(start_backend(["m"]), listen=f"unix:{path}", by_admin=True)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o660
    with over_unix(path) as client:
        assert client.ask("GET", "/healthz").status == 200


@pytest.mark.parametrize("what", ["a living socket", "a file"])
def test_what_is_not_stale_is_left_alone(path, tmp_path, what):
    config = tmp_path / "config.yaml"
    config.write_text(f"listen: unix:{path}\nadmin: {{listen: 127.0.0.1:0}}\nbackends: [{{name: a, url: 'http://127.0.0.1:1'}}]\n")
    with socket.socket(socket.AF_UNIX) as living:
        if what == "a file":
            path.write_text("mine")
        else:
            living.bind(str(path))
            living.listen()
        done = run("serve", "--config", config)
        assert done.returncode == 1 and f"unix:{path}" in done.stderr and path.exists()
        if what == "a file":
            assert path.read_text() == "mine"


def test_socket_file_of_a_successor_stays(start_router, start_backend, path):
    router = start_router(start_backend(["m"]), listen=f"unix:{path}", by_admin=True)
    path.unlink()
    with socket.socket(socket.AF_UNIX) as successor:
        successor.bind(str(path))
        router.stop()
        assert path.exists()


def test_sockets_of_systemd(start_router, start_backend):
    with socket.create_server(("127.0.0.1", 0)) as clients, socket.create_server(("127.0.0.1", 0)) as admins:
        router = start_router(start_backend(["m"]), wrap=ACTIVATED, inherit=[clients, admins],
                              env={"LISTEN_FDS": "2", "LISTEN_FDNAMES": "http:admin"},
                              ask_port=admins.getsockname()[1])
        assert answers(*clients.getsockname()) and not answers("127.0.0.1", router.port)
        assert router.request("GET", "/metrics", port=admins.getsockname()[1]).status == 200


def test_sockets_meant_for_another_process_are_not_taken(start_router, start_backend):
    with socket.create_server(("127.0.0.1", 0)) as theirs:
        router = start_router(start_backend(["m"]), inherit=[theirs], env={"LISTEN_FDS": "1", "LISTEN_PID": "1"})
        assert answers("127.0.0.1", router.port)


def test_what_is_no_listening_socket_stops_the_start(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("listen: 127.0.0.1:0\nadmin: {listen: 127.0.0.1:0}\nbackends: [{name: a, url: 'http://127.0.0.1:1'}]\n")
    done = run("serve", "--config", config, env={"LISTEN_FDS": "1"}, wrap=(*ACTIVATED[:2], 'LISTEN_PID=$$ exec "$@" 3</dev/null', "sh"))
    assert done.returncode == 1 and "descriptor 3 is no listening socket" in done.stderr
