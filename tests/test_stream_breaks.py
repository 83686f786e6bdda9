"""A backend that dies in its stream, by FIN, RST or a clean end without end signal, becomes an error event
that SDKs raise on; before the first event it becomes an answer with a status."""
import pytest

from harness import openai_wire as wire
from harness.sse import error_of
from harness.streams import STARTED, plays, stream


@pytest.mark.parametrize("end", ["fin", "rst", None], ids=["fin", "rst", "clean"])
@pytest.mark.parametrize("path, events", [
    (wire.CHAT, STARTED), (wire.COMPLETIONS, wire.completion_stream("a", "b")[:2]), (wire.RESPONSES, wire.responses_stream("a", "b")[:-1]),
], ids=["chat", "completions", "responses"])
def test_dies_in_the_stream(router, backend, path, events, end):
    backend.script = plays(*events, end=end)
    answer = stream(router, path)
    assert answer.status == 200
    error = error_of(answer)
    assert (error["code"], error["type"]) == ("upstream_stream_error", "server_error")
    assert answer.body.startswith("".join(events).encode())


@pytest.mark.parametrize("end", ["fin", "rst", None], ids=["fin", "rst", "clean"])
def test_connection_goes_on_after_an_error_event(router, backend, end):
    """The body ended properly and no `Connection: close` was announced: a client that sends its next
    request on the connection must not find it closed."""
    with router.connect() as client:
        backend.script = plays(*STARTED, end=end)
        client.request("POST", wire.CHAT, wire.chat(stream=True))
        error_of(client.response())
        assert not client.readable(0.3), "the connection was closed without a word"
        backend.script = plays(*wire.chat_stream("a"))
        client.request("POST", wire.CHAT, wire.chat(stream=True))
        assert client.response().complete


@pytest.mark.parametrize("end", ["fin", "rst", None], ids=["fin", "rst", "clean"])
def test_half_an_event_is_dropped(router, backend, end):
    backend.script = plays(*STARTED, wire.content("half")[:-20], end=end)
    answer = stream(router)
    error_of(answer)
    assert answer.body.count(b"half") == 0
    assert [event.json["choices"][0]["delta"].get("content") for event in answer.events[:3]] == ["", "a", "b"]


def test_one_choice_of_two_without_end(router, backend):
    backend.script = plays(wire.content("a", index=0), wire.content("b", index=1), wire.chunk(finish="stop", index=0))
    assert error_of(stream(router, n=2))["code"] == "upstream_stream_error"


@pytest.mark.parametrize("end", ["fin", "rst", None], ids=["fin", "rst", "clean"])
def test_dies_before_the_first_event(router, backend, end):
    """Nothing was sent yet, so the error has a status."""
    backend.script = plays(": only a comment\n\n", end=end)
    answer = stream(router)
    assert answer.status == 502
    assert answer.error["code"] in ("upstream_incomplete", "upstream_stream_error", "upstream_connection_closed")
