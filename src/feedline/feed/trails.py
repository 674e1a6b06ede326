"""Trails: what is remembered for a day of connections and of posts on their way.

There is nothing for a post and a connection together. A connection writes down from where to where
in the log it was served, and how; whether a post was among that follows from the post's place.
"""

import msgspec

from feedline.feed.experiments import Transport
from feedline.feed.instants import Millis


class Mark(msgspec.Struct, frozen=True, array_like=True, tag_field="kind", gc=False):
    """Something that happened to a connection, when, and at which place in the log.

    ``gc``: none is ever part of a cycle. Thousands of connections have one each, and what lies
    between them in memory makes each delivery slower.
    """

    at: Millis
    position: int


class Began(Mark, frozen=True, tag="began"):
    """It is served what comes after the position. ``arrived``: where the log stood by then."""

    arrived: int
    renewed: bool = False
    """Whether it was so before, and is only said anew."""


class WentLive(Mark, frozen=True, tag="live"):
    """It was sent everything up to the position; from now on it is sent what happens."""


class Lagged(Mark, frozen=True, tag="lagged"):
    """Its socket was full: it was sent everything up to the position, and no more for now."""


class Resynced(Mark, frozen=True, tag="resync"):
    """What is after ``after`` and up to the position it had to load anew."""

    reason: str
    after: int


class Subscribed(Mark, frozen=True, tag="channels"):
    """The channels that bring posts, each from its place on; ``omitted`` are not written down."""

    since: dict[str, int]
    omitted: int = 0


class Applied(Mark, frozen=True, tag="applied"):
    """The client said that everything up to the position is on the screen."""


class Answered(Mark, frozen=True, tag="answered"):
    """A poll brought what was after ``after`` and up to the position."""

    after: int


AnyMark = Began | WentLive | Lagged | Resynced | Subscribed | Applied | Answered


class Trail(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A connection of somebody, or their polls in a row, on one node.

    ``reached``: the place up to which it had been sent everything when it was closed.
    """

    id: str
    user_id: str
    node_id: str
    transport: Transport
    opened_at: Millis
    closed_at: Millis | None = None
    close_code: int | None = None
    close_reason: str = ""
    reached: int | None = None
    marks: list[AnyMark] = []


class NodeRun(msgspec.Struct, frozen=True, kw_only=True):
    """A process from its start to its end, and when it was last heard of.

    ``missed``: connections of which it could not write everything down.
    """

    id: str
    name: str
    pid: int
    started_at: Millis
    seen_at: Millis
    ended_at: Millis | None = None
    missed: int = 0


class Dispatch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A new post on one node: when its sockets were given it, and how many they were.

    ``last_at`` is None until all of them were, and ``first_at`` if there was none.
    """

    seq: int
    node_id: str
    at: Millis
    sockets: int = 0
    first_at: Millis | None = None
    last_at: Millis | None = None


class Chapter(msgspec.Struct, frozen=True, gc=False):
    """The next marks of a trail, with a number that puts them in order."""

    trail_id: str
    number: int
    at: Millis
    marks: list[AnyMark]


class TrailBatch(msgspec.Struct, kw_only=True):
    """What a node has to write down."""

    node: NodeRun
    opened: list[Trail] = []
    chapters: list[Chapter] = []
    closed: list[Trail] = []
    dispatches: list[Dispatch] = []
