"""api_keys: who may come in, and what the others are told."""
import pytest

from harness import openai_wire as wire

KEY, OTHER = "sk-first-0123456789-0123456789", "sk-second-0123456789-0123456789"


@pytest.fixture(scope="module")
def keyed(module_backends, module_routers):
    backend = module_backends(["m"])
    return module_routers(backend, api_keys=[KEY, "${OTHER_KEY}"], env={"OTHER_KEY": OTHER}), backend


@pytest.mark.parametrize("headers", [
    {"Authorization": f"Bearer {KEY}"}, {"authorization": f"bearer {OTHER}"}, {"x-api-key": KEY}, {"X-Api-Key": OTHER},
])
@pytest.mark.parametrize("stream", [False, True])
def test_good_keys(keyed, headers, stream):
    router, backend = keyed
    answer = router.post(wire.CHAT, wire.chat(stream=stream), headers=headers)
    assert answer.status == 200
    sent = backend.last
    assert KEY.encode() not in sent.raw_head and OTHER.encode() not in sent.raw_head
    assert router.get("/v1/models", headers=headers).status == 200


BAD = [
    {}, {"Authorization": "Bearer "}, {"Authorization": "Bearer"}, {"Authorization": KEY}, {"Authorization": f"Basic {KEY}"},
    {"Authorization": f"Bearer {KEY}x"}, {"Authorization": f"Bearer {KEY[:-1]}"}, {"Authorization": f"Bearer {KEY[:20]}"},
    {"Authorization": f"Bearer {KEY.upper()}"}, {"Authorization": f"Bearer {KEY} {KEY}"}, {"x-api-key": ""},
    {"x-api-key": "' OR '1'='1"}, {"Authorization": "Bearer " + "k" * 8000}, {"Cookie": f"key={KEY}"}, {"api-key": KEY},
]


@pytest.mark.parametrize("headers", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("stream", [False, True])
def test_bad_keys(keyed, headers, stream):
    router, backend = keyed
    backend.reset()
    answer = router.post(wire.CHAT, wire.chat(stream=stream), headers=headers)
    assert answer.status == 401
    assert answer.error["code"] == "invalid_api_key"
    assert answer.header("x-should-retry") == "false"
    assert KEY not in answer.body.decode() and "k" * 20 not in answer.body.decode()
    assert not backend.requests


def test_one_message_for_all_bad_keys(keyed):
    router, _ = keyed
    bodies = {router.get("/v1/models", headers={"Authorization": f"Bearer {key}"}).body for key in ("a", "sk-" + "b" * 30, KEY[:-1])}
    assert len(bodies) == 1


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/m"])
def test_model_lists_need_a_key(keyed, path):
    router, _ = keyed
    assert router.get(path).status == 401


def test_wrong_key_learns_nothing_of_the_body(keyed):
    router, _ = keyed
    for body in (b"{", b'{"model":"unknown"}', b'{"model":"m"}'):
        assert router.post(wire.CHAT, body).status == 401


def test_probes_need_no_key(keyed):
    router, _ = keyed
    for path in ("/", "/healthz", "/readyz"):
        assert router.get(path).status == 200


def test_two_authorization_headers(keyed):
    router, backend = keyed
    backend.reset()
    answer = router.post(wire.CHAT, wire.chat(), headers=[("Authorization", f"Bearer {KEY}"), ("Authorization", "Bearer x")])
    assert answer.status == 400 and not backend.requests


def test_forward_passes_the_clients_credentials(start_router, start_backend):
    backend = start_backend(auth={"type": "forward"}, models=["m"])
    backend.extra["models"] = ["m"]
    router = start_router(backend)
    sent = {"Authorization": "Bearer of-the-client", "x-api-key": "another"}
    assert router.post(wire.CHAT, wire.chat(), headers=sent).status == 200
    assert backend.last.header("authorization") == "Bearer of-the-client"
    assert backend.last.header("x-api-key") == "another"


@pytest.mark.parametrize("host, keys, warned", [("0.0.0.0", [], True), ("127.0.0.1", [], False), ("0.0.0.0", [KEY], False)])
def test_open_listener_without_keys_warns_loudly(start_router, start_backend, host, keys, warned):
    router = start_router(start_backend(), host=host, **({"api_keys": keys} if keys else {}))
    assert ("api_keys" in router.stderr) == warned, router.stderr
