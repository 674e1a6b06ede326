"""A world around sessions, without I/O: a log, a hub's position, sockets that drop, clients.

Everything that takes time in reality waits here until the test lets it happen: the dispatch of
committed events, answers of the database, messages on their way to the client.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from feedline.feed.channels import (
    creator_channel,
    feed_channel,
    notifications_channel,
    own_topic,
)
from feedline.feed.cursor import Cursor
from feedline.feed.events import (
    AnyEvent,
    CreatorUpdated,
    NotificationAdded,
    PostCreated,
    PostDeleted,
    PostUpdated,
    SessionRevoked,
    herald_of,
    home_of,
    topics,
)
from feedline.feed.notifications import NotificationRow, notification_of
from feedline.feed.people import Creator, Identity
from feedline.feed.posts import Access, Content, Engagement, Media, Post
from feedline.feed.visibility import Viewer
from feedline.hub.fanout import Fanout
from feedline.hub.lanes import GONE, Framing, Lane, Seat
from feedline.hub.ring import Ring
from feedline.hub.stretches import Stretches
from feedline.wire.effects import (
    CheckChannels,
    Close,
    Effect,
    Join,
    ReadLog,
    Replay,
    Send,
    TellUnread,
)
from feedline.wire.encoded import EncodedEvent
from feedline.wire.intake import SessionLimits
from feedline.wire.session import Session
from feedline.wire.span import LogSpan
from feedline.wire.standing import Marks, Standing

EPOCH = "e1"
VIEWER = "me"
OWN = own_topic(VIEWER)  # what every connection of the viewer gets, whatever its channels
AUTHORS = (VIEWER, "ann", "bob")
FOLLOWED = ("bob",)
POSTS = ("p1", "p2")
INBOX = notifications_channel(VIEWER)
CHANNELS = (
    *("feed:me", INBOX, "creator:ann", "creator:bob", "creator:me"),
    *("public", "post:p1", "post:p2"),
)
RING = 5  # events that a replay need not read from the log
PAGE = 3  # entries of the log read at a time: small, so that replays have seams


def make_event(kind: str, author: str, post_id: str, seq: int) -> AnyEvent:
    """An event of each kind, at a place in the log."""
    base = {
        "cursor": str(Cursor(EPOCH, seq)),
        "channel": creator_channel(author),
        "timestamp": "2026-01-22T10:00:00.000Z",
    }
    match kind:
        case "created":
            return PostCreated(**base, post=make_post(post_id, author), user_id=author)
        case "updated":
            return PostUpdated(**base, post=make_post(post_id, author), user_id=author)
        case "deleted":
            return PostDeleted(**base, post_id=post_id, user_id=author)
        case "notice":
            row = NotificationRow(
                id=f"n{seq}", user_id=None, kind="post", actor=make_creator(author), created_at=seq
            )
            return NotificationAdded(**base, notification=notification_of(row))
        case "creator":
            return CreatorUpdated(**base, creator=make_creator(author))
        case _:
            return SessionRevoked(**base, session_id="another")


def make_creator(user_id: str) -> Creator:
    return Creator(id=user_id, username=user_id, name=user_id, avatar=None, is_verified=False)


def make_post(post_id: str, author: str) -> Post:
    return Post(
        id=post_id,
        client_id=None,
        creator=make_creator(author),
        content=Content(title=None, text="text", category=None, tags=[]),
        media=Media(type="text", url=None, thumbnail=None, aspect_ratio=None),
        access=Access(tier=None, is_locked=False),
        engagement=Engagement(likes_count=0, comments_count=0),
        created_at="2026-01-22T10:00:00.000Z",
        updated_at="2026-01-22T10:00:00.000Z",
    )


class Bodies:
    """A framing that keeps bodies apart."""

    transport = "ws"

    def frame(self, event: EncodedEvent, viewer: Viewer | None) -> bytes:
        return (event.body_for(viewer) or b"") + b"\n"

    def joined(self, frames: Sequence[bytes]) -> bytes:
        return b"".join(frames)


BODIES = Bodies()


def standing() -> Standing:
    """The viewer's, who follows somebody."""
    found = Standing(VIEWER, Marks())
    found.load(FOLLOWED, {})
    return found


