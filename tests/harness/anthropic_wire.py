"""Requests, answers and streams as Anthropic's API has them."""
import json

MESSAGES, COUNT = "/v1/messages", "/v1/messages/count_tokens"


def call(model="m", **more):
    return {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}], **more}


def event(kind, **fields):
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields}, ensure_ascii=False)}\n\n"


PING = event("ping")


def message(text="Hello", model="m"):
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "stop_sequence": None,
            "content": [{"type": "text", "text": text}] if text else [], "stop_reason": "end_turn" if text else None,
            "usage": {"input_tokens": 3, "output_tokens": 5}}


def start():
    return event("message_start", message=message(""))


def text(part):
    return event("content_block_delta", index=0, delta={"type": "text_delta", "text": part})


def _block(block, deltas, reason):
    return [start(), event("content_block_start", index=0, content_block=block), PING, *deltas,
            event("content_block_stop", index=0),
            event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage={"output_tokens": 5}),
            event("message_stop")]


def stream(*parts):
    """A whole stream, as the API documents it."""
    return _block({"type": "text", "text": ""}, [text(part) for part in parts], "end_turn")


def tool_stream(*parts):
    return _block({"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}},
                  [event("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": part}) for part in parts],
                  "tool_use")


def error(kind, words):
    return {"type": "error", "error": {"type": kind, "message": words}}


def assert_error(body, kind):
    """An error body of the router in Anthropic's form; returns its message."""
    assert set(body) == {"type", "error"} and body["type"] == "error", body
    assert set(body["error"]) == {"type", "message"} and body["error"]["type"] == kind, body
    assert body["error"]["message"], body
    return body["error"]["message"]


def error_of(response, kind):
    """The error of a stream that must have ended by the error event and nothing behind it."""
    assert response.complete and response.body.endswith(b"\n\n"), response.body[-200:]
    assert b"[DONE]" not in response.body
    last = response.events[-1]
    assert last.name == "error", response.events[-3:]
    return assert_error(last.json, kind)
