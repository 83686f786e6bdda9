"""The API's paths without `/v1`, for clients whose base URL lacks it."""
import pytest

from harness import anthropic_wire, openai_wire as wire
from harness.programs import run_node

VERSIONED = [path for path in wire.ALL if path.startswith("/v1/")]


@pytest.mark.parametrize("path", VERSIONED)
def test_the_backend_gets_the_version(router, backend, path):
    answer = router.post(path.removeprefix("/v1") + "?x=1", wire.request(path))
    assert answer.status == 200 and backend.last.target == path + "?x=1"
    assert router.access(answer.request_id)["path"] == path.removeprefix("/v1")


def test_below_a_path_of_the_backends_own(start_router, start_backend):
    backend = start_backend(path="/api/openai")
    router = start_router(backend)
    assert router.post("/chat/completions", wire.chat()).status == 200
    assert backend.last.target == "/api/openai/chat/completions"


def test_the_sdk(router, backend):
    run = run_node("sdk_client.mjs", f"http://127.0.0.1:{router.port}", "bare", limit=60)
    assert run == {"text": "Hello", "ids": ["m"], "one": "m"}


def test_streams(router, backend):
    answer = router.post("/chat/completions", wire.chat(stream=True))
    assert answer.complete and answer.events[-1].data == "[DONE]"


def test_messages_are_anthropics_all_the_same(router, backend):
    answer = router.post("/messages", b"{")
    assert answer.status == 400 and anthropic_wire.assert_error(answer.json, "invalid_request_error")


def test_models_with_slashes(start_router, start_backend):
    router = start_router(start_backend(["org/m"]))
    for path in ("/models/org/m", "/models/org%2Fm", "/v1/models/org%2Fm"):
        assert router.get(path).json["id"] == "org/m"
    assert router.get("/models").body == router.get("/v1/models").body


def test_methods(router):
    assert router.get("/embeddings").status == 405 and router.post("/models", {}).status == 405


@pytest.mark.parametrize("path", ["/v1/tokenize", "/v1/v1/chat/completions", "/chat/completions/", "/v1", "/models/", "/v1/readyz", "/api/chat"])
def test_no_other_paths(router, path):
    assert router.post(path, wire.chat()).status == 404
