"""What a backend is: recognised by its own words, never asked of a public address, harmless when it lies."""
import json
import threading
import time

import pytest

from harness import openai_wire as wire
from harness.backend import unknown_path
from harness.wait import holds, until

VLLM = {"id": "Qwen/Qwen3-8B", "object": "model", "created": 1, "owned_by": "vllm", "root": "Qwen/Qwen3-8B",
        "parent": None, "max_model_len": 40960, "permission": []}
LLAMA_CPP = {"id": "/models/m.gguf", "object": "model", "created": 1, "owned_by": "llamacpp",
             "meta": {"vocab_type": 2, "n_vocab": 32000, "n_ctx_train": 131072, "n_embd": 4096}}

# What each program's list and paths look like, what it is taken for, and what is shown of its models.
KINDS = {
    "vllm": ([VLLM], {"/version": {"version": "0.11.0"}, "/is_sleeping": {"is_sleeping": True}}, "0.11.0",
             [{"id": "Qwen/Qwen3-8B", "context_length": 40960, "state": "sleeping"}]),
    "sglang": ([{"id": "m", "owned_by": "sglang", "max_model_len": 8192}],
               {"/server_info": {"model_path": "/m", "version": "0.5.4", "internal_states": [{}]}}, "0.5.4",
               [{"id": "m", "context_length": 8192}]),
    "llama.cpp": ([LLAMA_CPP],
                  {"/": "<!doctype html><title>llama.cpp</title>",
                   "/props": {"default_generation_settings": {"n_ctx": 8192}, "total_slots": 4, "is_sleeping": False,
                              "build_info": "b8681-abc"}}, "b8681-abc",
                  [{"id": "/models/m.gguf", "context_length": 8192, "max_context_length": 131072, "state": "loaded"}]),
    "llama.cpp-router": ([{"id": "a", "owned_by": "llamacpp", "status": {"value": "loaded"}},
                          {"id": "b", "owned_by": "llamacpp", "status": {"value": "unloaded"}}], {}, None,
                         [{"id": "a", "state": "loaded"}, {"id": "b", "state": "unloaded"}]),
    "ollama": ([{"id": "llama3:latest", "owned_by": "library"}, {"id": "qwen3:8b", "owned_by": "library"}],
               {"/": "Ollama is running", "/api/version": {"version": "0.12.6"},
                "/api/ps": {"models": [{"name": "llama3:latest", "context_length": 4096, "size_vram": 1}]}}, "0.12.6",
               [{"id": "llama3:latest", "context_length": 4096, "state": "loaded"}, {"id": "qwen3:8b", "state": "unloaded"}]),
    "lm-studio": ([{"id": "a", "owned_by": "organization_owner"}],
                  {"/": {"error": "Unexpected endpoint or method. (GET /)"},
                   "/api/v0/models": {"object": "list", "data": [{"id": "a", "type": "llm", "state": "not-loaded",
                                                                  "max_context_length": 32768}]}}, None,
                  [{"id": "a", "max_context_length": 32768, "state": "unloaded"}]),
    "tgi": ([{"id": "org/m", "created": 0, "owned_by": "org/m"}],
            {"/info": {"model_id": "org/m", "max_total_tokens": 4096, "router": "text-generation-router",
                       "version": "3.3.4"}}, "3.3.4", [{"id": "org/m", "context_length": 4096}]),
    "tensorrt-llm": ([{"id": "m", "owned_by": "tensorrt_llm"}], {"/version": {"version": "1.2.0"}}, "1.2.0", []),
    "llm-router": ([VLLM], {"/": {"name": "llm-router", "version": "0.1.0"}}, "0.1.0",
                   [{"id": "Qwen/Qwen3-8B", "context_length": 40960}]),
    "openai": ([{"id": "m", "owned_by": "me"}], {}, None, []),
}


def pretend(paths):
    def answer(exchange):
        said = paths.get(exchange.request.target)
        if said is None:
            unknown_path(exchange)
        elif isinstance(said, str):
            exchange.answer(said, content_type="text/plain")
        else:
            exchange.json(said)
    return answer


