"""Discovery: how backends' model lists become the routing table, and what never breaks it."""
import base64
import json
import threading
import time

import pytest

from harness import openai_wire as wire
from harness.backend import ScriptedBackend, good
from harness.process import CANARY, free_port
from harness.wait import holds, until


def fails_with(status=None, body=b"", head=None, end="fin"):
    def script(exchange):
        if head is not None:
            exchange.send(head)
        elif status:
            exchange.answer(body, status)
        getattr(exchange, end)()
    return script


def test_asks_at_once_and_routes(start_router, start_backend):
    backend = start_backend(["a", "b"])
    router = start_router(backend)
    assert router.model_ids() == ["a", "b"]
    assert router.post(wire.CHAT, wire.chat("b")).status == 200
    assert backend.last.json["model"] == "b"
    assert len(backend.list_requests) == 1


@pytest.mark.parametrize("auth, name, value", [
    ({"type": "bearer", "token": CANARY}, "authorization", f"Bearer {CANARY}"),
    ({"type": "basic", "username": "user", "password": CANARY}, "authorization",
     "Basic " + base64.b64encode(f"user:{CANARY}".encode()).decode()),
    ({"type": "header", "name": "X-API-Key", "value": CANARY}, "x-api-key", CANARY),
    (None, None, None),
])
def test_sends_the_backends_own_auth(start_router, start_backend, auth, name, value):
    backend = start_backend(auth=auth)
    router = start_router(backend)
    router.post(wire.CHAT, wire.chat(), headers={"Authorization": "Bearer of-the-client"})
    for request in (backend.list_requests[0], backend.last):
        if name:
            assert request.header(name) == value
        else:
            assert not request.has("authorization") and not request.has("x-api-key")
        assert request.header("host") == f"127.0.0.1:{backend.port}"


def test_asks_all_in_parallel(start_router, start_backend):
    silent = [start_backend(["never"]) for _ in range(3)]
    for backend in silent:
        backend.list_script = lambda exchange: exchange.stall()
    backends = [*silent, {"name": "dead", "url": f"http://127.0.0.1:{free_port()}"}, start_backend(["good"])]
    router = start_router(*backends)        # waits for /readyz
    assert router.model_ids() == ["good"]
    assert router.post(wire.CHAT, wire.chat("good")).status == 200
    for backend in silent:
        until(lambda: backend.list_requests, "a silent backend to be asked", limit=5)


def test_refreshes_every_interval_and_adds_at_once(start_router, start_backend):
    backend = start_backend(["a"])
    router = start_router(backend, refresh_interval=0.3)
    until(lambda: len(backend.list_requests) >= 3, "three refreshes", limit=10)
    backend.models = ["a", "b"]
    until(lambda: router.model_ids() == ["a", "b"], "the new model", limit=10)


def test_backend_that_comes_late_joins(start_router, start_backend):
    late = ScriptedBackend(["late"], name="late", listen=False, port=free_port())
    router = start_router(start_backend(["early"]), late, refresh_interval=300)
    assert router.model_ids() == ["early"]
    late.listen()
    try:
        until(lambda: "late" in router.model_ids(), "the late backend's model", limit=31)
        assert router.post(wire.CHAT, wire.chat("late")).status == 200
    finally:
        late.stop()


