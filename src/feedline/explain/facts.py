"""What a story is told from: all of one moment, as the database has it."""

from dataclasses import dataclass, field
from typing import Literal

from feedline.feed.channels import PUBLIC, creator_channel, feed_channel
from feedline.feed.instants import Millis
from feedline.feed.trails import Dispatch, NodeRun, Trail
from feedline.feed.visibility import Tier

CONNECTIONS = 200  # of one person, from the post on, that a story looks at

ChangeKind = Literal["follow", "unfollow", "tier", "retracted"]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that changed between the person and the author after the post."""

    seq: int
    at: Millis
    kind: ChangeKind
    detail: str = ""
    """Of a tier, which; of what was retracted, why."""


@dataclass(frozen=True, slots=True)
class PostFacts:
    """The post. ``seq``: its place in the log, and ``committed_at`` when; None: trimmed by now."""

    id: str
    author_id: str
    author: str
    seq: int | None
    committed_at: Millis
    tier: Tier | None = None
    deleted_at: Millis | None = None
    deleted_seq: int | None = None


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """The person who asks where it is: what they follow and hold of the author now."""

    id: str
    name: str
    followed_since: Millis | None = None
    tier: Tier | None = None
    sees_all: bool = True
    """Whether the post is open for them now, and not locked."""
    is_apart: bool = False
    """Whether one of them has blocked the other."""


@dataclass(frozen=True, slots=True)
class Facts:
    """``changes``: of follows and tiers since the post, in order; ``all_changes``: whether these
    are all."""

    now: Millis
    kept_from: Millis
    """Before this not everything is remembered."""
    post: PostFacts
    person: PersonFacts
    changes: list[Change] = field(default_factory=list)
    all_changes: bool = True
    trails: list[Trail] = field(default_factory=list)
    last_before: Trail | None = None
    """The last connection that had ended by the time of the post."""
    nodes: dict[str, NodeRun] = field(default_factory=dict)
    dispatches: dict[str, Dispatch] = field(default_factory=dict)

    @property
    def is_own(self) -> bool:
        return self.person.id == self.post.author_id

    def brings(self, channel: str) -> bool:
        """Whether a channel is one that brings this post to everybody who has it."""
        return channel in (PUBLIC, creator_channel(self.post.author_id))

    def is_home(self, channel: str) -> bool:
        return channel == feed_channel(self.person.id)


class Follows:
    """Since when the person follows the author, in places of the log."""

    def __init__(self, facts: Facts) -> None:
        self._changes = [one for one in facts.changes if one.kind in ("follow", "unfollow")]
        self._first = _at_first(facts, self._changes)

    @property
    def at_the_post(self) -> bool | None:
        """Whether they did when it was published; None: that can't be told any more."""
        return self._first

    def since(self, position: int) -> int | None:
        """The place from which they follow, as of a position; 0: before the post; None: not."""
        found = 0 if self._first else None
        for change in self._changes:
            if change.seq > position:
                break
            if change.kind == "unfollow":
                found = None
            elif found is None:
                found = change.seq
        return found


def _at_first(facts: Facts, changes: list[Change]) -> bool | None:
    since = facts.person.followed_since
    follows = since is not None and since <= facts.post.committed_at
    if changes:
        return changes[0].kind == "unfollow" or (follows and len(changes) == 1)
    if facts.all_changes:  # as it is now: by the clocks of two nodes one might have come later
        return since is not None
    return True if follows else None
