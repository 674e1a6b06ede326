"""What a client sends, up to the point where something must be looked up for it."""

from dataclasses import dataclass

from feedline.errors import CloseCode, ProtocolViolation
from feedline.feed.cursor import Cursor
from feedline.wire.bucket import TokenBucket
from feedline.wire.messages import (
    AnyIncoming,
    Applied,
    Connect,
    Error,
    Id,
    NotAMessage,
    Outgoing,
    Ping,
    Pong,
    Subscribe,
    Unsubscribe,
    id_in,
    parse,
)

Command = Connect | Subscribe | Unsubscribe

_EXCESS = 50  # messages over the rate that are answered before the socket is closed


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Bounds of one session; 0 turns one off. Seconds and pieces."""

    message_rate: int = 50
    channels: int = 1_000
    heartbeat: float = 25


class Intake:
    """Holds the messages of one client to their rate, form and order; answers what it can."""

    __slots__ = ("_bucket", "_excess", "_limits", "_seen_connect", "applied")

    def __init__(self, limits: SessionLimits, now: float) -> None:
        self.applied: Cursor | None = None
        """How far the client has put events on the screen, as it says."""
        self._limits = limits
        self._bucket = TokenBucket(limits.message_rate, now)
        self._excess = 0
        self._seen_connect = False

    def read(self, text: str | bytes, now: float, channels: int) -> Command | Outgoing | None:
        """The command in a message, or the answer to it, or None if there is nothing to say.

        ``channels`` is how many the client has or is about to have. Raises ProtocolViolation
        when it has sent far too much.
        """
        if not self._bucket.take(now):
            return self._refuse_excess(id_in(text))
        try:
            message = parse(text)
        except NotAMessage as problem:
            return Error(id=problem.id, code="bad_request", message=str(problem))
        return self._sort(message, channels)

    def count(self, now: float) -> Error | None:
        """Counts a message, or a part of one that has more to follow; the answer if too many came.

        Raises ProtocolViolation when it is far too many.
        """
        return None if self._bucket.take(now) else self._refuse_excess()

    def _sort(self, message: AnyIncoming, channels: int) -> Command | Outgoing | None:
        match message:
            case Ping(id=ping_id):
                return Pong(id=ping_id)
            case Applied(cursor=cursor):
                self.applied = Cursor.parse(cursor)
                return None
            case Connect():
                return self._accept_connect(message)
            case Subscribe() | Unsubscribe() if not self._seen_connect:
                return Error(id=message.id, code="bad_request", message="Send connect first.")
            case Subscribe() if self._is_full(channels + 1):
                return Error(id=message.id, code="rate_limited", message=self._too_many())
        return message

    def _accept_connect(self, message: Connect) -> Connect | Error:
        if self._seen_connect:
            problem = "This connection has sent its connect already."
            return Error(code="bad_request", message=problem)
        if self._is_full(len(message.names)):
            return Error(code="bad_request", message=self._too_many())
        self._seen_connect = True
        return message

    def _refuse_excess(self, message_id: Id | None = None) -> Error:
        self._excess += 1
        if self._excess > _EXCESS:
            raise ProtocolViolation(CloseCode.TOO_MANY_MESSAGES, "too many messages")
        rate = self._limits.message_rate
        problem = f"Send at most {rate} messages a second."
        return Error(id=message_id, code="rate_limited", message=problem)

    def _is_full(self, channels: int) -> bool:
        return 0 < self._limits.channels < channels

    def _too_many(self) -> str:
        return f"A connection may have at most {self._limits.channels} channels."
