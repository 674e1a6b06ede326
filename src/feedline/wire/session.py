"""The session of one connection: which channels it has, and up to where it has been served.

No I/O. Inputs are methods; after each, the driver carries out what :meth:`Session.effects`
yields. The rule that everything hangs on: ``position`` is the place in the log up to which this
connection has been sent all that its channels brought. Replay moves it towards the hub's
position; only where the two meet does the session join the hub's topics and become live. When
its socket is full it leaves them again, and comes back the same way.

A ``subscribe`` with an older cursor is replayed beside the live events, marked with its id,
leaving out what the connection had through its other channels.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from feedline.errors import CloseCode, ProtocolViolation
from feedline.feed.channels import notifications_channel, own_topic
from feedline.feed.cursor import Cursor
from feedline.feed.notifications import Notification
from feedline.feed.people import Identity
from feedline.wire.coverage import Coverage
from feedline.wire.effects import (
    CheckChannels,
    Close,
    Effect,
    Join,
    ReadLog,
    Replay,
    Send,
    TellUnread,
    VerifyToken,
)
from feedline.wire.encoded import EncodedEvent
from feedline.wire.intake import Command, Intake, SessionLimits
from feedline.wire.messages import (
    CaughtUp,
    ChannelVerdict,
    Connect,
    Connected,
    Error,
    Heartbeat,
    Id,
    Outgoing,
    Resync,
    Subscribe,
    Subscribed,
    UnreadNotifications,
    Unsubscribe,
    Unsubscribed,
    encode,
)
from feedline.wire.span import LogSpan
from feedline.wire.standing import NOBODY, Standing

_STRETCH = 48 * 1024  # bytes of a replay sent at a time: a slow reader must be able to stop it


@dataclass(slots=True)
class _Replay:
    """One subscription on its way from its cursor to now."""

    id: Id | None
    channel: str
    start: int
    position: int


class Resynced(NamedTuple):
    """What the client was told to load anew: what comes after a place, and why."""

    reason: str
    after: int


@dataclass(slots=True)
class _Checked:
    """A command whose channels have been checked."""

    command: Connect | Subscribe
    refusals: dict[str, str]
    span: LogSpan


class Session:
    """The state of one connection. ``level`` tells the hub's position at any time."""

    __slots__ = (
        "_checked",
        "_checking",
        "_limits",
        "_out",
        "_owes_unread",
        "_page",
        "_page_end",
        "_paused",
        "_pending",
        "_reading",
        "_replay",
        "_say_caught_up",
        "_todo",
        "closed",
        "connected",
        "coverage",
        "epoch",
        "id",
        "identity",
        "intake",
        "level",
        "live",
        "position",
        "resynced",
        "standing",
    )

    def __init__(
        self,
        session_id: str,
        epoch: str,
        level: Callable[[], int],
        limits: SessionLimits,
        now: float,
    ) -> None:
        self.id = session_id
        self.epoch = epoch
        self.level = level
        self.identity: Identity | None = None
        self.standing = NOBODY
        self.position = 0
        self.coverage = Coverage(NOBODY, 0)
        self.connected = False
        self.live = False
        self.closed = False
        self.intake = Intake(limits, now)
        self.resynced: Resynced | None = None
        self._limits = limits
        self._say_caught_up = False
        self._owes_unread = False
        # Lists, not deques: they are short, mostly empty, and an empty deque takes 700 bytes.
        self._todo: list[Command] = []
        self._out: list[Effect] = []
        self._pending = False  # credentials or channels are being looked up
        self._paused = False
        self._checking: Connect | Subscribe | None = None
        self._checked: _Checked | None = None
        self._replay: _Replay | None = None
        self._reading: _Replay | Session | None = None  # on whose behalf the log is being read
        self._page: deque[EncodedEvent] | None = None
        self._page_end = 0

    # ---- inputs

    def await_identity(self) -> None:
        """Credentials came with the upgrade and are being looked up."""
        self._pending = True

    def identified(self, identity: Identity, standing: Standing) -> None:
        """The credentials were good."""
        self.identity = identity
        self.standing = standing
        self._pending = False

    def unidentified(self) -> None:
        """The credentials were bad, and nothing else can be tried."""
        self.close(CloseCode.UNAUTHENTICATED, "not authenticated")

    def anonymous(self) -> None:
        """The credentials of the upgrade do not count; a token may still come in ``connect``."""
        self._pending = False

    def receive(self, text: str | bytes, now: float) -> None:
        """A message came from the client."""
        if self.closed:
            return
        asked = sum(len(_names(command)) for command in self._waiting())
        channels = asked + len(self.coverage.channels)
        try:
            message = self.intake.read(text, now, channels)
        except ProtocolViolation as violation:
            self.close(violation.close_code, violation.reason)
            return
        if isinstance(message, Outgoing):
            self._say(message)
        elif isinstance(message, Unsubscribe) and not self._is_awaited(message.channel):
            self._unsubscribe(message)
        elif message is not None:
            self._todo.append(message)

    def fragment(self, now: float) -> None:
        """A part of a message came, with more to follow."""
        if self.closed:
            return
        try:
            refusal = self.intake.count(now)
        except ProtocolViolation as violation:
            self.close(violation.close_code, violation.reason)
            return
        if refusal is not None:
            self._say(refusal)

    def channels_checked(self, refusals: dict[str, str], span: LogSpan) -> None:
        """Answers CheckChannels: the error codes of refused channels, and the log's span."""
        if self._checking is not None:
            self._checked = _Checked(self._checking, refusals, span)
        self._checking = None
        self._pending = False

    def log_read(self, events: list[EncodedEvent], end: int, floor: int) -> None:
        """Answers ReadLog: all events up to ``end``, of a log that begins after ``floor``."""
        reader, self._reading = self._reading, None
        if reader is self and not self.live:
            expired = self.position < floor
        elif reader is not None and reader is self._replay and self.live:
            expired = self._replay.position < floor
        else:
            return  # whoever wanted it has unsubscribed, or must catch up first
        if expired:
            self._give_up_replay()
        else:
            self._page, self._page_end = deque(events), end

    def sent_up_to(self, end: int) -> None:
        """Answers ReadLog: the driver is sending what was wanted up to ``end`` itself."""
        self._reading = None
        self.position = end

    def channels_lost(self, channels: Iterable[str]) -> None:
        """Channels that this person may have no more end."""
        for channel in channels:
            self._end_channel(channel)
            self._say(Unsubscribed(channel=channel))

    def pause(self, reached: int) -> None:
        """The socket is full: nothing more is sent until :meth:`resume`.

        ``reached`` is the position up to which a live connection has been sent everything.
        """
        self._paused = True
        if self.live:
            self.position = reached
            self.live = False
            self._page = None  # of a subscription's replay; it is read again after catching up

    def resume(self) -> None:
        """The socket has drained; what was missed is read from the log."""
        self._paused = False

    def tell_unread(self, notifications: list[Notification], count: int) -> None:
        """Answers TellUnread."""
        if self.live:
            self._say(UnreadNotifications(notifications=notifications, count=count))
        else:  # what it reads on may be newer than this
            self.owe_unread()

    def owe_unread(self) -> None:
        """What is unread has to be told, as soon as this connection is live."""
        self._owes_unread = self.notifications_channel in self.coverage.channels

    def close(self, code: CloseCode, reason: str) -> None:
        """Ends the session."""
        if not self.closed:
            self.closed = True
            self._out.append(Close(code, reason))

    def beat(self) -> None:
        """The connection was silent for a while, and is owed nothing: say where it stands."""
        if self.connected and not self._paused:
            self._say(Heartbeat(cursor=self._cursor(self.here())))

    # ---- outputs

    def effects(self) -> Iterator[Effect]:
        """What is to be done now. Inputs may arrive between two effects, a pause above all."""
        while True:
            if self._out:
                yield self._out.pop(0)
            elif self.closed or not self._step():
                return

    @property
    def notifications_channel(self) -> str:
        """This person's."""
        return notifications_channel(self.standing.viewer.id or "")

    def here(self) -> int:
        """The position up to which this connection has been sent everything."""
        return self.level() if self.live else self.position

    # ---- one step at a time

    def _step(self) -> bool:
        """Does the next small thing; False if there is none, or it must wait for an answer."""
        if self._pending or self._paused or self._reading is not None:
            return False
        if self._page is not None:
            self._send_from_page(self._page)
        elif self.connected and not self.live:
            self._catch_up()
        elif self._replay is not None:
            self._go_on_replaying(self._replay)
        elif self._owes_unread:
            self._owes_unread = False
            self._out.append(TellUnread())
        elif self._checked is not None:
            checked, self._checked = self._checked, None
            self._begin(checked)
        elif self._todo:
            self._look_up(self._todo.pop(0))
        else:
            return False
        return True

    def _catch_up(self) -> None:
        if self.position != self.level():
            self._reading = self
            topics = self.coverage.topics_since(self.position)
            self._out.append(ReadLog(self.position, topics))
            return
        self.live = True
        self._out.append(Join())
        if self._say_caught_up:
            self._say_caught_up = False
            self._say(CaughtUp(cursor=self._cursor(self.here())))

    def _go_on_replaying(self, replay: _Replay) -> None:
        if replay.position != self.level():
            self._reading = replay
            self._out.append(ReadLog(replay.position))
            return
        self._replay = None
        self.coverage.add(replay.channel, replay.start)
        self._out.append(Join())
        self._say(CaughtUp(id=replay.id, cursor=self._cursor(self.here())))
        self._begin_notifying(replay.channel)

    def _send_from_page(self, page: deque[EncodedEvent]) -> None:
        """Sends a stretch of what is wanted of a page, or ends the page."""
        bodies: list[bytes] = []
        size = 0
        while page and size < _STRETCH:
            event = page.popleft()
            body = self._replayed(event)
            self._move_to(event.seq)
            if body is not None:
                bodies.append(body)
                size += len(body)
        if bodies:
            self._out.append(Replay(bodies))
        elif not page:
            self._move_to(self._page_end)
            self._page = None

    def _replayed(self, event: EncodedEvent) -> bytes | None:
        """The body of an event for the replay that is under way, or None if it is not wanted."""
        viewer, coverage = self.standing.viewer, self.coverage
        if not self.live:
            return event.body_for(viewer) if coverage.covers(event) else None
        replay = self._replay
        if replay is None or coverage.covers(event) or not coverage.brings(replay.channel, event):
            return None
        return event.body_for(viewer) if replay.id is None else event.replay_for(viewer, replay.id)

    def _move_to(self, seq: int) -> None:
        if not self.live:
            self.position = max(self.position, seq)
        elif self._replay is not None:
            self._replay.position = max(self._replay.position, seq)

    # ---- commands

    def _is_awaited(self, channel: str) -> bool:
        """Whether an earlier command that is not carried out yet names the channel."""
        return any(
            channel in command.names if isinstance(command, Connect) else command.channel == channel
            for command in self._waiting()
        )

    def _waiting(self) -> list[Command]:
        """The commands that came and are not carried out yet."""
        waiting = [*self._todo]
        if self._checking is not None:
            waiting.append(self._checking)
        if self._checked is not None:
            waiting.append(self._checked.command)
        return waiting

    def _look_up(self, command: Command) -> None:
        """Asks for what must be known before a command can be carried out."""
        if isinstance(command, Unsubscribe):
            self._unsubscribe(command)
        elif isinstance(command, Connect) and command.token is not None:
            self._pending = True
            self._out.append(VerifyToken(command.token))
            self._todo.insert(0, Connect(channels=command.channels, cursor=command.cursor))
        elif self.identity is None:
            self.unidentified()
        else:
            channels = _names(command)
            self._pending = True
            self._checking = command
            self._out.append(CheckChannels(tuple(dict.fromkeys(channels))))

    def _begin(self, checked: _Checked) -> None:
        if isinstance(checked.command, Connect):
            self._connect(checked.command, checked)
        else:
            self._subscribe(checked.command, checked)

    def _connect(self, command: Connect, checked: _Checked) -> None:
        identity = self.identity
        if identity is None:
            return
        start, reason = checked.span.start(command.cursor, self.level())
        self.coverage = Coverage(self.standing, checked.span.head)
        self.coverage.add(own_topic(identity.user_id), start)
        verdicts = []
        for channel in dict.fromkeys(command.names):
            code = checked.refusals.get(channel)
            verdicts.append(ChannelVerdict(channel=channel, ok=code is None, code=code))
            if code is None:
                self.coverage.add(channel, start)
        self.position = start
        self.connected = True
        self._say(
            Connected(
                user_id=identity.user_id,
                session_id=self.id,
                cursor=self._cursor(start),
                heartbeat=_plain(self._limits.heartbeat),
                channels=verdicts,
            )
        )
        self.owe_unread()
        self._say_caught_up = reason is None
        if reason is not None:
            self.resynced = Resynced(reason, 0)
            self._say(Resync(reason=reason, cursor=self._cursor(start)))

    def _subscribe(self, command: Subscribe, checked: _Checked) -> None:
        code = checked.refusals.get(command.channel)
        if code is not None:
            self._complain(command.id, code, f"This channel is refused: {code}.")
            return
        start, reason = checked.span.start(command.cursor, self.here())
        cursor = self._cursor(start)
        self._say(Subscribed(id=command.id, channel=command.channel, cursor=cursor))
        if reason is not None:
            self.coverage.add(command.channel, start)
            self.resynced = Resynced(reason, 0)
            self._out.append(Join())
            self._say(Resync(id=command.id, reason=reason, cursor=cursor))
            self._begin_notifying(command.channel)
        else:
            self._replay = _Replay(command.id, command.channel, start, start)

    def _begin_notifying(self, channel: str) -> None:
        """A channel has begun: if it is that of notifications, tells what is unread."""
        if channel == self.notifications_channel:
            self.owe_unread()

    def _unsubscribe(self, command: Unsubscribe) -> None:
        self._end_channel(command.channel)
        self._say(Unsubscribed(id=command.id, channel=command.channel))

    def _end_channel(self, channel: str) -> None:
        if self._replay is not None and self._replay.channel == channel:
            self._replay = None
            if self.live:
                self._page = None
        if self.coverage.remove(channel) and self.live:
            self._out.append(Join())
        if channel == self.notifications_channel:
            self._owes_unread = False

    def _give_up_replay(self) -> None:
        """The log no longer has what is missing: go on from here and let the client reload."""
        replay = self._replay
        if self.live and replay is not None:
            self._replay = None
            self.coverage.add(replay.channel, self.here())
            self.resynced = Resynced("cursor_expired", replay.position)
            self._out.append(Join())
            cursor = self._cursor(self.here())
            self._say(Resync(id=replay.id, reason="cursor_expired", cursor=cursor))
            self._begin_notifying(replay.channel)
        else:
            self.owe_unread()
            self.resynced = Resynced("cursor_expired", self.position)
            self.position = self.level()
            self._say_caught_up = False
            self._say(Resync(reason="cursor_expired", cursor=self._cursor(self.position)))

    # ---- answers

    def _say(self, message: Outgoing) -> None:
        self._out.append(Send(encode(message)))

    def _complain(self, message_id: Id | None, code: str, problem: str) -> None:
        self._say(Error(id=message_id, code=code, message=problem))

    def _cursor(self, seq: int) -> str:
        return str(Cursor(self.epoch, seq))


def _plain(seconds: float) -> float | int:
    """25, not 25.0, where the fraction says nothing."""
    return int(seconds) if seconds == int(seconds) else seconds


def _names(command: Command) -> list[str]:
    """The channels that a command asks for."""
    match command:
        case Connect():
            return command.names
        case Subscribe():
            return [command.channel]
    return []
