"""How far one post got on one connection."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from feedline.explain.course import Course, Hold, Span, course_of
from feedline.explain.facts import Facts, Follows
from feedline.feed.instants import Millis
from feedline.feed.trails import Applied, NodeRun, Trail

GONE_MILLIS = 60_000  # without a word after which a process is taken for dead

Outcome = Literal[
    "live",
    "replayed",
    "listed",
    "resynced",
    "cut_short",
    "no_channel",
    "unsubscribed",
    "closed",
    "waiting",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Journey:
    """``sent_from`` and ``sent_by``: the post was handed to the socket between the two."""

    trail: Trail
    outcome: Outcome
    channel: str = ""
    sent_from: Millis | None = None
    sent_by: Millis | None = None
    lagged: bool = False
    reason: str = ""
    receipt: Applied | None = None

    @property
    def is_sent(self) -> bool:
        return self.outcome in ("live", "replayed")


def journey_of(trail: Trail, facts: Facts, follows: Follows) -> Journey:
    """What became of the post on one connection."""
    seq = facts.post.seq
    if seq is None:
        return Journey(trail, "unknown")
    course = course_of(trail)
    if course.is_cut and seq <= (course.began or 0):
        return Journey(trail, "unknown")
    holds = list(_holds(course, trail, facts))
    held = [hold for hold in holds if hold.has(seq) and _is_due(hold, course, facts, follows)]
    if not held:
        return _without_channel(trail, course, holds, seq, facts)
    return _served(trail, course, held, seq, facts)


def _holds(course: Course, trail: Trail, facts: Facts) -> Iterator[Hold]:
    """The channels that may bring the post; an author has it on each of their connections."""
    for hold in course.holds:
        if facts.brings(hold.channel) or facts.is_home(hold.channel):
            yield hold
    began = 0 if trail.transport == "poll" else course.began
    if facts.is_own and began is not None:
        yield Hold("", began, None, began, trail.opened_at)


def _is_due(hold: Hold, course: Course, facts: Facts, follows: Follows) -> bool:
    """Whether a channel brings the post, judged by whom the person followed when it was sent."""
    if facts.is_own or not facts.is_home(hold.channel) or facts.post.seq is None:
        return True
    seq = facts.post.seq
    span = course.span_of(seq)
    sent_at = span.until if span is not None and span.how != "live" else seq
    if seq <= hold.caught_up:
        sent_at = hold.caught_up
    since = follows.since(seq if sent_at is None else max(seq, sent_at))
    arrived = sent_at if span is not None and span.how == "poll" else course.arrived
    return since is not None and (since <= (arrived or 0) or since < seq)


def _served(trail: Trail, course: Course, held: list[Hold], seq: int, facts: Facts) -> Journey:
    receipt = course.receipt_of(seq)
    span = course.span_of(seq)
    early = next((hold for hold in held if _is_early(hold, span, seq)), None)
    channel = held[0].channel
    if early is not None:
        began = trail.opened_at if span is None or span.how == "live" else span.began
        return Journey(trail, "replayed", early.channel, began, early.at, receipt=receipt)
    if span is None:
        return _beyond(trail, course, channel, seq, facts)
    match span.how:
        case "live":
            return _live(trail, span, channel, receipt, facts)
        case "resync":
            return Journey(trail, "resynced", channel, sent_by=span.ended, reason=span.reason)
        case "cut_short":
            return _cut_short(trail, course, span, channel, facts)
    lagged = span.how == "catch_up"
    times = (span.began, span.ended)
    return Journey(trail, "replayed", channel, *times, lagged=lagged, receipt=receipt)


def _is_early(hold: Hold, span: Span | None, seq: int) -> bool:
    """Whether the post came with the replay that a channel began with."""
    if seq > hold.caught_up:
        return False
    if span is not None and span.how == "resync":
        return span.ended is not None and hold.at >= span.ended
    return span is None or span.how in ("live", "replay")


def _live(trail: Trail, span: Span, channel: str, receipt: Applied | None, facts: Facts) -> Journey:
    dispatch = facts.dispatches.get(trail.node_id)
    if dispatch is not None:
        at, by = dispatch.first_at or dispatch.at, dispatch.last_at or dispatch.at
        return Journey(trail, "live", channel, at, by, receipt=receipt)
    if span.until is None and not _knows(facts.nodes.get(trail.node_id), facts):
        return Journey(trail, "unknown", channel, receipt=receipt)
    at = max(span.began, facts.post.committed_at)
    return Journey(trail, "live", channel, at, receipt=receipt)


def _cut_short(trail: Trail, course: Course, span: Span, channel: str, facts: Facts) -> Journey:
    if span.until is not None:
        return Journey(trail, "replayed", channel, span.began, span.ended)
    node = facts.nodes.get(trail.node_id)
    outcome: Outcome = "waiting" if _lives(node, facts.now) else "unknown"
    return Journey(trail, outcome, channel, lagged=course.lags)


def _beyond(trail: Trail, course: Course, channel: str, seq: int, facts: Facts) -> Journey:
    """The place of the post is outside of everything that this connection was served."""
    if course.began is not None and seq <= course.began:
        return Journey(trail, "listed", channel)
    if trail.closed_at is not None:
        return Journey(trail, "closed", channel, reason=trail.close_reason)
    known = _lives(facts.nodes.get(trail.node_id), facts.now)
    return Journey(trail, "waiting" if known else "unknown", channel)


def _without_channel(
    trail: Trail, course: Course, holds: list[Hold], seq: int, facts: Facts
) -> Journey:
    if course.omitted:
        return Journey(trail, "unknown")
    if trail.closed_at is not None and (trail.reached or 0) < seq:
        return Journey(trail, "closed", reason=trail.close_reason)
    later = next((hold for hold in holds if seq <= hold.since), None)
    if later is not None:
        return _later(trail, course, later, seq)
    earlier = next((hold for hold in holds if hold.until is not None and hold.until < seq), None)
    if earlier is not None:
        return Journey(trail, "unsubscribed", earlier.channel)
    if not course.holds and course.began is None and trail.transport != "poll":
        known = _lives(facts.nodes.get(trail.node_id), facts.now)
        return Journey(trail, "waiting" if known else "unknown")
    return Journey(trail, "no_channel")


def _later(trail: Trail, course: Course, hold: Hold, seq: int) -> Journey:
    """The channel begins after the post: it was loaded before, or is to be loaded anew."""
    span = course.span_of(seq)
    if span is not None and span.how == "resync":
        return Journey(trail, "resynced", hold.channel, sent_by=span.ended, reason=span.reason)
    return Journey(trail, "listed", hold.channel, sent_by=hold.at)


def _lives(node: NodeRun | None, now: Millis) -> bool:
    return node is not None and node.ended_at is None and now - node.seen_at < GONE_MILLIS


def _knows(node: NodeRun | None, facts: Facts) -> bool:
    """Whether what a node went through at the time of the post is all written down."""
    return node is not None and node.seen_at > facts.post.committed_at