class Bystander:
    """Somebody else's connection."""

    def __init__(self) -> None:
        self.last = GONE
        self.lane: Lane | None = None
        self.request = "somebody's"
        self.framing: Framing = BODIES
        self.viewer = Viewer("somebody")
        self.write: Callable[[bytes], int | None] = lambda _: None

    def keep(self, frames: bytes, taken: int) -> None:
        raise AssertionError("everything was taken")

    def tell(self, body: bytes) -> None:
        raise AssertionError("nobody here has the channel of admins")

    def recheck(self) -> None:
        pass


def _feeds(creator_id: str) -> list[str]:
    return [feed_channel(VIEWER)] if creator_id in (VIEWER, *FOLLOWED) else []


def _hearing(creator_id: str) -> list[str]:
    return [INBOX] if creator_id in FOLLOWED else []


class World:
    """The log, and the hub's side of it. Its clock moves on whenever somebody looks at it."""

    def __init__(self) -> None:
        self.log: list[AnyEvent] = []
        self.floor = 0
        self.position = 0
        self.links: list[Link] = []
        self.ring = Ring(RING, 2**30)
        self.stretches = Stretches(self.ring)
        self._time = 0.0
        self.fanout = Fanout(clock=self._tick, feeds=_feeds, hearing=_hearing)
        self.crowd = [Bystander() for _ in range(20)]

    def _tick(self) -> float:
        self._time += 1.0
        return self._time

    @property
    def head(self) -> int:
        return len(self.log)

    def commit(self, kind: str, author: str, post_id: str) -> None:
        self.log.append(make_event(kind, author, post_id, self.head + 1))

    def dispatch(self) -> None:
        """The hub takes the next entry of the log."""
        if self.position < self.head:
            self.position += 1
            event = EncodedEvent(self.position, self.log[self.position - 1])
            self.ring.add(event)
            if isinstance(event.event, PostDeleted):
                self.stretches.forget()
            self.fanout.offer(event, self.links if event.actor == VIEWER else ())

    def wanted(self, channels: set[str], after: int, until: int) -> list[int]:
        """The places in the log of what channels or topics bring between two positions."""
        return [s for s in range(after + 1, until + 1) if self._is_wanted(channels, s)]

    def _is_wanted(self, channels: set[str], seq: int) -> bool:
        event = self.log[seq - 1]
        home = home_of(event)
        return bool(
            channels & set(topics(event))
            or (feed_channel(VIEWER) in channels and home in (VIEWER, *FOLLOWED))
            or (INBOX in channels and herald_of(event) in FOLLOWED)
        )


