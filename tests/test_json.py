"""The body is strict JSON, and the model that is checked is the model that is sent."""
import json

import pytest

from harness import openai_wire as wire


def post(client, body):
    client.request("POST", wire.CHAT, body)
    return client.response()


def test_json_test_suite(router, backend, shared_data):
    """318 files as a member of a good request; n_ and i_ also as the whole body: 541 checks."""
    checks, wrong = 0, []
    backend.script = lambda exchange: exchange.json({"ok": True})
    files = sorted((shared_data / "json-test-suite" / "test_parsing").glob("*.json"))
    assert len(files) == 318
    with router.connect() as client:
        for file in files:
            content, kind = file.read_bytes(), file.name[0]
            seen = len(backend.requests)
            body = b'{"model":"m","member":' + content + b"}"
            answer = post(client, body)
            checks += 1
            allowed = {"y": (200,), "n": (400,), "i": (200, 400)}[kind]
            if closes_the_object(content):
                allowed = (200, 400)
            if answer.status not in allowed:
                wrong.append(f"{file.name} as a member: {answer.status}")
            if answer.status == 200 and backend.requests[seen].body != body:
                wrong.append(f"{file.name}: its bytes were changed")
            if kind in "ni":
                answer = post(client, content)
                checks += 1
                if answer.status != 400:
                    wrong.append(f"{file.name} as the body: {answer.status}")
    assert not wrong, "\n".join(wrong)
    assert checks == 541


def closes_the_object(content):
    """Some n_ files are good JSON once they stand inside another object."""
    def refuse(constant):
        raise ValueError(constant)

    try:
        json.loads((b'{"model":"m","member":' + content + b"}").decode(), parse_constant=refuse)
        return True
    except (ValueError, RecursionError):
        return False


DUPLICATES = [
    b'{"model":"m","model":"secret"}', b'{"model":"secret","model":"m"}', b'{"model":"m","MODEL":"secret"}', b'{"model":"m","Model":"m"}',
    b'{"model":"m","m\\u006fdel":"secret"}', b'{"m\\u006fdel":"m","model":"secret"}', b'{"model":"m","\\u006d\\u006F\\u0064\\u0065\\u006C":"x"}',
    '{"model":"m","mode\u017f":"x"}'.encode(), b'{"model":"m","stream":true,"stream":false}', b'{"model":"m","stream":false,"STREAM":true}',
    b'{"model":"m","stream":false,"\\u0073tream":true}', '{"model":"m","\u017ftream":true}'.encode(), b'{"model":"m","a":1,"a":1}', b'{"model":"m","a":1,"\\u0061":2}', b'{"model":"m","":1,"":2}',
]


@pytest.mark.parametrize("body", DUPLICATES)
def test_duplicate_names(router, backend, body):
    answer = router.post(wire.CHAT, body)
    if "mode\u017f".encode() in body:
        # A long s folds to s, not to l: it is no spelling of `model`, and may as well pass.
        assert answer.status in (200, 400)
        return
    assert answer.status == 400 and answer.error["code"] == "duplicate_key", body
    assert not backend.requests


def test_one_routed_name_in_another_spelling_alone(router, backend):
    """Go folds case: a backend in Go would read this model, which we didn't check."""
    for body in (b'{"MODEL":"m"}', b'{"Model":"m","messages":[]}'):
        assert router.post(wire.CHAT, body).status == 400
    assert not backend.requests


def test_same_names_further_down_are_fine(router, backend):
    body = b'{"model":"m","a":{"model":"x","b":1,"b":2},"c":[{"model":1},{"model":2}],"A":1}'
    assert router.post(wire.CHAT, body).status == 200 and backend.last.body == body


def test_escaped_names_and_values_are_understood(router, backend):
    body = b'{"\\u006dode\\u006c":"\\u006d"}'
    answer = router.post(wire.CHAT, body)
    assert answer.status in (200, 400)
    assert router.post(wire.CHAT, b'{"model":"\\u006d"}').status == 200
    assert backend.last.json["model"] == "m"


