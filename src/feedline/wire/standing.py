"""What a connected person follows and may see, as of now; shared by all of their connections."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from feedline.feed.visibility import Tier, Viewer

Mark = int
"""Stands for a person in memory: eight bytes in place of an id, which takes a hundred."""


def mark_of(user_id: str) -> Mark:
    """Nobody can make two ids of one mark: the hash is keyed anew in each process."""
    return hash(user_id)


_NOBODY: frozenset[Mark] = frozenset()
_NEVER: Mapping[Mark, int] = MappingProxyType({})


class Standing:
    """The follows and tiers of one person.

    ``muted``: whom they follow without hearing of their posts. That is rare, so it costs nothing
    where it is not so.
    """

    __slots__ = ("_heard_since", "_since", "followed", "muted", "viewer")

    def __init__(self, user_id: str) -> None:
        self.viewer = Viewer(user_id)
        self.followed: array[Mark] = array("q")
        """The marks of whose posts their home feed shows, their own among them; sorted."""
        self.muted = _NOBODY
        self._since: dict[Mark, int] = {}
        self._heard_since = _NEVER

    def load(
        self, creators: Iterable[str], tiers: Mapping[str, Tier], muted: Iterable[str] = ()
    ) -> None:
        """Takes what was true at one moment."""
        self.muted = frozenset(map(mark_of, muted)) or _NOBODY
        marks = {mark_of(creator) for creator in creators}
        self.followed = array("q", sorted({*marks, mark_of(str(self.viewer.id))}))
        self.viewer = Viewer(self.viewer.id, dict(tiers))

    def follow(self, creator_id: str, place: int) -> bool:
        """From a place in the log on somebody is followed; whether they were not before."""
        mark = mark_of(creator_id)
        if self._has(mark):
            return False
        insort(self.followed, mark)
        self._since[mark] = place
        return True

    def unfollow(self, creator_id: str) -> bool:
        """Somebody is followed no more; whether they were."""
        mark = mark_of(creator_id)
        if not self._has(mark) or creator_id == self.viewer.id:
            return False
        del self.followed[bisect_left(self.followed, mark)]
        self._since.pop(mark, None)
        self.muted -= {mark}
        return True

    def hear_of(self, creator_id: str, place: int, *, notify_posts: bool) -> None:
        """From a place in the log on new posts of somebody followed are told, or not."""
        mark = mark_of(creator_id)
        if not notify_posts:
            self.muted |= {mark}
        elif mark in self.muted:
            self.muted -= {mark}
            self._heard_since = {**self._heard_since, mark: place}

    def hold(self, creator_id: str, tier: Tier | None) -> None:
        """From now on a tier of a creator is held, or none."""
        tiers = {id_: held for id_, held in self.viewer.tiers.items() if id_ != creator_id}
        if tier is not None:
            tiers[creator_id] = tier
        self.viewer = Viewer(self.viewer.id, tiers)

    def followed_since(self, creator_id: str) -> int | None:
        """The place in the log from which somebody is followed, 0 if that was before this person
        was here; None if they aren't."""
        mark = mark_of(creator_id)
        return self._since.get(mark, 0) if self._has(mark) else None

    def heard_since(self, creator_id: str) -> int | None:
        """The same for being notified of their posts."""
        mark = mark_of(creator_id)
        if mark in self.muted or creator_id == self.viewer.id or not self._has(mark):
            return None
        return max(self._since.get(mark, 0), self._heard_since.get(mark, 0))

    def _has(self, mark: Mark) -> bool:
        index = bisect_left(self.followed, mark)
        return index < len(self.followed) and self.followed[index] == mark


NOBODY = Standing("")
"""Of a connection whose person is not known yet."""
