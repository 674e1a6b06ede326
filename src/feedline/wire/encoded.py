"""Events on their way out: encoded once for each audience, however many receive them."""

import msgspec

from feedline.feed.events import (
    AnyEvent,
    Audience,
    PostCreated,
    actor,
    audience,
    rendered,
    topics,
)
from feedline.wire.frames import text_frame
from feedline.wire.messages import Id

_encoder = msgspec.json.Encoder()


class EncodedEvent:
    """An event at its place in the log, with its topics and its encoded forms."""

    __slots__ = ("_bodies", "_frames", "actor", "event", "is_new_post", "seq", "topics")

    def __init__(self, seq: int, event: AnyEvent) -> None:
        self.seq = seq
        self.event = event
        self.topics = topics(event)
        self.actor = actor(event)
        self.is_new_post = isinstance(event, PostCreated)
        self._bodies: dict[Audience, bytes] = {}
        self._frames: dict[Audience, bytes] = {}

    def body_for(self, viewer_id: str | None) -> bytes:
        """The JSON that a viewer gets; None: everybody with no claim to more."""
        return self._body(audience(self.event, viewer_id))

    def frame_for(self, viewer_id: str | None) -> bytes:
        """The same as a WebSocket frame."""
        form = audience(self.event, viewer_id)
        frame = self._frames.get(form)
        if frame is None:
            frame = self._frames[form] = text_frame(self._body(form))
        return frame

    def _body(self, form: Audience) -> bytes:
        body = self._bodies.get(form)
        if body is None:
            body = self._bodies[form] = _encoder.encode(rendered(self.event, form))
        return body

    def replay_for(self, viewer_id: str, subscription: Id) -> bytes:
        """The same, marked as replayed for one subscription."""
        return b'{"replay":' + _encoder.encode(subscription) + b"," + self.body_for(viewer_id)[1:]
