"""How far a post of one's own got: counts of those who follow, and no names."""

from collections import defaultdict
from dataclasses import replace

from feedline.explain.facts import Facts, Follows, PersonFacts, PostFacts
from feedline.explain.gathering import facts_for
from feedline.explain.journey import journey_of
from feedline.feed.instants import Millis
from feedline.feed.people import Wire
from feedline.feed.trails import Trail
from feedline.store.base import Snapshot

FEWEST = 5
"""Fewer who were there are not counted: that would tell of one of them whether they were."""

CONNECTIONS = 2_000  # of followers that are looked at
ROOM = 4 << 20  # bytes of what they went through, which take 0.1 s: others wait meanwhile
MOST_FOLLOWERS = 100_000  # of an author, past which nobody is counted: it would take too long


class Reach(Wire, frozen=True):
    """``online``: followers who were connected when the post was committed; ``live``: those of
    them who were sent it as it happened; ``shown``: on whose screens it came from that, the last
    after ``within_ms``. All are null where too few or too many would have to be counted, and
    ``is_all`` is false if there were more connections than were looked at."""

    online: int | None = None
    live: int | None = None
    shown: int | None = None
    within_ms: int | None = None
    is_all: bool = True


def reach_of(reads: Snapshot, post: PostFacts, now: Millis) -> Reach:
    """Counts the followers who were there when a post was committed."""
    author = reads.user(post.author_id)
    if author is None or author.followers_count > MOST_FOLLOWERS:
        return Reach()
    trails, is_all = reads.trails_of_followers(post.author_id, post.committed_at, CONNECTIONS, ROOM)
    by_person: defaultdict[str, list[Trail]] = defaultdict(list)
    for trail in trails:
        by_person[trail.user_id].append(trail)
    if len(by_person) < FEWEST:
        return Reach()
    nobody = PersonFacts("", "", followed_since=post.committed_at)
    facts = facts_for(reads, post, nobody, now, trails, changes=[])
    return _counted(facts, by_person, is_all=is_all)


def _counted(facts: Facts, by_person: dict[str, list[Trail]], *, is_all: bool) -> Reach:
    receipts: list[Millis | None] = []
    for user_id, trails in by_person.items():
        receipts += _live(replace(facts, person=replace(facts.person, id=user_id)), trails)
    shown = [at - facts.post.committed_at for at in receipts if at is not None]
    return Reach(
        online=len(by_person),
        live=len(receipts),
        shown=len(shown),
        within_ms=max(shown, default=None),
        is_all=is_all,
    )


def _live(facts: Facts, trails: list[Trail]) -> list[Millis | None]:
    """When one person's first client had it on the screen; nothing if none was sent it live."""
    follows = Follows(facts)
    journeys = [journey_of(trail, facts, follows) for trail in trails]
    live = [journey for journey in journeys if journey.outcome == "live"]
    if not live:
        return []
    return [min((one.receipt.at for one in live if one.receipt is not None), default=None)]