def known(router, backend, limit=20.0):
    return until(lambda: (row := router.endpoints()[backend.name])["kind"] and row, "the kind to be known", limit)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_recognised(start_router, start_backend, kind):
    models, paths, version, details = KINDS[kind]
    backend = start_backend(models, kind=None)
    backend.probe_script = pretend(paths)
    router = start_router(backend)
    row = known(router, backend)
    assert (row["kind"], row["version"], row["model_details"]) == (kind, version, details)
    for probe in backend.probes:
        assert probe.header("authorization"), "a probe without the backend's credentials"
    assert len(backend.probes) <= 3
    # The list shows the backend's own fields and nothing else.
    for ours, theirs in zip(router.get("/v1/models").json["data"], models, strict=True):
        assert {**ours, **theirs} == ours and set(ours) <= {*theirs, "object", "created", "owned_by"}


@pytest.mark.parametrize("path", ["/gpu", "/gpu/v1"])
def test_probes_stand_beside_the_version(start_router, start_backend, path):
    backend = start_backend(kind=None, path=path)
    router = start_router(backend)
    assert known(router, backend)["kind"] == "openai"
    assert [probe.target for probe in backend.probes] == ["/gpu/", "/gpu/api/v0/models", "/gpu/info"]


def test_a_kind_that_is_set_is_not_asked_for(start_router, start_backend):
    silent, ollama = start_backend(), start_backend(["llama3:latest"], kind="ollama")
    router = start_router(silent, ollama, refresh_interval=0.1)
    until(lambda: len(silent.list_requests) >= 4 and len(ollama.list_requests) >= 4, "some refreshes")
    assert not silent.requests and not silent.probes
    assert {probe.target for probe in ollama.probes} == {"/api/version", "/api/ps"}
    assert router.endpoints()[silent.name]["kind"] == "openai"


def test_recognition_is_repeated_when_it_is_back_and_not_before(start_router, start_backend):
    backend = start_backend([VLLM], kind=None)
    backend.probe_script = pretend({"/version": {"version": "1"}})
    router = start_router(backend, refresh_interval=0.1)
    known(router, backend)
    until(lambda: len(backend.list_requests) >= 5, "some refreshes")
    assert len(backend.probes) == 3
    backend.probe_script = pretend({"/version": {"version": "2"}})
    backend.list_script = lambda exchange: exchange.json({}, 503)
    until(lambda: router.endpoints()[backend.name]["last_error"], "the failure to be noticed")
    backend.list_script = backend.list_models
    until(lambda: router.endpoints()[backend.name]["version"] == "2", "the backend to be asked again")
    assert len(backend.probes) == 6


def test_ollamas_latest_is_found_by_its_short_name(start_router, start_backend):
    models, paths, _, _ = KINDS["ollama"]
    backend, other = start_backend(models, kind=None), start_backend(["qwen3", "phi:latest"])
    backend.probe_script = pretend(paths)
    router = start_router(backend, other)
    known(router, backend)
    until(lambda: len(router.model_ids()) == 4 and router.get("/v1/models/llama3").status == 200, "both lists")
    body = b'{ "model" : "llama3","messages":[{"role":"user","content":"hi"}] }'
    assert router.post(wire.CHAT, body).status == 200
    assert backend.last.body == body, "the client's bytes travel unchanged"
    listed = router.get("/v1/models/llama3")
    assert listed.status == 200 and listed.json["id"] == "llama3" and listed.json["owned_by"] == "library"
    assert router.model_ids() == ["llama3:latest", "phi:latest", "qwen3", "qwen3:8b"]
    assert router.post(wire.CHAT, wire.chat("phi")).status == 404, "no Ollama, no short names"
    assert router.post(wire.CHAT, wire.chat("qwen3")).status == 200 and len(other.requests) == 1