READERS = {
    "first wins": lambda pairs: dict(reversed(pairs)), "last wins": dict,
    "go": lambda pairs: {key.lower(): value for key, value in pairs},
}
CONFUSING = [
    b'{"model":"m"}', b'{"model":"m","x":"\\"model\\":\\"secret\\""}', b'{"x":"{\\"model\\":\\"secret\\"}","model":"m"}',
    b'{"model":"m","messages":[{"model":"secret"}]}', b'{"\\"model":"secret","model":"m"}', b'{"model\\u0000":"secret","model":"m"}',
    b'{"model ":"secret","model":"m"}', b'{"model":"m","model\\n":"secret"}', b'{"models":"secret","mode":"secret","model":"m"}', *DUPLICATES,
]


@pytest.mark.parametrize("reader", READERS)
def test_every_kind_of_reader_sees_the_model_that_was_checked(router, backend, reader):
    """The first of two keys, the last, or the unescaped one: whichever a backend takes, it is what was authorised."""
    for body in CONFUSING:
        backend.reset()
        if router.post(wire.CHAT, body).status == 200:
            pairs = json.loads(backend.last.body, object_pairs_hook=list)
            assert READERS[reader](pairs)["model"] == "m", body


def test_nothing_else_chooses_the_model(router, backend):
    answer = router.post(wire.CHAT, wire.chat(), headers={"x-model": "secret", "model": "secret"})
    assert answer.status == 200 and backend.last.json["model"] == "m"


@pytest.mark.parametrize("query", ["model=secret", "a=1&model=m", "MODEL=secret", "mod%65l=secret", "model[]=secret", "a;model=secret"])
def test_a_query_that_names_a_model_is_refused(router, backend, query):
    """The query travels along, and a backend might read it."""
    before = len(backend.requests)
    answer = router.post(wire.CHAT + "?" + query, wire.chat())
    assert (answer.status, answer.error["code"], answer.error["param"]) == (400, "bad_request", "model")
    assert len(backend.requests) == before


BAD = {
    "bom": b"\xef\xbb\xbf" + b'{"model":"m"}', "utf-16": '{"model":"m"}'.encode("utf-16"), "utf-16le": '{"model":"m"}'.encode("utf-16-le"),
    "utf-32": '{"model":"m"}'.encode("utf-32"), "nul behind": b'{"model":"m"}\x00', "after the field": b'{"model":"ok","a":[1,2,,}]}',
    "nan": b'{"model":"m","a":NaN}', "infinity": b'{"model":"m","a":-Infinity}', "single quotes": b"{'model':'m'}", "comment": b'{"model":"m"/**/}',
    "trailing comma": b'{"model":"m",}', "control": b'{"model":"m","a":"\x01"}', "newline": b'{"model":"m","a":"\n"}', "latin": b'{"model":"m","a":"\xe9"}',
    "overlong": b'{"model":"m","a":"\xc0\xaf"}', "surrogate": b'{"model":"m","a":"\xed\xa0\x80"}', "too large": b'{"model":"m","a":"\xf4\x90\x80\x80"}',
    "cut utf-8": b'{"model":"m","a":"\xe2\x82"}', "bad escape": b'{"model":"m","a":"\\x41"}', "short escape": b'{"model":"m","a":"\\u12"}',
    "brackets": b"[" * 100_000, "leading zero": b'{"model":"m","a":01}', "plus": b'{"model":"m","a":+1}', "hex": b'{"model":"m","a":0x1}',
    "dot": b'{"model":"m","a":1.}', "two values": b'{"model":"m"}{"model":"m"}', "vertical tab": b'\x0b{"model":"m"}', "unquoted": b'{model:"m"}',
}


@pytest.mark.parametrize("kind", BAD)
def test_strict_grammar(router, backend, kind):
    answer = router.post(wire.CHAT, BAD[kind])
    assert answer.status == 400 and answer.error["code"] == "invalid_json"
    assert not backend.requests


@pytest.mark.parametrize("extra, status", [(255, 200), (256, 400), (5000, 400)])
def test_depth(router, backend, extra, status):
    """At most 256, the object itself counted."""
    answer = router.post(wire.CHAT, b'{"model":"m","a":' + b"[" * extra + b"]" * extra + b"}")
    assert answer.status == status
    if status == 200:
        assert backend.last.body.count(b"[") == extra


def test_long_numbers_and_strings_stay_as_they_are(router, backend):
    body = b'{"model":"m","a":[1e400,-0.0,123456789012345678901234567890,1E+2],"s":"' + "é\\n\\ud83d\\ude00".encode() * 1000 + b'"}'
    assert router.post(wire.CHAT, body).status == 200 and backend.last.body == body
