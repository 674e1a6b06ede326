"""The messages of a session, both ways, as they are written on the wire."""

from typing import Annotated

import msgspec

from feedline.feed.notifications import Notification

Id = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)] | str


class Incoming(msgspec.Struct, tag_field="type", tag=str.lower, frozen=True, kw_only=True):
    """Base of what a client sends."""


class Connect(Incoming, frozen=True, kw_only=True):
    token: str | None = None
    channels: list[str] | None = []
    cursor: str | None = None

    @property
    def names(self) -> list[str]:
        """The channels that are asked for; null stands for none."""
        return self.channels or []


class Subscribe(Incoming, frozen=True, kw_only=True):
    id: Id | None = None
    channel: str
    cursor: str | None = None


class Unsubscribe(Incoming, frozen=True, kw_only=True):
    id: Id | None = None
    channel: str


class Applied(Incoming, frozen=True, kw_only=True):
    cursor: str


class Ping(Incoming, frozen=True, kw_only=True):
    id: Id | None = None


AnyIncoming = Connect | Subscribe | Unsubscribe | Applied | Ping


class Outgoing(
    msgspec.Struct,
    tag_field="type",
    rename="camel",
    frozen=True,
    kw_only=True,
    omit_defaults=True,
):
    """Base of what the server sends beside events. Fields that are None are left out."""


class ChannelVerdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    channel: str
    ok: bool
    code: str | None = None


class Connected(Outgoing, tag="connected", frozen=True, kw_only=True):
    user_id: str
    session_id: str
    cursor: str
    heartbeat: float | int
    channels: list[ChannelVerdict]


class Subscribed(Outgoing, tag="subscribed", frozen=True, kw_only=True):
    id: Id | None = None
    channel: str
    cursor: str


class Unsubscribed(Outgoing, tag="unsubscribed", frozen=True, kw_only=True):
    id: Id | None = None
    channel: str


class CaughtUp(Outgoing, tag="caught_up", frozen=True, kw_only=True):
    id: Id | None = None
    cursor: str


class UnreadNotifications(Outgoing, tag="unread_notifications", frozen=True, kw_only=True):
    """What a client holds of notifications from now on; ``count`` is of all that are unread."""

    notifications: list[Notification]
    count: int


class Heartbeat(Outgoing, tag="heartbeat", frozen=True, kw_only=True):
    cursor: str


class Resync(Outgoing, tag="resync", frozen=True, kw_only=True):
    id: Id | None = None
    reason: str
    cursor: str


class Pong(Outgoing, tag="pong", frozen=True, kw_only=True):
    id: Id | None = None


class Error(Outgoing, tag="error", frozen=True, kw_only=True):
    id: Id | None = None
    code: str
    message: str


_decoder: msgspec.json.Decoder[AnyIncoming] = msgspec.json.Decoder(AnyIncoming)
_encoder = msgspec.json.Encoder()


class NotAMessage(ValueError):
    """What a client sent is none of the messages; ``id`` is the one it carried, if any."""

    def __init__(self, problem: str, message_id: Id | None = None) -> None:
        self.problem = problem
        self.id = message_id

    def __str__(self) -> str:
        return self.problem


class _WithId(msgspec.Struct):
    id: Id | None = None


def parse(text: str | bytes) -> AnyIncoming:
    """The message in a frame. Raises NotAMessage."""
    if isinstance(text, bytes):
        raise NotAMessage("Send text frames; binary ones mean nothing here.")
    try:
        return _decoder.decode(text)
    except msgspec.ValidationError as error:
        raise NotAMessage(str(error), id_in(text)) from None
    except (msgspec.DecodeError, RecursionError):
        raise NotAMessage("This is not JSON.") from None


def encode(message: Outgoing) -> bytes:
    return _encoder.encode(message)


def id_in(text: str | bytes) -> Id | None:
    """The id of a message that is refused, so that its error can be told apart."""
    try:
        return msgspec.json.decode(text, type=_WithId).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
