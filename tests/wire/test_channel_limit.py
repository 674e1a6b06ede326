"""How many channels a session takes: those that are being looked up count as well."""

import json
from typing import Any

from feedline.feed.people import Identity
from feedline.wire.effects import Send
from feedline.wire.intake import SessionLimits
from feedline.wire.session import Session
from feedline.wire.span import LogSpan
from tests.wire.world import EPOCH, VIEWER, standing


def said(session: Session, *messages: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Type and id of what a session answers to messages that come in one breath."""
    for message in messages:
        session.receive(json.dumps(message), 0.0)
    sent = [effect.body for effect in session.effects() if isinstance(effect, Send)]
    answers = [json.loads(body) for body in sent]
    return [(answer["type"], answer.get("id")) for answer in answers]


def subscribe(number: int) -> dict[str, Any]:
    return {"type": "subscribe", "id": number, "channel": f"creator:{number}"}


def test_what_is_asked_for_in_one_breath_counts() -> None:
    session = Session("s", EPOCH, lambda: 0, SessionLimits(channels=3), 0.0)
    session.identified(Identity(VIEWER, "session", 2**62), standing())
    connect = {"type": "connect", "channels": ["public", "creator:0"]}
    assert said(session, connect, subscribe(1), subscribe(2)) == [("error", 2)]
    session.channels_checked({}, LogSpan(EPOCH, 0, 0))
    assert [kind for kind, _ in said(session)] == ["connected", "caught_up"]
    assert said(session, subscribe(3)) == [("error", 3)]
    session.channels_checked({}, LogSpan(EPOCH, 0, 0))
    assert ("subscribed", 1) in said(session)
    assert said(session, {"type": "unsubscribe", "id": 4, "channel": "public"}, subscribe(5)) == [
        ("unsubscribed", 4)
    ]
