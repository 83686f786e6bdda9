"""Responses that backends keep: what names one goes to the backend that made it, and to nobody else's client."""
import itertools

import pytest

from harness import openai_wire as wire
from harness.sse import error_of
from harness.wait import until

numbers = itertools.count()


def keeper(name):
    """A backend's script: it makes responses with ids of its own, and knows only those."""
    made = {}

    def script(exchange):
        method, path = exchange.request.method, exchange.request.target.split("?")[0]
        if path == wire.RESPONSES:
            call = exchange.request.json
            if call.get("previous_response_id", "") not in ("", *made):
                return exchange.json({"error": {"message": f"{name} has no such response"}}, 404)
            number = f"resp_{name}_{next(numbers)}"
            made[number] = {**wire.response_object("completed"), "id": number, "conversation": {"id": f"conv_{number}"}}
            if call.get("stream"):
                events = "".join(wire.responses_stream("a")).replace("resp_1", number)
                return exchange.sse([events])
            return exchange.json(made[number])
        number, _, tail = path.removeprefix(wire.RESPONSES + "/").partition("/")
        if number not in made:
            return exchange.json({"error": {"message": f"{name} has no such response"}}, 404)
        if method == "DELETE":
            del made[number]
            return exchange.json({"id": number, "object": "response.deleted", "deleted": True})
        if tail == "input_items":
            return exchange.json({"object": "list", "data": [{"of": number}]})
        if "stream=true" in exchange.request.target:
            return exchange.sse(wire.responses_stream("again"))
        return exchange.json(made[number])

    return script


@pytest.fixture
def pair(start_backend):
    return [start_backend(name=name, script=keeper(name)) for name in ("one", "two")]


@pytest.fixture
def router(start_router, pair):
    return start_router(*pair, workers=2)


def make(router, stream=False, headers=None, **more):
    """Makes a response; its id and its conversation's."""
    answer = router.post(wire.RESPONSES, wire.request(wire.RESPONSES, stream=stream, **more), headers=headers)
    assert answer.status == 200, answer.body
    made = answer.events[0].json["response"] if stream else answer.json
    return made["id"], made.get("conversation", {}).get("id")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("prefix", ["/v1", ""])
def test_each_is_found_where_it_was_made(router, pair, stream, prefix):
    ids = [make(router, stream)[0] for _ in range(8)]
    assert len({number.split("_")[1] for number in ids}) == 2, "both have made some"
    for number in ids * 2:
        answer = router.get(f"{prefix}/responses/{number}?include=x")
        assert answer.status == 200 and answer.json["id"] == number
        items = router.get(f"{prefix}/responses/{number}/input_items").json
        assert items["data"] == [{"of": number}]
        assert router.post(f"{prefix}/responses/{number}/cancel", {}).json["id"] == number
    backend = next(each for each in pair if each.name == ids[-1].split("_")[1])
    got = [request for request in backend.requests if request.method == "GET"]
    assert got[0].target.startswith("/v1/responses/") and "?include=x" in got[0].target
    assert not got[0].has("content-length")
    assert not backend.last.has("x-api-key")


def test_delete(router):
    number, _ = make(router)
    assert router.request("DELETE", f"/v1/responses/{number}").json["deleted"]
    answer = router.get(f"/v1/responses/{number}")
    assert answer.status == 404 and "has no such" in answer.json["error"]["message"]


def test_cancel_without_a_body(router):
    number, _ = make(router)
    assert router.request("POST", f"/v1/responses/{number}/cancel").json["id"] == number
    answer = router.post(f"/v1/responses/{number}/cancel", b"{")
    assert answer.status == 400 and answer.error["code"] == "invalid_json"


def test_it_can_be_streamed_again(router):
    number, _ = make(router)
    answer = router.get(f"/v1/responses/{number}?stream=true&starting_after=3")
    assert answer.complete and answer.events[-1].name == "response.completed"


def test_a_stream_of_it_that_breaks(start_router, start_backend):
    def script(exchange):
        if exchange.request.method == "POST":
            return exchange.json({**wire.response_object("in_progress")})
        exchange.sse_head()
        exchange.event_bytes(*wire.responses_stream("a")[:-1])
        return exchange.fin()

    router = start_router(start_backend(script=script))
    make(router)
    assert error_of(router.get("/v1/responses/resp_1?stream=true"))["code"] == "upstream_stream_error"