def test_a_short_name_is_not_denied_before_the_kind_is_known(start_router, start_backend):
    models, paths, _, _ = KINDS["ollama"]
    release = threading.Event()
    backend = start_backend(models, kind=None)

    def held(exchange):
        exchange.hold(release)
        pretend(paths)(exchange)

    backend.probe_script = held
    router = start_router(backend)
    assert router.post(wire.CHAT, wire.chat("llama3:latest")).status == 200
    answer = router.post(wire.CHAT, wire.chat("llama3"))
    assert (answer.status, answer.error["code"]) == (503, "models_loading")
    release.set()
    until(lambda: router.post(wire.CHAT, wire.chat("llama3")).status == 200, "the short name")
    assert router.post(wire.CHAT, wire.chat("llama4")).status == 404


@pytest.mark.parametrize("auth, expected", [
    ({"type": "bearer", "token": "sk-ant-api03-canary"}, ("x-api-key", "sk-ant-api03-canary")),
    ({"type": "header", "name": "X-API-Key", "value": "sk-ant-canary"}, ("x-api-key", "sk-ant-canary")),
    ({"type": "bearer", "token": "sk-ant-oat01-canary"}, ("authorization", "Bearer sk-ant-oat01-canary")),
])
def test_anthropics_list_is_asked_for_as_it_wants(start_router, start_backend, auth, expected):
    entry = {"type": "model", "id": "claude-x", "display_name": "X", "created_at": "2026-02-19T00:00:00Z"}
    backend = start_backend(lambda request: {"data": [entry], "has_more": False, "first_id": "claude-x",
                                             "last_id": "claude-x"}, kind="anthropic", auth=auth)
    router = start_router(backend)
    assert router.model_ids() == ["claude-x"]
    asked = backend.list_requests[0]
    assert asked.header("anthropic-version") == "2023-06-01"
    assert asked.header(expected[0]) == expected[1]
    assert asked.has("authorization") == (expected[0] == "authorization")
    assert not backend.probes


def endless(exchange):
    exchange.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        exchange.send(b"10000\r\n" + b" " * 65536 + b"\r\n")


def dripping(exchange):
    exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        exchange.send(" ")
        exchange.wait(0.2)


HOSTILE = {
    "junk": lambda exchange: exchange.answer(b"\xff\xfe" * 1000),
    "deep": lambda exchange: exchange.answer(b"[" * 500_000),
    "no http": lambda exchange: exchange.send("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "redirect": lambda exchange: exchange.answer(b"", 302, headers=[("Location", "http://127.0.0.1:1/")]),
    "reset": lambda exchange: exchange.rst(),
    "cut": lambda exchange: (exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"), exchange.fin()),
    "silent": lambda exchange: exchange.stall(),
    "endless": endless,
    "dripping": dripping,
    "control characters": lambda exchange: exchange.json({"version": "a\nb\x1b[31m", "model_id": "x" * 10_000}),
}


@pytest.mark.parametrize("answer", HOSTILE)
def test_hostile_answers_to_probes_are_harmless(start_router, start_backend, answer):
    backend = start_backend([VLLM], kind=None)
    backend.probe_script = HOSTILE[answer]
    began = time.monotonic()
    router = start_router(backend, refresh_interval=0.5)
    # Calls are served while the questions are open.
    assert router.post(wire.CHAT, wire.chat(VLLM["id"])).status == 200
    assert time.monotonic() - began < 5
    row = known(router, backend)
    assert (row["kind"], row["version"], row["state"]) == ("vllm", None, "up")
    assert row["model_details"] == [{"id": VLLM["id"], "context_length": 40960}]
    holds(lambda: router.model_ids() == [VLLM["id"]], "a probe's answer hurt the list",
          while_=lambda: len(backend.list_requests) < 4)
    assert router.rss() < 600 << 20


def test_a_probes_time_is_short(start_router, start_backend):
    backend = start_backend(kind=None)
    backend.probe_script = HOSTILE["dripping"]
    router = start_router(backend)
    row = known(router, backend, limit=15)
    assert row["kind"] == "openai"
    for probe in backend.probes:
        assert until(lambda each=probe: each.closed, "the router to leave") - probe.arrived < 3.5
    assert json.dumps(row)
