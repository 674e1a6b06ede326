"""The roster: who is connected here, and when each is to be looked at again.

Most connections are quiet, and most deadlines far away: to look at each of 2,000 twice a second
took 15 ms of CPU in each second. So each says when its next deadline may have come, and stands in a
list of those to be looked at in that moment. A list costs less than a heap, and a deadline that
has moved on, as most do, costs nothing until its old one has come.
"""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

MOMENT = 0.1  # seconds; those of one moment are looked at together
_LOOKED_AT = -1

Member = TypeVar("Member")


class Roster(Generic[Member]):
    """Members in the order in which they came. Times are those of ``clock``, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._moments: dict[Member, int] = {}  # when each is to be looked at
        self._due: dict[int, list[Member]] = {}  # who was to be by then; some have moved on
        self._passed = _moment(clock())

    def __len__(self) -> int:
        return len(self._moments)

    def __contains__(self, member: Member) -> bool:
        return member in self._moments

    def __iter__(self) -> Iterator[Member]:
        return iter(self._moments)

    def add(self, member: Member) -> None:
        """Somebody came, and is looked at soon."""
        self._moments[member] = _LOOKED_AT
        self.look_at(member, self._clock())

    def remove(self, member: Member) -> None:
        del self._moments[member]

    def look_at(self, member: Member, time: float) -> None:
        """Somebody is to be looked at once this time has come, if they are still there.

        An earlier time stays: who is often to be looked at soon is looked at.
        """
        known = self._moments.get(member)
        moment = max(_moment(time), self._passed) + 1
        if known == _LOOKED_AT or (known is not None and moment < known):
            self._moments[member] = moment
            self._due.setdefault(moment, []).append(member)

    def due(self) -> Iterator[Member]:
        """Those whose time has come, each once. Members may come and go meanwhile."""
        for moment in range(self._passed + 1, _moment(self._clock()) + 1):
            self._passed = moment
            for member in self._due.pop(moment, ()):
                if self._moments.get(member) == moment:
                    self._moments[member] = _LOOKED_AT  # who went and came again stands there twice
                    yield member


def _moment(time: float) -> int:
    return int(time / MOMENT)