FAILURES = {
    "500": fails_with(500, b'{"object":"list","data":[]}'),
    "404": fails_with(404, b'{"detail":"Not Found"}'),
    "401": fails_with(401, b"{}"),
    "204": fails_with(head=b"HTTP/1.1 204 No Content\r\n\r\n"),
    "301": fails_with(head=b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/v1/models\r\nContent-Length: 0\r\n\r\n"),
    "html": fails_with(200, b"<html>login</html>"),
    "no json": fails_with(200, b'{"object":"list","data":[{"id":"a"}'),
    "no list": fails_with(200, b'{"object":"list"}'),
    "a number": fails_with(200, b"17"),
    "empty": fails_with(200, b""),
    "reset": fails_with(end="rst"),
    "closed": fails_with(),
    "cut": fails_with(head=b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b'{"data":['),
    "cut chunked": fails_with(head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n" + b'{"data":[]}\n\r\n'),
    "no http": fails_with(head=b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_failed_refresh_removes_nothing(start_router, start_backend, kind):
    backend = start_backend(["a", "b", "c"])
    router = start_router(backend, refresh_interval=0.2)
    backend.list_script = FAILURES[kind]
    seen = len(backend.list_requests)
    holds(lambda: router.model_ids() == ["a", "b", "c"], "a failed refresh removed a model",
          while_=lambda: len(backend.list_requests) < seen + 3)
    assert router.post(wire.CHAT, wire.chat("b")).status == 200
    assert router.endpoints()[backend.name]["last_error"]


def test_silent_refresh_removes_nothing(start_router, start_backend):
    backend = start_backend(["a"])
    router = start_router(backend, refresh_interval=0.2)
    backend.list_script = lambda exchange: exchange.stall()
    seen = len(backend.list_requests)
    until(lambda: len(backend.list_requests) > seen, "the refresh that gets no answer")
    assert router.model_ids() == ["a"]
    assert router.post(wire.CHAT, wire.chat("a")).status == 200


def test_an_omitted_model_goes_when_a_second_list_agrees(start_router, start_backend):
    backend = start_backend(["a", "b", "c"])
    router = start_router(backend, refresh_interval=2)
    backend.models = ["a", "b"]
    until(lambda: router.model_ids() == ["a", "b"], "the model to go", limit=15)
    lists = backend.list_requests
    assert len(lists) >= 3, "one list was enough"
    gap = lists[2].arrived - lists[1].arrived
    assert 0.9 <= gap <= 1.8, f"the second list was asked after {gap:.2f} s"
    answer = router.post(wire.CHAT, wire.chat("c"))
    assert (answer.status, answer.error["code"]) == (404, "model_not_found")


def test_an_omission_that_the_second_list_denies_removes_nothing(start_router, start_backend):
    served = []

    def lists(_request):
        served.append(1)
        return ["a", "b"] if len(served) == 2 else ["a", "b", "c"]

    backend = start_backend(lists)
    router = start_router(backend, refresh_interval=1.5)
    holds(lambda: router.model_ids() == ["a", "b", "c"], "one omission removed a model",
          while_=lambda: len(served) < 5)


@pytest.mark.parametrize("rest", [["a"], []])
def test_more_than_half_vanishing_is_suspect(start_router, start_backend, rest):
    everything = ["a", "b", "c", "d"]
    backend = start_backend(everything)
    router = start_router(backend, refresh_interval=3)
    backend.models = rest
    until(lambda: len(backend.list_requests) >= 2, "the suspect list")
    suspected = backend.list_requests[1].arrived
    holds(lambda: router.model_ids() == everything, "a suspect list was believed at once",
          while_=lambda: time.monotonic() < suspected + 2)
    assert "vanished" in router.stderr, "a suspect list must be logged"
    until(lambda: router.model_ids() == rest, "the list of the next interval to be believed", limit=15)
    assert time.monotonic() - suspected > 2.4


@pytest.mark.parametrize("body, ids", [
    ({"data": [{"id": "a"}]}, ["a"]),
    ({"object": "list", "data": [{"id": "a", "created": "yesterday"}, {"object": "model", "id": "b"}]}, ["a", "b"]),
    ({"object": "list", "data": [{"id": "a"}, {"id": 7}, {}, {"id": ""}, {"id": "b"}], "extra": {"data": 1}}, ["a", "b"]),
    ({"data": [{"id": "org/model:tag@1"}, {"id": "org/model:tag@1"}]}, ["org/model:tag@1"]),
])
def test_reads_lists_leniently(start_router, start_backend, body, ids):
    router = start_router(start_backend(lambda _request: body))
    listed = router.get("/v1/models").json["data"]
    assert [model["id"] for model in listed] == ids
    for model in listed:
        assert model["object"] == "model" and isinstance(model["created"], int) and isinstance(model["owned_by"], str)


def test_reads_a_bare_array_and_keeps_all_fields(start_router, start_backend):
    entry = {"id": "a", "created": 123, "owned_by": "them", "max_model_len": 4096, "deep": {"x": [1.50, None, "é"]}}
    backend = start_backend()
    backend.list_script = lambda exchange: exchange.answer(json.dumps([entry, {"id": "b"}]))
    router = start_router(backend)
    first, second = router.get("/v1/models").json["data"]
    assert first == {**entry, "object": "model"}
    assert second["id"] == "b" and second["object"] == "model"


def test_follows_pages(start_router, start_backend):
    ids = [f"model-{number:03}" for number in range(250)]

    def page(request):
        after = next((part[6:] for part in request.target.partition("?")[2].split("&") if part.startswith("after=")), None)
        begin = ids.index(after) + 1 if after else 0
        part = ids[begin:begin + 100]
        return {"object": "list", "data": [{"id": each} for each in part], "has_more": begin + 100 < len(ids),
                "first_id": part[0], "last_id": part[-1]}

    backend = start_backend(page)
    assert start_router(backend).model_ids() == ids
    assert len(backend.list_requests) == 3


def test_pages_without_end_are_survived(start_router, start_backend):
    backend = start_backend(lambda _request: {"data": [{"id": "a"}], "has_more": True, "last_id": "a"})
    router = start_router(start_backend(["other"]), backend, refresh_interval=300)
    until(lambda: len(backend.list_requests) >= 2, "a second page")
    seen = len(backend.list_requests)
    assert router.post(wire.CHAT, wire.chat("other")).status == 200
    assert seen < 1000


def test_a_404_for_a_model_asks_that_backend_again_at_once(start_router, start_backend):
    backend = start_backend(["a", "b", "c"])
    router = start_router(backend, refresh_interval=300)
    error = {"error": {"message": "no such model", "type": "invalid_request_error", "param": "model", "code": "model_not_found"}}
    backend.models = ["a", "b"]
    backend.script = lambda exchange: exchange.json(error, 404)
    answer = router.post(wire.CHAT, wire.chat("c"))
    assert answer.status == 404 and answer.json == error
    until(lambda: len(backend.list_requests) >= 2, "the backend to be asked again", limit=3)
    until(lambda: router.model_ids() == ["a", "b"], "the model to go", limit=10)


def test_least_in_flight_then_in_turn(start_router, start_backend):
    one, two = start_backend(["m"]), start_backend(["m"])
    router = start_router(one, two, workers=1)
    until(lambda: {row["state"] for row in router.endpoints().values()} == {"up"}, "both lists")
    for _ in range(6):
        assert router.post(wire.CHAT, wire.chat()).status == 200
    assert (len(one.requests), len(two.requests)) == (3, 3)

    release = threading.Event()
    held = [one, two]

    def hold(exchange):
        exchange.hold(release)
        good(exchange)

    until(lambda: not one.active and not two.active, "the last answers to have gone out")
    one.script = two.script = hold
    with router.connect() as client:
        client.request("POST", wire.CHAT, wire.chat())
        busy = until(lambda: next((b for b in held if b.active), None), "the held request")
        idle = two if busy is one else one
        idle.script = good
        before = len(busy.requests)
        for _ in range(4):
            assert router.post(wire.CHAT, wire.chat()).status == 200
        assert len(busy.requests) == before, "the busy backend was preferred"
        release.set()
        assert client.response().status == 200


def test_fixed_models_are_not_asked_for(start_router, start_backend):
    backend = start_backend(["not-asked"])
    backend.extra["models"] = ["fixed/a", "fixed-b"]
    router = start_router(backend)
    assert router.model_ids() == ["fixed-b", "fixed/a"]
    assert router.post(wire.CHAT, wire.chat("fixed/a")).status == 200
    assert not backend.list_requests


def test_ten_thousand_models(start_router, start_backend):
    ids = sorted(f"m{number:05}" for number in range(10_000))
    router = start_router(start_backend(ids))
    assert router.model_ids() == ids
    assert router.post(wire.CHAT, wire.chat("m09999")).status == 200


def test_strange_ids_stay_data(start_router, start_backend):
    ids = ['"><img src=x onerror=1>', "a b", "x" * 256, "é模型", "{}", "../../etc"]
    router = start_router(start_backend([*ids, "y" * 10_000, "new\nline"]))
    assert set(ids) <= set(router.model_ids())
    assert "new\nline" not in router.model_ids()
    assert router.post(wire.CHAT, wire.chat(ids[0])).status == 200
