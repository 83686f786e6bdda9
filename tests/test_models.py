"""GET /v1/models and /v1/models/{id}; what an unknown model gets before and after discovery."""
import threading
import urllib.parse

import pytest

from harness import openai_wire as wire
from harness.process import free_port
from harness.wait import until


@pytest.fixture(scope="module")
def two(module_backends, module_routers):
    first = module_backends([{"id": "zeta", "owned_by": "one", "x": 1}, "both", "org/sub/model:7b"])
    second = module_backends([{"id": "alpha"}, "both"], name="second")
    router = module_routers(first, second)
    until(lambda: len(router.model_ids()) == 4, "both lists")
    return router


def test_union_is_sorted_and_each_id_once(two):
    answer = two.get("/v1/models")
    assert answer.header("content-type").startswith("application/json")
    body = answer.json
    assert body["object"] == "list"
    assert [model["id"] for model in body["data"]] == ["alpha", "both", "org/sub/model:7b", "zeta"]
    for model in body["data"]:
        assert model["object"] == "model"
        assert isinstance(model["created"], int)
        assert isinstance(model["owned_by"], str) and model["owned_by"]
    assert body["data"][3]["owned_by"] == "one" and body["data"][3]["x"] == 1


def test_served_from_memory(start_router, start_backend):
    backend = start_backend(["a"])
    router = start_router(backend)
    for _ in range(20):
        assert router.get("/v1/models").status == 200
    assert len(backend.list_requests) == 1


@pytest.mark.parametrize("path", ["org/sub/model:7b", "org%2Fsub%2Fmodel%3A7b", "org%2fsub/model:7b"])
def test_one_model_with_slashes(two, path):
    answer = two.get("/v1/models/" + path)
    assert answer.status == 200 and answer.json["id"] == "org/sub/model:7b"
    assert answer.json["object"] == "model"


def test_one_model_unknown(two):
    answer = two.get("/v1/models/nope%2Fnope")
    assert answer.status == 404
    assert (answer.error["code"], answer.error["param"]) == ("model_not_found", "model")


def test_an_odd_id_by_its_escaped_path(start_router, start_backend):
    name = "é 模型?#%41"
    router = start_router(start_backend([name]))
    assert router.get("/v1/models/" + urllib.parse.quote(name, safe="")).json["id"] == name


@pytest.mark.parametrize("path", wire.ALL)
def test_unknown_model(router, backend, path):
    answer = router.post(path, wire.request(path, "unknown/model"))
    assert answer.status == 404
    error = answer.error
    assert (error["code"], error["param"], error["type"]) == ("model_not_found", "model", "invalid_request_error")
    assert "unknown/model" in error["message"]
    assert answer.header("x-should-retry") == "false"
    assert not backend.requests


def test_models_loading_until_every_backend_has_answered_or_failed(start_router, start_backend):
    release = threading.Event()
    slow = start_backend(["slow"])
    listing = slow.list_script

    def held(exchange):
        exchange.hold(release)
        listing(exchange)

    slow.list_script = held
    router = start_router(start_backend(["fast"]), slow, {"name": "dead", "url": f"http://127.0.0.1:{free_port()}"})
    assert router.post(wire.CHAT, wire.chat("fast")).status == 200
    answer = router.post(wire.CHAT, wire.chat("slow"))
    assert (answer.status, answer.error["code"]) == (503, "models_loading")
    assert int(answer.header("retry-after")) >= 1
    assert answer.header("x-should-retry") != "false"
    assert router.get("/v1/models/slow").status == 503

    release.set()
    until(lambda: router.post(wire.CHAT, wire.chat("slow")).status == 200, "the slow backend's model")
    answer = router.post(wire.CHAT, wire.chat("unknown"))
    assert (answer.status, answer.error["code"]) == (404, "model_not_found")
    assert answer.header("retry-after") is None


def test_not_ready_without_models(start_router):
    router = start_router({"name": "dead", "url": f"http://127.0.0.1:{free_port()}"}, ready=False)
    answer = router.get("/readyz")
    assert answer.status == 503
    assert router.get("/healthz").status == 200
    assert router.get("/v1/models").json == {"object": "list", "data": []}
    until(lambda: router.post(wire.CHAT, wire.chat("x")).status == 404, "the dead backend to have failed once")


def test_model_names_are_compared_byte_by_byte(router, backend):
    for name in ("M", "m ", " m", "m\u200b", "\uff4d"):
        answer = router.post(wire.CHAT, wire.chat(name))
        assert (answer.status, answer.error["code"]) == (404, "model_not_found"), name
    assert not backend.requests