@pytest.mark.parametrize("stream", [False, True])
def test_what_continues_one_goes_there(router, pair, stream):
    number, conversation = make(router)
    name = number.split("_")[1]
    for _ in range(6):
        assert make(router, stream, previous_response_id=number)[0].split("_")[1] == name
        assert make(router, stream, conversation=conversation)[0].split("_")[1] == name
        number, _ = make(router, stream, previous_response_id=number)
        assert make(router, conversation={"id": conversation})[0].split("_")[1] == name


@pytest.mark.parametrize("member", ["previous_response_id", "conversation"])
def test_nobody_knows_it(router, pair, member):
    answer = router.post(wire.RESPONSES, wire.request(wire.RESPONSES, **{member: "resp_unknown"}))
    assert answer.status == 404 and answer.error["code"] == "response_not_found" and answer.error["param"] == member
    assert answer.header("x-should-retry") == "false"
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/input_items")):
        answer = router.request(method, "/v1/responses/resp_unknown" + path)
        assert answer.status == 404 and answer.error["code"] == "response_not_found"
    assert not any(backend.requests for backend in pair)


def test_where_one_endpoint_has_the_model_it_is_asked(start_router, start_backend):
    backend = start_backend(name="one", script=keeper("one"))
    router = start_router(backend)
    answer = router.post(wire.RESPONSES, wire.request(wire.RESPONSES, previous_response_id="resp_of_before"))
    assert answer.status == 404 and answer.json["error"]["message"] == "one has no such response"


def test_another_client_cannot_see_it(start_router, pair):
    router = start_router(*pair, api_keys=["mine", "yours"])
    mine, yours = {"Authorization": "Bearer mine"}, {"x-api-key": "yours"}
    number, _ = make(router, headers=mine)
    assert router.get(f"/v1/responses/{number}", headers=mine).status == 200
    assert router.get(f"/v1/responses/{number}", headers={"x-api-key": "mine"}).status == 200
    assert router.get(f"/v1/responses/{number}").status == 401
    asked = sum(len(backend.requests) for backend in pair)
    assert router.get(f"/v1/responses/{number}", headers=yours).error["code"] == "response_not_found"
    assert router.request("DELETE", f"/v1/responses/{number}", headers=yours).status == 404
    call = wire.request(wire.RESPONSES, previous_response_id=number)
    assert router.post(wire.RESPONSES, call, headers=yours).error["code"] == "response_not_found"
    assert sum(len(backend.requests) for backend in pair) == asked


def test_a_large_one_is_remembered(router, pair):
    body = {**wire.response_object("completed", output=[{"x": "y" * 3_000_000}]), "id": "resp_large"}
    pair[0].script = pair[1].script = lambda exchange: exchange.json(body)
    assert router.post(wire.RESPONSES, wire.request(wire.RESPONSES)).json["id"] == "resp_large"
    assert router.get("/v1/responses/resp_large").status == 200


def test_its_backend_is_gone(router, pair):
    number, _ = make(router)
    backend = next(each for each in pair if each.name == number.split("_")[1])
    backend.stop_listening()
    answer = router.get(f"/v1/responses/{number}")
    assert answer.status == 502 and answer.error["code"] == "upstream_unreachable"
    assert router.post(wire.RESPONSES, wire.request(wire.RESPONSES, previous_response_id=number)).status == 502


def test_the_client_leaves(router, pair):
    number, _ = make(router)
    for backend in pair:
        backend.script = lambda exchange: exchange.stall()
    with router.connect() as client:
        client.request("GET", f"/v1/responses/{number}")
        until(lambda: any(backend.active for backend in pair), "the request")
    until(lambda: not any(backend.active for backend in pair), "its end", limit=5)


def test_methods_and_paths(router):
    answer = router.post("/v1/responses/x", {})
    assert answer.status == 405 and answer.header("allow") == "GET, DELETE"
    assert router.get("/v1/responses/x/cancel").header("allow") == "POST"
    assert router.get("/v1/responses").header("allow") == "POST"
    assert router.get("/v1/responses/x/nothing").error["code"] == "not_found"
    assert router.get("/v1/responses/x%2fy").status == 400