class Link:
    """One connection: a session, its driver, and the messages that the client has not read."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.request = "link's"
        self.session = Session(
            "link", EPOCH, lambda: world.position, SessionLimits(message_rate=0), 0.0
        )
        self.session.identified(Identity(VIEWER, "session", 2**62), standing())
        self.in_flight: deque[bytes] = deque()
        self.questions: deque[CheckChannels | ReadLog | TellUnread] = deque()
        self.closed_with: int | None = None
        world.links.append(self)
        self._pumping = False
        self.last = GONE
        self.lane: Lane | None = None
        self.framing: Framing = BODIES
        self.viewer = Viewer(VIEWER)
        self.write: Callable[[bytes], int | None] = self._write
        self.rechecked = 0
        self.full_after: int | None = None  # how many more messages fit into the socket

    def keep(self, frames: bytes, taken: int) -> None:
        raise AssertionError("everything was taken")

    def _write(self, frames: bytes) -> None:
        for body in frames.splitlines():
            self._send(body)
        self._look_at_room()

    def tell(self, body: bytes) -> None:
        raise AssertionError("nobody here has the channel of admins")

    def recheck(self) -> None:
        self.rechecked += 1

    def say(self, message: dict[str, object]) -> None:
        self.session.receive(msgspec.json.encode(message).decode(), 0.0)
        self.pump()

    def answer(self) -> None:
        """The database answers the oldest question, with what is true now."""
        if not self.questions:
            return
        world, question = self.world, self.questions.popleft()
        if isinstance(question, CheckChannels):
            self.session.channels_checked({}, LogSpan(EPOCH, world.floor, world.head))
        elif isinstance(question, TellUnread):
            self.settle()
            self.session.tell_unread([], world.position)
        elif question.after > world.position:
            self.questions.append(question)
        else:
            start = max(question.after, world.floor)
            end = min(start + PAGE, world.head)
            events = [EncodedEvent(s, world.log[s - 1]) for s in range(start + 1, end + 1)]
            self.session.log_read(events, max(end, question.after), world.floor)
        self.pump()

    def fill(self, room: int) -> None:
        """The peer reads no more: after ``room`` more messages the socket is full."""
        self.full_after = room

    def drain(self) -> None:
        self.full_after = None
        self.session.resume()
        self.pump()

    def drop(self) -> None:
        """The connection is gone, with all that was in flight."""
        self.session.closed = True
        self.world.fanout.leave(self)
        self.world.links.remove(self)

    def pump(self) -> None:
        if self._pumping:
            return
        self._pumping = True
        for effect in self.session.effects():
            self._perform(effect)
        self._pumping = False

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(body=body):
                self._send(body)
                self._look_at_room()
            case Replay(bodies=bodies):
                for body in bodies:
                    self._send(body)
                self._look_at_room()
            case Join():
                self.settle()
                if self.session.live:
                    # Others on the same lane, so that its rounds take more than one slice.
                    topics = self.session.coverage.channels
                    seats: list[Seat] = [*self.world.crowd, self]
                    for seat in seats:
                        self.world.fanout.place(seat, topics, self.world.position)
            case CheckChannels() | ReadLog() | TellUnread():
                if not self._send_stretch(effect):
                    self.questions.append(effect)
            case Close(code=code):
                self.closed_with = code

    def _send_stretch(self, question: CheckChannels | ReadLog | TellUnread) -> bool:
        if not isinstance(question, ReadLog) or question.topics is None:
            return False
        if question.after >= self.world.position:
            return False
        stretch = self.world.stretches.after(question.after, question.topics - {OWN}, BODIES)
        if stretch is None or OWN in stretch.concerned:
            return False
        self.session.sent_up_to(stretch.end)
        self._write(stretch.frames)
        return True

    @property
    def position(self) -> int:
        """Up to where in the log this connection has been sent everything."""
        session = self.session
        return (
            self.world.fanout.reached(self, self.world.position)
            if session.live
            else session.position
        )

    def settle(self) -> None:
        self.world.fanout.settle(self)

    def beat(self) -> None:
        self.settle()
        self.session.beat()
        self.pump()

    def _send(self, body: bytes) -> None:
        self.in_flight.append(body)
        if self.full_after is not None:
            self.full_after -= 1

    def _look_at_room(self) -> None:
        if self.full_after is not None and self.full_after <= 0:
            self.full_after = None
            self.session.pause(self.position)
            self.world.fanout.leave(self)
            self.pump()


@dataclass
class Client:
    """What a well-behaved client knows: its cursor, its channels, and the events it was given."""

    cursor: int | None = None
    connected: bool = False
    start: dict[str, int] = field(default_factory=dict)
    """Each channel that it has, and the place in the log from which it is owed events."""
    joining: dict[int, tuple[str, int | None]] = field(default_factory=dict)
    """Subscriptions that are not caught up: their channel and the cursor they began with."""
    had: set[int] = field(default_factory=set)
    """The events that came in this client's whole life."""
    here: list[int] = field(default_factory=list)
    """Events of this connection that moved the cursor, in order of arrival."""
    replayed: dict[int, list[int]] = field(default_factory=dict)
    """Events of this connection that came as replay, by subscription."""
    wants_unread: bool = False
    """Whether it waits to be told which notifications are unread."""
