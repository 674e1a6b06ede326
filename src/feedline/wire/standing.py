"""What a connected person follows and may see, as of now; shared by all of their connections."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from feedline.feed.visibility import Tier, Viewer

Mark = int
"""Stands for somebody who is followed: four bytes in place of an id, which takes a hundred."""
SMALL = "I"  # the type of an array of such numbers
_NO_TIERS: Mapping[str, Tier] = MappingProxyType({})  # one for the many who hold none


class Numbers:
    """Small numbers, each in use once at a time."""

    __slots__ = ("_free", "_next")

    def __init__(self) -> None:
        self._next = 0
        self._free: list[int] = []

    def take(self) -> int:
        if self._free:
            return self._free.pop()
        self._next += 1
        return self._next - 1

    def give_back(self, number: int) -> None:
        self._free.append(number)


class Marks:
    """The marks of everybody whom somebody here follows."""

    __slots__ = ("_hashes", "_marks", "_numbers")

    def __init__(self) -> None:
        # By hash: nobody can make two ids of one, as it is keyed anew in each process.
        self._marks: dict[int, Mark] = {}
        self._hashes = array("q")  # at the place of each mark
        self._numbers = Numbers()

    def of(self, user_id: str) -> Mark | None:
        return self._marks.get(hash(user_id))

    def make(self, user_id: str) -> Mark:
        """The mark of somebody who has none yet, or the one that they have."""
        key = hash(user_id)
        mark = self._marks.get(key)
        if mark is None:
            mark = self._marks[key] = self._numbers.take()
            if mark == len(self._hashes):
                self._hashes.append(key)
            self._hashes[mark] = key
        return mark

    def drop(self, mark: Mark) -> None:
        """Nobody here follows them any more."""
        del self._marks[self._hashes[mark]]
        self._numbers.give_back(mark)


_NOBODY: frozenset[Mark] = frozenset()
_NEVER: Mapping[Mark, int] = MappingProxyType({})


class Standing:
    """The follows and tiers of one person.

    ``muted``: whom they follow without hearing of their posts. That is rare, so it costs nothing
    where it is not so.
    """

    __slots__ = ("_heard_since", "_marks", "_since", "followed", "muted", "viewer")

    def __init__(self, user_id: str, marks: Marks) -> None:
        self.viewer = Viewer(user_id, _NO_TIERS)
        self._marks = marks
        self.followed: array[Mark] = array(SMALL)
        """The marks of whose posts their home feed shows, their own among them; sorted."""
        self.muted = _NOBODY
        self._since = _NEVER
        self._heard_since = _NEVER

    def load(
        self,
        creators: Iterable[str],
        tiers: Mapping[str, Tier],
        muted: Iterable[str] = (),
        apart: frozenset[str] = frozenset(),
    ) -> None:
        """Takes what was true at one moment."""
        self.muted = frozenset(map(self._marks.make, muted)) or _NOBODY
        marks = {*map(self._marks.make, creators), self._marks.make(self.viewer.id or "")}
        self.followed = array(SMALL, sorted(marks))
        self.viewer = Viewer(self.viewer.id, dict(tiers) if tiers else _NO_TIERS, apart)

    def follow(self, creator_id: str, place: int) -> bool:
        """From a place in the log on somebody is followed; whether they were not before."""
        mark = self._marks.make(creator_id)
        if self._has(mark):
            return False
        insort(self.followed, mark)
        self._since = {**self._since, mark: place}
        return True

    def unfollow(self, creator_id: str) -> bool:
        """Somebody is followed no more; whether they were."""
        mark = self._marks.of(creator_id)
        if mark is None or not self._has(mark) or creator_id == self.viewer.id:
            return False
        del self.followed[bisect_left(self.followed, mark)]
        self._since = _without(self._since, mark)
        self._heard_since = _without(self._heard_since, mark)
        self.muted -= {mark}
        return True

    def hear_of(self, creator_id: str, place: int, *, notify_posts: bool) -> None:
        """From a place in the log on new posts of somebody followed are told, or not."""
        mark = self._marks.make(creator_id)
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
        self.viewer = Viewer(self.viewer.id, tiers, self.viewer.apart)

    def part(self, other_id: str) -> None:
        """From now on somebody is not there for this person, nor the other way round."""
        self.viewer = replace(self.viewer, apart=self.viewer.apart | {other_id})

    def meet(self, other_id: str) -> None:
        """From now on they are again."""
        self.viewer = replace(self.viewer, apart=self.viewer.apart - {other_id})

    def followed_since(self, creator_id: str) -> int | None:
        """The place in the log from which somebody is followed, 0 if that was before this person
        was here; None if they aren't."""
        mark = self._marks.of(creator_id)
        return self._since.get(mark, 0) if mark is not None and self._has(mark) else None

    def heard_since(self, creator_id: str) -> int | None:
        """The same for being notified of their posts."""
        mark = self._marks.of(creator_id)
        if mark is None or mark in self.muted or not self._has(mark):
            return None
        if creator_id == self.viewer.id:
            return None
        return max(self._since.get(mark, 0), self._heard_since.get(mark, 0))

    def _has(self, mark: Mark) -> bool:
        index = bisect_left(self.followed, mark)
        return index < len(self.followed) and self.followed[index] == mark


def _without(since: Mapping[Mark, int], mark: Mark) -> Mapping[Mark, int]:
    """Marks are given to others when nobody is followed by them: nothing may stay behind."""
    if mark not in since:
        return since
    return {other: place for other, place in since.items() if other != mark} or _NEVER


NOBODY = Standing("", Marks())
"""Of a connection whose person is not known yet."""
