"""The admin address, metrics, workers, listeners: what an operator sees and sets."""
import re
import socket

import pytest

from harness import openai_wire as wire
from harness.process import CANARY, free_port
from harness.wait import until

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)$')


def samples(router):
    """Parses Prometheus' text format strictly: {(name, labels): value}."""
    answer = router.admin("/metrics")
    assert answer.status == 200 and answer.header("content-type").startswith("text/plain")
    text, found, types = answer.body.decode(), {}, {}
    assert text.endswith("\n") and CANARY not in text
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types and kind in ("counter", "gauge", "histogram"), line
            types[name] = kind
        elif not line.startswith("# HELP "):
            match = SAMPLE.match(line)
            assert match, f"not the text format: {line!r}"
            name = match[1]
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            assert name in types or types.get(base) == "histogram", f"no TYPE before {line!r}"
            labels = tuple(sorted(re.findall(r'([a-zA-Z_0-9]+)="((?:[^"\\]|\\.)*)"', match[2] or "")))
            assert (name, labels) not in found, f"twice: {line}"
            found[name, labels] = float(match[3])
    for (name, labels), value in found.items():
        if name.endswith("_bucket"):
            check_bucket(found, name, labels)
        if types.get(name) == "counter":
            assert value >= 0
    return found


def check_bucket(found, name, labels):
    """Cumulative, and +Inf is the count."""
    if dict(labels)["le"] != "+Inf":
        return
    rest = tuple(label for label in labels if label[0] != "le")
    buckets = sorted((float(dict(ls)["le"].replace("+Inf", "inf")), value) for (n, ls), value in found.items()
                     if n == name and tuple(label for label in ls if label[0] != "le") == rest)
    values = [value for _, value in buckets]
    assert values == sorted(values)
    assert values[-1] == found[name.replace("_bucket", "_count"), rest]


def total(found, name, **labels):
    return sum(value for (n, ls), value in found.items() if n == name and labels.items() <= dict(ls).items())


def test_metrics_count(start_router, start_backend):
    backend = start_backend(name="b1")
    router = start_router(backend)
    for stream in (False, True, True):
        assert router.post(wire.CHAT, wire.chat(stream=stream)).status == 200
    backend.script = lambda exchange: exchange.answer(b"{", 200)
    assert router.post(wire.CHAT, wire.chat()).status == 502
    router.post(wire.CHAT, wire.chat("unknown"))
    router.post(wire.CHAT, b"{")

    def counted():
        found = samples(router)
        return found if total(found, "llm_router_requests_total", model="m", backend="b1") == 4 else None

    found = until(counted, "the requests to be counted")
    assert total(found, "llm_router_requests_total", model="m", backend="b1", status="200") == 3
    assert total(found, "llm_router_requests_total", model="m", backend="b1", status="502") == 1
    assert total(found, "llm_router_request_duration_seconds_count") >= 4
    assert total(found, "llm_router_time_to_first_token_seconds_count", model="m", backend="b1") == 2
    assert total(found, "llm_router_requests_in_flight") == 0
    assert 0 <= total(found, "llm_router_discovery_age_seconds", backend="b1") < 60
    assert not any("unknown" in dict(labels).get("model", "") for _, labels in found), "clients must not make series"


def test_in_flight(router, backend):
    backend.script = lambda exchange: exchange.stall()
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat())
        until(lambda: backend.active, "the request")
        assert total(samples(router), "llm_router_requests_in_flight", model="m") == 1
        assert router.endpoints()[backend.name]["in_flight"] == 1
    until(lambda: total(samples(router), "llm_router_requests_in_flight") == 0, "the count to go down", limit=5)
    until(lambda: router.endpoints()[backend.name]["in_flight"] == 0, "the count to go down", limit=5)


def test_labels_are_escaped(start_router, start_backend):
    name = 'quo"te\\back'
    router = start_router(start_backend([name]))
    assert router.post(wire.CHAT, wire.chat(name)).status == 200
    until(lambda: total(samples(router), "llm_router_requests_total") >= 1, "the count")


def test_endpoints(start_router, start_backend):
    good = start_backend(["b", "a"], name="good")
    router = start_router(good, {"name": "dead", "url": f"http://127.0.0.1:{free_port()}",
                                 "auth": {"type": "bearer", "token": CANARY}})

    def failed():
        rows = router.endpoints()
        return rows if rows["dead"]["last_error"] else None

    rows = until(failed, "the dead backend to have failed")
    assert sorted(rows["good"]["models"]) == ["a", "b"]
    assert rows["good"]["state"] != rows["dead"]["state"]
    assert rows["good"]["last_refresh"] and not rows["good"]["last_error"]
    assert rows["good"]["in_flight"] == 0
    assert rows["dead"]["models"] == []
    assert CANARY not in router.admin("/router/endpoints").body.decode()


def test_admin_probes(router):
    assert router.admin("/healthz").status == 200 and router.admin("/readyz").status == 200
    assert router.admin("/nonsense").status == 404
    assert router.request("POST", "/metrics", b"{}", port=router.admin_port).status == 405


def test_admin_serves_no_models(router):
    assert router.request("POST", wire.CHAT, wire.chat(), port=router.admin_port).status in (404, 405)


def test_taken_default_admin_port_is_a_warning(start_backend, start_router):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 9901))
            taken.listen()
        except OSError:
            pass                # somebody else's: as good
        backend = start_backend()
        router = start_router(text='{"listen": "127.0.0.1:@PORT@", "backends": [{"name": "b", "url": "http://127.0.0.1:%d"}]}' % backend.port)
        assert router.post(wire.CHAT, wire.chat()).status == 200
        assert "9901" in router.stderr


def test_taken_named_admin_port_is_an_error(start_backend, tmp_path):
    from harness.process import run
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        file = tmp_path / "config.yaml"
        file.write_text('{"listen": "127.0.0.1:%d", "admin": {"listen": "127.0.0.1:%d"}, "backends": [{"name": "b", "url": "http://x"}]}'
                        % (free_port(), taken.getsockname()[1]))
        file.chmod(0o600)
        done = run("serve", "--config", file)
        assert done.returncode == 1 and str(taken.getsockname()[1]) in done.stderr


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_workers(start_router, start_backend, workers):
    router = start_router(start_backend(), workers=workers)
    for stream in (False, True) * 5:
        assert router.post(wire.CHAT, wire.chat(stream=stream)).status == 200


@pytest.mark.parametrize("variable", ["LLM_ROUTER_LOG", "RUST_LOG"])
def test_log_level_by_environment(start_router, start_backend, variable):
    quiet = start_router(start_backend(), env={variable: "off"})
    loud = start_router(start_backend(), env={variable: "debug"})
    until(lambda: loud.stderr, "a line of the log")
    assert quiet.stderr == ""


def test_log_is_json(start_router, start_backend):
    import json
    router = start_router(start_backend(), log={"format": "json"})
    for line in router.stderr.splitlines():
        assert json.loads(line)


def test_no_core_dumps(router):
    """A core would hold secrets. AddressSanitizer's own way of turning them off is a limit of 1."""
    row = next(line for line in open(f"/proc/{router.process.pid}/limits") if line.startswith("Max core file size"))
    assert int(row.split()[4]) <= 1
