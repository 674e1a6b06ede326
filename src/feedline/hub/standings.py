"""Whom the people who are connected follow, and who of them follows somebody."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from feedline.feed.channels import feed_channel, notifications_channel
from feedline.feed.events import AnyEvent, FeedUpdate, PostRetracted
from feedline.feed.visibility import Tier
from feedline.wire.standing import SMALL, Mark, Marks, Numbers, Standing

_Change = FeedUpdate | PostRetracted


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person follows and may see, as read from the database."""

    creators: Sequence[str]
    tiers: Mapping[str, Tier]
    muted: Sequence[str] = ()
    apart: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Person:
    """Somebody who is connected. ``number`` stands for them in the index of followers."""

    number: int
    standing: Standing
    feed: str
    notifications: str
    early: list[tuple[int, _Change]] | None = field(default_factory=list)
    """What changed before their rights were loaded; None once they are."""


class Standings:
    """The standing of everybody who is connected, kept up to date by the log.

    The index goes from a creator to those who follow them: sorted numbers, four bytes each. With
    5,000 people who follow 200 creators each, a set of objects would take a hundred megabytes.
    """

    def __init__(self) -> None:
        self._people: dict[str, _Person] = {}
        self._numbered: dict[int, _Person] = {}
        self._followers: dict[Mark, array[int]] = {}
        self._muting: dict[Mark, set[int]] = {}  # the few of them who do not hear of posts
        self._marks = Marks()
        self._numbers = Numbers()

    def of(self, user_id: str) -> Standing:
        """The one standing of a person, from their first connection to :meth:`forget`."""
        person = self._people.get(user_id)
        if person is None:
            person = self._people[user_id] = _Person(
                self._numbers.take(),
                Standing(user_id, self._marks),
                feed_channel(user_id),
                notifications_channel(user_id),
            )
            self._numbered[person.number] = person
        return person.standing

    def is_loaded(self, user_id: str) -> bool:
        person = self._people.get(user_id)
        return person is not None and person.early is None

    def load(self, user_id: str, rights: Rights, head: int) -> None:
        """Takes a person's rights as they were at a place in the log; only once."""
        person = self._people.get(user_id)
        if person is None or person.early is None:
            return
        person.standing.load(rights.creators, rights.tiers, rights.muted, rights.apart)
        for mark in person.standing.followed:
            self._index(mark, person.number)
        for mark in person.standing.muted:
            self._mute(mark, person.number)
        early, person.early = person.early, None
        for seq, event in early:
            if seq > head:
                self._change(person, event, seq)

    def forget(self, user_id: str) -> None:
        """A person's last connection is gone."""
        person = self._people.pop(user_id, None)
        if person is None:
            return
        for mark in person.standing.muted:
            self._unmute(mark, person.number)
        for mark in person.standing.followed:
            self._drop(mark, person.number)
        del self._numbered[person.number]
        self._numbers.give_back(person.number)

    def apply(self, event: AnyEvent, user_id: str | None, seq: int) -> None:
        """Takes in what an event changes of somebody's rights."""
        person = self._people.get(user_id or "")
        if person is None or not isinstance(event, _Change):
            return
        if person.early is None:
            self._change(person, event, seq)
        else:
            person.early.append((seq, event))

    def feeds(self, creator_id: str) -> Iterator[str]:
        """The feed channels of those who follow somebody, that person's own among them."""
        return (self._numbered[number].feed for number in self._followers_of(creator_id))

    def hearing(self, creator_id: str) -> Iterator[str]:
        """The notifications channels of those followers who hear of somebody's posts."""
        mark, people = self._marks.of(creator_id), self._numbered
        muting = () if mark is None else self._muting.get(mark, ())
        creator = self._people.get(creator_id)
        oneself = creator.number if creator else None
        for number in self._followers_of(creator_id):
            if number != oneself and number not in muting:
                yield people[number].notifications

    def _change(self, person: _Person, event: _Change, seq: int) -> None:
        standing = person.standing
        match event:
            case PostRetracted(reason="blocked", creator_id=str(creator)):
                standing.part(creator)
            case FeedUpdate(reason="unblock", creator_id=creator):
                standing.meet(creator)
            case FeedUpdate(reason="follow", creator_id=creator):
                if standing.follow(creator, seq):
                    self._index(self._marks.make(creator), person.number)
                self._hear_of(person, creator, seq, notify_posts=event.notify_posts is not False)
            case FeedUpdate(reason="unfollow", creator_id=creator):
                if standing.unfollow(creator):
                    mark = self._marks.make(creator)
                    self._unmute(mark, person.number)
                    self._drop(mark, person.number)
            case FeedUpdate(tier=tier, creator_id=creator):
                standing.hold(creator, tier or None)

    def _hear_of(self, person: _Person, creator: str, seq: int, *, notify_posts: bool) -> None:
        person.standing.hear_of(creator, seq, notify_posts=notify_posts)
        change = self._unmute if notify_posts else self._mute
        change(self._marks.make(creator), person.number)

    def _mute(self, mark: Mark, number: int) -> None:
        self._muting.setdefault(mark, set()).add(number)

    def _unmute(self, mark: Mark, number: int) -> None:
        muting = self._muting.get(mark)
        if muting is not None:
            muting.discard(number)
            if not muting:
                del self._muting[mark]

    def _followers_of(self, creator_id: str) -> Sequence[int]:
        mark = self._marks.of(creator_id)
        return () if mark is None else self._followers.get(mark, ())

    def _index(self, mark: Mark, number: int) -> None:
        followers = self._followers.setdefault(mark, array(SMALL))
        insort(followers, number)

    def _drop(self, mark: Mark, number: int) -> None:
        followers = self._followers[mark]
        del followers[bisect_left(followers, number)]
        if not followers:
            del self._followers[mark]
            self._marks.drop(mark)
