"""Events on their way out: encoded once for each audience, however many receive them."""

import msgspec

from feedline.feed.channels import own_topic
from feedline.feed.events import (
    AnyEvent,
    Audience,
    actor,
    audience,
    gate_of,
    herald_of,
    home_of,
    rendered,
    topics,
)
from feedline.feed.visibility import STRANGER, Viewer
from feedline.wire.frames import text_frame
from feedline.wire.messages import Id

_encoder = msgspec.json.Encoder()


class EncodedEvent:
    """An event at its place in the log, with its topics and its encoded forms.

    ``home``: whose followers have it in their home feeds; ``herald``: whose followers have it
    among their notifications. ``is_personal``: it goes to every
    connection of its actor. ``is_gated``: viewers get it in different forms, or not at all.
    """

    __slots__ = (
        "_bodies",
        "_frames",
        "actor",
        "event",
        "herald",
        "home",
        "is_gated",
        "is_personal",
        "seq",
        "topics",
    )

    def __init__(self, seq: int, event: AnyEvent) -> None:
        self.seq = seq
        self.event = event
        self.topics = topics(event)
        self.actor = actor(event)
        self.home = home_of(event)
        self.herald = herald_of(event)
        self.is_personal = self.actor is not None and own_topic(self.actor) in self.topics
        gate = gate_of(event)
        self.is_gated = gate is not None and gate.tier is not None
        self._bodies: dict[Audience, bytes] = {}
        self._frames: dict[Audience, bytes] = {}

    def body_for(self, viewer: Viewer | None) -> bytes | None:
        """The JSON that a viewer gets, if any; None: everybody with no claim to more."""
        form = audience(self.event, viewer or STRANGER)
        return None if form is None else self._body(form)

    def frame_for(self, viewer: Viewer | None) -> bytes:
        """The same as a WebSocket frame; empty if they get nothing."""
        form = audience(self.event, viewer or STRANGER)
        if form is None:
            return b""
        frame = self._frames.get(form)
        if frame is None:
            frame = self._frames[form] = text_frame(self._body(form))
        return frame

    def _body(self, form: Audience) -> bytes:
        body = self._bodies.get(form)
        if body is None:
            body = self._bodies[form] = _encoder.encode(rendered(self.event, form))
        return body

    def replay_for(self, viewer: Viewer, subscription: Id) -> bytes | None:
        """The same, marked as replayed for one subscription."""
        body = self.body_for(viewer)
        if body is None:
            return None
        return b'{"replay":' + _encoder.encode(subscription) + b"," + body[1:]
