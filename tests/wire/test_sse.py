"""Server-sent events: what any reader of the standard makes of our frames."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.wire.encoded import EncodedEvent
from feedline.wire.messages import CaughtUp, Connected, Heartbeat, Outgoing, Resync, encode
from feedline.wire.sse import COMMENT, close_frame, event_frame, retry_line
from tests.gateway.events import EventReader
from tests.wire.world import make_event

CONNECTED = Connected(user_id="u", session_id="s", cursor="e-1", heartbeat=25, channels=[])


def read(data: bytes) -> list[dict[str, Any]]:
    """Events as a reader sees them: ``event``, ``id`` and ``data``, which is decoded."""
    return [
        {"event": event.kind, "id": event.id, "data": json.loads(event.data)}
        for event in EventReader().feed(data)
    ]


def test_an_event_has_its_type_its_position_and_its_json() -> None:
    event = EncodedEvent(7, make_event("created", "ann", "p1", 7))
    body = event.body_for(None) or b""
    [seen] = read(event_frame(body))
    assert (seen["event"], seen["id"]) == ("post_created", "e1-7")
    assert seen["data"] == json.loads(body)


@pytest.mark.parametrize(
    ("message", "position"),
    [
        (CONNECTED, None),
        (CaughtUp(cursor="e-2"), "e-2"),
        (Heartbeat(cursor="e-3"), "e-3"),
        (Resync(reason="cursor_expired", cursor="e-4"), "e-4"),
    ],
)
def test_what_moves_the_cursor_has_an_id(message: Outgoing, position: str | None) -> None:
    [seen] = read(event_frame(encode(message)))
    assert seen["id"] == position
    assert seen["event"] == seen["data"]["type"]


def test_the_end_is_an_event() -> None:
    [seen] = read(close_frame(4003, "signed out"))
    assert seen == {
        "event": "close",
        "id": None,
        "data": {"type": "close", "code": 4003, "reason": "signed out"},
    }


def test_comments_and_the_time_to_retry_are_no_events() -> None:
    reader = EventReader()
    assert reader.feed(COMMENT + COMMENT) == []
    [event] = reader.feed(retry_line(1234) + event_frame(encode(CONNECTED)))
    assert (event.kind, reader.retry) == ("connected", 1234)


@given(st.text(), st.lists(st.integers(1, 50)))
def test_any_text_survives(text: str, cuts: list[int]) -> None:
    """However the bytes are cut on their way, and also for readers that split at more breaks."""
    body = msgspec.json.encode({"type": "any", "text": text, "cursor": "e-1"})
    frame = event_frame(body)
    assert len(frame.decode().splitlines()) == 4
    reader, events, rest = EventReader(), [], frame
    for cut in cuts:
        piece, rest = rest[:cut], rest[cut:]
        events += reader.feed(piece)
    [event] = events + reader.feed(rest)
    assert json.loads(event.data) == {"type": "any", "text": text, "cursor": "e-1"}
