"""What was sent, what was acknowledged, who has seen it, and what that proves. No I/O."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

IN_LISTS = "the lists"
IN_LOG = "the log"


@dataclass(slots=True)
class Sent:
    """A post. Its times are seconds of one clock; ``place`` is its event's in the log."""

    begun: float
    place: int = 0
    acknowledged: float | None = None
    post_id: str = ""
    repeated: bool = False
    """Whether it was there already when a repeated request was answered."""


@dataclass(slots=True)
class Reading:
    """What one reader was sent: the keys of posts in the order of their coming, and when."""

    name: str
    transport: str = ""
    keys: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    resyncs: int = 0
    """Times that it was told to load again, and so owed nothing from before."""

    def take(self, key: str, at: float) -> None:
        self.keys.append(key)
        self.times.append(at)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something that must not be: in which reader's stream, or elsewhere, and which post."""

    where: str
    key: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. Nothing found, with something acknowledged, is good."""

    sent: int
    acknowledged: int
    lost: tuple[Finding, ...]
    doubled: tuple[Finding, ...]
    misordered: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        return bool(self.acknowledged) and not (self.lost or self.doubled or self.misordered)


def judge(sent: Mapping[str, Sent], readings: Sequence[Reading], stored: Iterable[str]) -> Verdict:
    """Holds what was acknowledged against what readers saw and what the lists have in the end.

    A post without an acknowledgement may be there or not, but not twice.
    """
    acknowledged = {key for key, post in sent.items() if post.acknowledged is not None}
    lists = Counter(key for key in stored if key in sent)
    lost = [Finding(IN_LISTS, key) for key in acknowledged - lists.keys()]
    doubled = [Finding(IN_LISTS, key) for key, times in lists.items() if times > 1]
    misordered = [Finding(IN_LOG, key) for key in _against_time(sent)]
    for reading in readings:
        seen = Counter(key for key in reading.keys if key in sent)
        if not reading.resyncs:
            lost += [Finding(reading.name, key) for key in acknowledged - seen.keys()]
        doubled += [Finding(reading.name, key) for key, times in seen.items() if times > 1]
        firsts = [key for key in dict.fromkeys(reading.keys) if key in acknowledged]
        strays = _strays([sent[key].place for key in firsts])
        misordered += [Finding(reading.name, firsts[index]) for index in strays]
    found = (tuple(sorted(findings)) for findings in (lost, doubled, misordered))
    return Verdict(len(sent), len(acknowledged), *found)


def _strays(places: Sequence[int]) -> list[int]:
    """The fewest indices without which the rest is in order: all but a longest rising chain."""
    ends: list[int] = []  # the lowest place at which a chain of each length ends
    at: list[int] = []  # its index
    before: list[int] = []  # for each index, the one before it in its chain
    for index, place in enumerate(places):
        length = bisect_left(ends, place)
        before.append(at[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        at[length : length + 1] = [index]
    chain: set[int] = set()
    index = at[-1] if at else -1
    while index >= 0:
        chain.add(index)
        index = before[index]
    return [index for index in range(len(places)) if index not in chain]


def _against_time(sent: Mapping[str, Sent]) -> list[str]:
    """Posts with a place after one that was begun only when they had been acknowledged."""
    placed = [
        (post.place, key, post) for key, post in sent.items() if post.acknowledged is not None
    ]
    wrong, begun = [], float("-inf")
    for _, key, post in sorted(placed, key=lambda item: item[:2]):
        if post.acknowledged is not None and post.acknowledged < begun:
            wrong.append(key)
        begun = max(begun, post.begun)
    return wrong
