"""Server-sent events, read as the standard says."""
import dataclasses
import json


@dataclasses.dataclass
class Event:
    data: str
    name: str = ""

    @property
    def json(self):
        return json.loads(self.data)


def parse_events(body):
    """The events with data, in order. An unterminated last one is no event, as in the standard."""
    events, data, name = [], [], ""
    text = body.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for line in text.split("\n")[:-1]:
        if not line:
            if data:
                events.append(Event("\n".join(data), name))
            data, name = [], ""
        elif not line.startswith(":"):
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                name = value
    return events


def error_of(response):
    """The error object of a stream that must have ended by the error event, [DONE] and a blank line."""
    from harness.client import assert_error_object
    assert response.complete, "the body didn't end as its framing says"
    assert response.body.endswith(b"\n\n"), response.body[-200:]
    events = response.events
    assert len(events) >= 2 and events[-1].data == "[DONE]", events[-3:]
    error = events[-2].json["error"]
    assert_error_object(error)
    return error
