"""`llm-router schema`: the schema says what the parser says, key by key and value by value."""
import json
import re

import jsonschema
import pytest
import yaml

from harness.process import ROOT, run

BACKEND = {"name": "one", "url": "http://127.0.0.1:1"}
SECRETS = {"OPENAI_API_KEY": "x", "GPU_PASSWORD": "x", "CLIENT_KEY": "x"}


@pytest.fixture(scope="module")
def schema():
    done = run("schema")
    assert done.returncode == 0 and not done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def validator(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def properties(schema, path=""):
    """Every key with its schema: `backends[].auth.token`."""
    for name, value in schema.get("properties", {}).items():
        yield path + name, value
        yield from properties(value, f"{path}{name}.")
        for place in (value, *value.get("anyOf", ())):
            items = place.get("items", {})
            for item in (items, *items.get("anyOf", ())):
                yield from properties(item, f"{path}{name}[].")


def accepts(tmp_path, text, env=None):
    file = tmp_path / "config.yaml"
    file.write_text(text)
    file.chmod(0o600)
    return run("check", file, env=env).returncode == 0


def test_is_of_the_dialect_that_editors_know(schema, validator):
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_has_the_keys_of_the_reference_and_no_others(schema):
    documented = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs/configuration.md").read_text(), re.MULTILINE)
    assert sorted(path for path, _ in properties(schema)) == sorted(documented)


def test_describes_each_key_and_its_values(schema):
    for path, key in properties(schema):
        assert key["description"] and "](" not in key["description"], path
        assert {"type", "enum", "anyOf"} & key.keys(), path
        if key.get("properties"):
            assert key["additionalProperties"] is False, path
        values = [key["default"]] if "default" in key else []
        for value in values + key.get("examples", []):
            jsonschema.Draft202012Validator(key).validate(value)


@pytest.mark.parametrize("commented", [False, True], ids=["as it is", "everything uncommented"])
def test_takes_the_shipped_example(validator, commented):
    lines = (ROOT / "config.example.yaml").read_text().splitlines()
    lines = [line for line in lines if not line.startswith("##")]
    if commented:
        lines = [line.removeprefix("#") for line in lines]
    validator.validate(yaml.safe_load("\n".join(lines)))


@pytest.mark.parametrize("document", [
    {}, {"backends": []}, {"backends": [{}]}, {"backends": [{"name": "x"}]}, {"backends": [{"url": "http://x"}]},
    {"backends": [BACKEND], "nonsense": 1}, {"backends": [{**BACKEND, "nonsense": 1}]},
    {"backends": [{**BACKEND, "url": "ftp://x"}]}, {"backends": [{**BACKEND, "name": "a/b"}]},
    {"backends": [{**BACKEND, "kind": "vlm"}]}, {"backends": [{**BACKEND, "models": []}]},
    {"backends": [{**BACKEND, "auth": {}}]}, {"backends": [{**BACKEND, "auth": {"type": "bearer"}}]},
    {"backends": [{**BACKEND, "auth": {"type": "baerer", "token": "x"}}]},
    {"backends": [{**BACKEND, "auth": {"type": "basic", "username": "u", "token": "x"}}]},
    {"backends": [{**BACKEND, "auth": {"type": "none", "token": "x"}}]},
    {"backends": [BACKEND], "api_keys": []}, {"backends": [BACKEND], "api_keys": None},
    {"backends": [BACKEND], "workers": 0}, {"backends": [BACKEND], "workers": 257},
    {"backends": [BACKEND], "limits": {"body": "32MB"}}, {"backends": [BACKEND], "limits": {"header_fields": 1001}},
    {"backends": [BACKEND], "timeouts": {"connect": "3 s"}}, {"backends": [BACKEND], "timeouts": {"connect": -1}},
    {"backends": [BACKEND], "listen": []}, {"backends": [BACKEND], "listen": [{"mode": "0660"}]},
    {"backends": [BACKEND], "listen": [{"address": "unix:/tmp/s", "mode": "0999"}]},
    {"backends": [BACKEND], "tls": {"key": "k"}}, {"backends": [BACKEND], "listen": [{"address": 8080, "tls": {}}]},
    {"backends": [BACKEND], "timeouts": {"connect": "1d"}}, {"backends": [BACKEND], "log": {"level": "loud"}},
], ids=json.dumps)
def test_refuses_what_the_parser_refuses(validator, tmp_path, document):
    assert not accepts(tmp_path, json.dumps(document))
    assert not validator.is_valid(document)


@pytest.mark.parametrize("more", [
    {"listen": 8080}, {"listen": "[::1]:0"}, {"listen": [8080, "unix:/tmp/s"], "tls": None},
    {"listen": [{"address": "unix:/tmp/s", "mode": "0600"}, {"address": 8080}], "tls": {"certificate": "c", "key": "k"}},
    {"admin": None}, {"limits": {"body": "32m", "event": 65536}},
    {"timeouts": {"connect": 0.5, "drain": 0, "idle": "1.5h"}}, {"workers": 256}, {"trusted_proxies": None},
    {"backends": [{**BACKEND, "url": "${URL}"}]}, {"backends": [{**BACKEND, "url": "HTTPS://x"}]},
    {"backends": [{**BACKEND, "headers": {"X-A": 1}, "models": ["m"]}]},
    {"backends": [{**BACKEND, "auth": {"type": "basic", "username": "u", "password": ""}}]},
    {"backends": [{**BACKEND, "auth": {"type": "forward"}}]}, {"log": {"access": "off", "format": "text"}},
], ids=json.dumps)
def test_takes_what_the_parser_takes(validator, tmp_path, more):
    document = {"backends": [BACKEND], **more}
    assert accepts(tmp_path, json.dumps(document), {"URL": "http://x"})
    validator.validate(document)


def test_every_choice_is_one_of_the_parser(schema, tmp_path):
    """What an editor offers is accepted; `auth.type` needs more than itself and is tested above."""
    for path, key in properties(schema):
        for choice in key.get("enum", ()):
            *groups, name = path.split(".")
            if groups == ["backends[]", "auth"]:
                continue
            value = {name: choice}
            document = {"backends": [{**BACKEND, **value}]} if groups == ["backends[]"] else {
                "backends": [BACKEND], groups[0]: value}
            assert accepts(tmp_path, json.dumps(document)), (path, choice)
