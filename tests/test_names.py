"""Models under other names: `rename:` and `BACKEND/MODEL`, the body's other bytes untouched."""
from harness import openai_wire as wire
from harness.wait import until

BODY = '{ "n":1.50e0, "model" : "%s" ,\r\n"messages":[{"role":"user","content":"model: \\ud83d\\ude00 é"}],"x":{"model":"new"} }'


def listed(router, *ids):
    until(lambda: router.model_ids() == sorted(ids), f"the list {ids}")


def test_renamed_models_are_asked_for_by_their_own_ids(start_router, start_backend):
    one = start_backend([{"id": '/m/"q".gguf', "x": 1}, "same"], rename={'/m/"q".gguf': "new"})
    two = start_backend(["new"], name="two")
    router = start_router(one, two, workers=1)
    listed(router, "new", "same")
    until(lambda: {row["state"] for row in router.endpoints().values()} == {"up"}, "both lists")
    for _ in range(4):
        assert router.post(wire.CHAT, (BODY % "new").encode()).status == 200
    assert [each.body.decode() for each in one.requests] == [BODY % '/m/\\"q\\".gguf'] * 2
    assert [each.body.decode() for each in two.requests] == [BODY % "new"] * 2
    assert int(one.last.header("content-length")) == len(one.last.body)
    assert router.endpoints()[one.name]["models"] == ["new", "same"]
    assert router.get("/v1/models/new").json["x"] == 1
    answer = router.post(wire.CHAT, wire.chat('/m/"q".gguf'))
    assert (answer.status, answer.error["code"]) == (404, "model_not_found")


def test_a_streams_model_is_renamed_and_its_answer_is_not(start_router, start_backend):
    backend = start_backend(["own"], rename={"own": "new"})
    router = start_router(backend)
    answer = router.post(wire.CHAT, wire.chat("new", stream=True))
    assert answer.status == 200 and backend.last.json["model"] == "own"
    assert b'"own"' in answer.body and b'"new"' not in answer.body


def test_a_backends_model_is_addressed(start_router, start_backend):
    one, two = start_backend(["m"], name="one"), start_backend(["m", "own"], name="two", rename={"own": "new"})
    router = start_router(one, two)
    listed(router, "m", "new")
    until(lambda: {row["state"] for row in router.endpoints().values()} == {"up"}, "both lists")
    for _ in range(3):
        assert router.post(wire.CHAT, (BODY % "two/m").encode()).status == 200
    assert [each.body.decode() for each in two.requests] == [BODY % "m"] * 3 and not one.requests
    assert router.post(wire.CHAT, wire.chat("two/new")).status == 200 and two.last.json["model"] == "own"
    for unknown in ("two/own", "one/new", "three/m", "one/"):
        assert router.post(wire.CHAT, wire.chat(unknown)).status == 404, unknown
    assert router.get("/v1/models/two/m").json["id"] == "two/m"
    assert 'llm_router_requests_total{model="two/m",backend="two",status="200"} 3' in router.admin("/metrics").body.decode()


def test_a_real_id_wins_over_an_address(start_router, start_backend):
    one, two = start_backend(["m", "two/m"], name="one"), start_backend(["m"], name="two")
    router = start_router(one, two)
    listed(router, "m", "two/m")
    body = (BODY % "two/m").encode()
    assert router.post(wire.CHAT, body).status == 200
    assert one.last.body == body and not two.requests


def test_the_next_backend_is_asked_in_its_own_words(start_router, start_backend):
    dead = start_backend(["a-dead-name"], name="dead", rename={"a-dead-name": "m"})
    alive = start_backend(["own"], name="alive", rename={"own": "m"})
    router = start_router(dead, alive, workers=1)
    until(lambda: {row["state"] for row in router.endpoints().values()} == {"up"}, "both lists")
    dead.stop()
    for _ in range(4):
        assert router.post(wire.CHAT, (BODY % "m").encode()).status == 200
        assert alive.last.body.decode() == BODY % "own"
