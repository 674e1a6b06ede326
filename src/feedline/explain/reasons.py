"""Whether somebody was shown a post, and why or why not."""

from typing import Literal

from feedline.errors import CloseCode
from feedline.explain.facts import Facts, Follows
from feedline.explain.journey import Journey, Outcome
from feedline.feed.instants import Millis
from feedline.feed.trails import Trail

Verdict = Literal["shown", "sent", "loaded", "not_sent", "unknown"]
"""``shown``: a client said that it is on the screen; ``loaded``: it was in what a page loaded."""

Reason = Literal[
    "live",
    "replayed",
    "listed",
    "resynced",
    "blocked",
    "deleted",
    "not_following",
    "offline",
    "switched_off",
    "lagging",
    "catching_up",
    "cut_short",
    "closed",
    "no_channel",
    "too_early",
    "forgotten",
    "unknown",
]

YOUNG_MILLIS = 5_000  # by then everything is written down (``hub/trail_writer.py``)

_RANKS: dict[Outcome, int] = {
    "live": 1,
    "replayed": 2,
    "resynced": 3,
    "listed": 4,
    "waiting": 5,
    "cut_short": 6,
    "closed": 7,
    "unsubscribed": 8,
    "no_channel": 9,
    "unknown": 10,
}


def by_nearness(journeys: list[Journey]) -> list[Journey]:
    """First the connection on which the post got the furthest."""
    return sorted(journeys, key=_rank)


def matters(journey: Journey, facts: Facts) -> bool:
    """Whether a connection was there for the post, or brought it; others are of later on."""
    return journey.is_sent or journey.trail.opened_at <= facts.post.committed_at


def _rank(journey: Journey) -> tuple[bool, int, Millis]:
    return journey.receipt is None, _RANKS[journey.outcome], journey.trail.opened_at


def reason_of(facts: Facts, follows: Follows, best: Journey | None) -> Reason:
    """Why the post is where it is; ``best``: where it got the furthest."""
    if best is not None and best.is_sent:
        return "live" if best.outcome == "live" else "replayed"
    if facts.person.is_apart:
        return "blocked"
    if best is not None and best.outcome in ("listed", "resynced"):
        return "listed" if best.outcome == "listed" else "resynced"
    return _obstacle(facts, follows, best)


def _obstacle(facts: Facts, follows: Follows, best: Journey | None) -> Reason:
    if facts.post.seq is None or facts.kept_from > facts.post.committed_at:
        return "forgotten"
    if facts.post.deleted_at is not None:
        return "deleted"
    if best is None:
        return _absence(facts)
    if not facts.is_own and follows.at_the_post is False and best.outcome == "no_channel":
        return "not_following"
    return _stopped(best)


def _absence(facts: Facts) -> Reason:
    if is_young(facts) and not facts.dispatches:
        return "too_early"
    last = facts.last_before
    return "switched_off" if last is not None and _was_sent_away(last) else "offline"


def is_young(facts: Facts) -> bool:
    """Whether some node may not have written down yet what it did with the post."""
    return facts.now - facts.post.committed_at < YOUNG_MILLIS


def _was_sent_away(trail: Trail) -> bool:
    return trail.close_code == CloseCode.REALTIME_OFF


def _stopped(best: Journey) -> Reason:
    match best.outcome:
        case "waiting":
            return "lagging" if best.lagged else "catching_up"
        case "cut_short":
            return "cut_short"
        case "closed":
            return "switched_off" if _was_sent_away(best.trail) else "closed"
        case "no_channel" | "unsubscribed":
            return "no_channel"
    return "unknown"


def verdict_of(reason: Reason, best: Journey | None) -> Verdict:
    """How far that is."""
    if best is not None and best.is_sent:
        return "shown" if best.receipt is not None else "sent"
    if reason in ("listed", "resynced"):
        return "loaded"
    return "unknown" if reason in ("too_early", "forgotten", "unknown") else "not_sent"
