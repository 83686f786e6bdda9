"""Recorded streams cut at every byte by a clean end, FIN and RST, read by the official SDKs,
which must raise each time unless the end signal had passed."""
import json

import pytest

from harness import anthropic_wire
from harness import openai_wire as wire
from harness.programs import node_server, run_node


def tool_stream():
    def call(**function):
        return wire.chunk({"tool_calls": [{"index": 0, **({"id": "c1", "type": "function"} if "name" in function else {}), "function": function}]})
    return [call(name="f", arguments=""), call(arguments='{"a":'), call(arguments="1}"), wire.chunk(finish="tool_calls"), wire.DONE]


def two_choices():
    return [wire.content("a", index=0), wire.content("b", index=1), wire.chunk(finish="stop", index=1), wire.content("c", index=0),
            wire.chunk(finish="stop", index=0), wire.DONE]


def with_usage():
    return [*wire.chat_stream("é", "模", done=False), wire.usage(), wire.DONE]


STREAMS = {  # name: (api, events, index of the event that is the end signal, text)
    "content": ("chat", wire.chat_stream("Hel", "lo"), 3, "Hello"),
    "tools": ("chat", tool_stream(), 3, '{"a":1}'),
    "choices": ("chat", two_choices(), 4, "abc"),
    "usage": ("chat", with_usage(), 3, "é模"),
    "done only": ("chat", [wire.content("a"), wire.DONE], 1, "a"),
    "crlf": ("chat", [event.replace("\n", "\r\n") for event in wire.chat_stream("x")], 2, "x"),
    "responses": ("responses", wire.responses_stream("a", "b"), -1, "ab"),
    "images": ("images", wire.image_stream("QUJD", whole="REVG"), -1, "QUJDREVG"),
    "messages": ("messages", anthropic_wire.stream("Hel", "lé"), -1, "Hellé"),
    "messages, tools": ("messages", anthropic_wire.tool_stream('{"a":', "1}"), -1, '{"a":1}'),
}


def job(name):
    api, events, signal, text = STREAMS[name]
    encoded = [event.encode() for event in events]
    signal %= len(encoded)
    before = sum(map(len, encoded[:signal]))
    line_end = before + len(encoded[signal].rstrip(b"\r\n"))
    return {"name": name, "api": api, "length": sum(map(len, encoded)), "text": text,
            # Between the last byte of the signal's line and its blank line either is right.
            "mustRaiseBefore": line_end, "mustNotRaiseFrom": before + len(encoded[signal])}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory, module_routers):
    folder = tmp_path_factory.mktemp("sweep")
    streams, jobs = folder / "streams.json", folder / "jobs.json"
    streams.write_text(json.dumps({name: "".join(events) for name, (_, events, _, _) in STREAMS.items()}))
    jobs.write_text(json.dumps([job(name) for name in STREAMS]))
    backend = node_server("cut_backend.mjs", streams)
    router = module_routers(backend.config(), log={"access": "off"})
    yield router, jobs
    backend.stop()


@pytest.mark.parametrize("end", ["clean", "fin", "rst"])
def test_every_cut(sweep, end):
    router, jobs = sweep
    expected = sum(each["length"] + 1 for each in json.loads(jobs.read_text()))
    summary = run_node("cut_sweep.mjs", f"http://127.0.0.1:{router.port}", jobs, end)
    print(summary)
    assert not summary["wrong"], "\n".join([f"{summary['wrongs']} wrong of {summary['total']}", *summary["wrong"]])
    assert summary["total"] == expected >= 2000
    assert summary["raised"] > expected / 2
    assert router.alive()
