"""GET /v1/models for clients that say `anthropic-version`."""
from harness import anthropic_wire as wire
from harness.programs import run_node

VERSION = {"anthropic-version": "2023-06-01"}


def model(name, created="1970-01-01T00:00:07.000Z"):
    return {"type": "model", "id": name, "display_name": name, "created_at": created}


def test_the_sdk_reads_page_by_page(start_router, start_backend):
    router = start_router(start_backend(["e", "c", "a", "d", "b"]))
    got = run_node("anthropic_client.mjs", f"http://127.0.0.1:{router.port}", "models", limit=60)
    assert [each["id"] for each in got["all"]] == list("abcde") and got["one"]["id"] == "a"
    assert got["all"][0] == model("a")


def test_the_form(router):
    answer = router.get("/v1/models", headers=VERSION)
    assert answer.json == {"data": [model("m")], "has_more": False, "first_id": "m", "last_id": "m"}
    assert router.get("/v1/models/m", headers=VERSION).json == model("m")
    assert router.get("/v1/models").json["object"] == "list"


def test_errors(start_router, start_backend):
    router = start_router(start_backend(), api_keys=["key"])
    answer = router.get("/v1/models", headers=VERSION)
    assert answer.status == 401 and wire.assert_error(answer.json, "authentication_error")
    keyed = {**VERSION, "x-api-key": "key"}
    answer = router.get("/v1/models/nope", headers=keyed)
    assert answer.status == 404 and wire.assert_error(answer.json, "not_found_error")
    answer = router.get("/v1/models?limit=0", headers=keyed)
    assert answer.status == 400 and wire.assert_error(answer.json, "invalid_request_error")
