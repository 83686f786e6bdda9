"""Requests, answers and streams as OpenAI's API has them."""
import json

CHAT, COMPLETIONS, RESPONSES = "/v1/chat/completions", "/v1/completions", "/v1/responses"
EMBEDDINGS, RERANK, SCORE, MODERATIONS = "/v1/embeddings", "/v1/rerank", "/v1/score", "/v1/moderations"
TOKENIZE, DETOKENIZE = "/tokenize", "/detokenize"
IMAGES, SPEECH = "/v1/images/generations", "/v1/audio/speech"
STREAMED = (CHAT, COMPLETIONS, RESPONSES)
ALL = (*STREAMED, EMBEDDINGS, RERANK, SCORE, MODERATIONS, TOKENIZE, DETOKENIZE)
DONE = "data: [DONE]\n\n"


def request(path, model="m", **more):
    """A small good request for an endpoint."""
    parts = {CHAT: {"messages": [{"role": "user", "content": "hello"}]}, COMPLETIONS: {"prompt": "hello"},
             RESPONSES: {"input": "hello"}, EMBEDDINGS: {"input": "hello"}, MODERATIONS: {"input": "hello"},
             RERANK: {"query": "q", "documents": ["d"]}, SCORE: {"text_1": "a", "text_2": "b"},
             TOKENIZE: {"prompt": "hello"}, DETOKENIZE: {"tokens": [1]}}
    return {"model": model, **parts[path], **more}


def chat(model="m", **more):
    return request(CHAT, model, **more)


def data(value):
    return f"data: {json.dumps(value)}\n\n"


def chunk(delta=None, finish=None, index=0, model="m", **more):
    return data({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model,
                 "choices": [{"index": index, "delta": delta or {}, "finish_reason": finish}], **more})


def content(text, **more):
    return chunk({"content": text}, **more)


def usage(model="m"):
    return data({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [],
                 "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}})


def chat_stream(*texts, finish="stop", done=True, model="m"):
    events = [chunk({"role": "assistant", "content": ""}, model=model), *(content(text, model=model) for text in texts)]
    return [*events, *([chunk(finish=finish, model=model)] if finish else []), *([DONE] if done else [])]


def completion_stream(*texts, finish="stop", model="m"):
    def piece(text, reason=None):
        return data({"id": "cmpl-1", "object": "text_completion", "created": 1, "model": model,
                     "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": reason}]})
    return [*(piece(text) for text in texts), piece("", finish), DONE]


def response_object(status, model="m", output=()):
    return {"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": model,
            "output": list(output), "error": None, "incomplete_details": None}


def typed(name, **fields):
    return f"event: {name}\n" + data({"type": name, **fields})


def responses_stream(*texts, end="response.completed", model="m"):
    part = {"type": "output_text", "text": "".join(texts), "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    events = [typed("response.created", response=response_object("in_progress", model), sequence_number=0),
              typed("response.output_item.added", output_index=0, sequence_number=1,
                    item={**item, "status": "in_progress", "content": []}),
              typed("response.content_part.added", **place, sequence_number=2, part={**part, "text": ""})]
    events += [typed("response.output_text.delta", **place, delta=text, logprobs=[], sequence_number=3 + at)
               for at, text in enumerate(texts)]
    events += [typed("response.output_text.done", **place, text="".join(texts), logprobs=[], sequence_number=50),
               typed("response.output_item.done", output_index=0, item=item, sequence_number=51)]
    status = end.rpartition(".")[2]
    return [*events, typed(end, response=response_object(status, model, [item]), sequence_number=52)]


def image_stream(*parts, whole="WHOLE"):
    events = [typed("image_generation.partial_image", b64_json=part, partial_image_index=at) for at, part in enumerate(parts)]
    return [*events, typed("image_generation.completed", b64_json=whole, usage={"total_tokens": 3})]


def speech_stream(*parts):
    events = [data({"type": "speech.audio.delta", "audio": part}) for part in parts]
    return [*events, data({"type": "speech.audio.done", "usage": {"total_tokens": 3}})]


def stream_for(target, call):
    path, model = target.split("?")[0], call.get("model", "m")
    if path.endswith("/responses"):
        return responses_stream("Hel", "lo", model=model)
    if path.endswith("/chat/completions"):
        return chat_stream("Hel", "lo", model=model)
    return completion_stream("Hel", "lo", model=model)


def chat_answer(text="Hello", model="m", **more):
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}, **more}


def answer_for(target, call):
    path, model = target.split("?")[0], call.get("model", "m")
    if path.endswith("/responses"):
        return response_object("completed", model)
    if path.endswith("/chat/completions"):
        return chat_answer(model=model)
    return {"object": "answer", "path": path, "model": model}
