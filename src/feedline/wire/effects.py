"""What a session asks of the world around it. The driver carries each effect out, in order."""

import msgspec


class Send(msgspec.Struct, frozen=True):
    """Send this text message."""

    body: bytes


class Replay(msgspec.Struct, frozen=True):
    """Send these messages of a subscription's replay, in one write if the transport can."""

    bodies: list[bytes]


class Close(msgspec.Struct, frozen=True):
    """Close the socket."""

    code: int
    reason: str


class VerifyToken(msgspec.Struct, frozen=True):
    """Find out who this token is; answer with ``identified`` or ``unidentified``."""

    token: str


class CheckChannels(msgspec.Struct, frozen=True):
    """Find out which channels are refused, and where the log stands; ``channels_checked``."""

    channels: tuple[str, ...]


class ReadLog(msgspec.Struct, frozen=True):
    """Read the log after a position, once the hub has got there; answer with ``log_read``.

    Where ``topics`` are given, all that they bring is wanted and nothing else: the driver may send
    it to the client itself, and answer with ``sent_up_to``.
    """

    after: int
    topics: frozenset[str] | None = None


class Join(msgspec.Struct, frozen=True):
    """From now on hand over the live events of the topics that the session covers, no others.

    What is owed of the topics that it had before is sent first.
    """


class TellUnread(msgspec.Struct, frozen=True):
    """Find out which notifications are unread; answer with ``tell_unread``."""


Effect = Send | Replay | Close | VerifyToken | CheckChannels | ReadLog | Join | TellUnread
