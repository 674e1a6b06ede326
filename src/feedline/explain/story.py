"""The story of one post and one person, in words and in numbers."""

from typing import Literal, NamedTuple

from feedline.explain.facts import ChangeKind, Facts, Follows
from feedline.explain.journey import Journey, Outcome, journey_of
from feedline.explain.reasons import (
    Reason,
    Verdict,
    by_nearness,
    matters,
    reason_of,
    verdict_of,
)
from feedline.explain.words import (
    TRANSPORTS,
    changed,
    dispatched,
    node_of,
    notes_of,
    outcome_of,
    summary_of,
)
from feedline.feed.experiments import Transport
from feedline.feed.instants import Millis, rfc3339
from feedline.feed.people import Wire
from feedline.feed.trails import Dispatch

MomentKind = (
    Literal["committed", "dispatched", "opened", "sent", "replayed", "shown", "closed", "deleted"]
    | ChangeKind
)


class Moment(Wire, frozen=True):
    """Something that happened; ``ms``: milliseconds after the commit of the post.

    ``text`` says it in English. Whoever words it otherwise has the ``kind``, and as ``detail`` the
    place in the log, the node, the transport, the tier or why something was retracted.
    """

    at: str
    ms: int
    text: str
    kind: MomentKind
    detail: str


class DispatchStory(Wire, frozen=True):
    """How one node handed the post out; ``first_ms``, ``last_ms``: milliseconds after the commit.

    ``sockets``: to how many, streams and waiting polls included; None until all of them have it.
    """

    node: str
    at: str
    sockets: int | None
    first_ms: int | None
    last_ms: int | None


class ConnectionStory(Wire, frozen=True):
    """How far the post got on one connection, or in somebody's polls in a row.

    ``matters``: whether it was there when the post was committed, or brought it, or is where the
    post got the furthest.
    """

    id: str
    transport: Transport
    node: str
    opened_at: str
    closed_at: str | None
    close_code: int | None
    outcome: Outcome
    matters: bool
    text: str


class Story(Wire, frozen=True):
    """``summary`` is one sentence; ``is_locked``: whether it is, for this person and now.

    ``connections`` begin with those that matter, the nearest first; ``moments`` are of these alone.
    """

    post_id: str
    author: str
    user: str
    committed_at: str
    verdict: Verdict
    reason: Reason
    summary: str
    is_locked: bool
    moments: list[Moment]
    dispatches: list[DispatchStory]
    connections: list[ConnectionStory]
    notes: list[str]


def story_of(facts: Facts) -> Story:
    """What became of a post on the way to a person."""
    follows = Follows(facts)
    journeys = by_nearness([journey_of(trail, facts, follows) for trail in facts.trails])
    best = journeys[0] if journeys else None
    near = [one for one in journeys if one is best or matters(one, facts)]
    later = [one for one in journeys if one is not best and not matters(one, facts)]
    reason = reason_of(facts, follows, best)
    return Story(
        post_id=facts.post.id,
        author=facts.post.author,
        user=facts.person.name,
        committed_at=rfc3339(facts.post.committed_at),
        verdict=verdict_of(reason, best),
        reason=reason,
        summary=summary_of(facts, reason, best),
        is_locked=not facts.person.sees_all and not facts.person.is_apart,
        moments=_moments(facts, near),
        dispatches=[_dispatch(one, facts) for one in _dispatches(facts)],
        connections=[
            *(_connection(journey, facts, matters=True) for journey in near),
            *(_connection(journey, facts, matters=False) for journey in _in_order(later)),
        ],
        notes=notes_of(facts, follows),
    )


def _in_order(journeys: list[Journey]) -> list[Journey]:
    return sorted(journeys, key=lambda journey: journey.trail.opened_at)


class _Happened(NamedTuple):
    at: Millis
    kind: MomentKind
    detail: str
    text: str


def _moments(facts: Facts, journeys: list[Journey]) -> list[Moment]:
    post = facts.post
    place = "" if post.seq is None else str(post.seq)
    text = f"committed, place {place} of the log" if place else "committed"
    found = [_Happened(post.committed_at, "committed", place, text)]
    for one in _dispatches(facts):
        node = node_of(facts, one.node_id)
        found.append(_Happened(one.at, "dispatched", node, dispatched(one, facts)))
    for journey in journeys:
        found += _moments_of(journey)
    found += [_Happened(one.at, one.kind, one.detail, changed(one, facts)) for one in facts.changes]
    if post.deleted_at is not None:
        found.append(_Happened(post.deleted_at, "deleted", "", "deleted"))
    found.sort(key=lambda one: one.at)
    since = post.committed_at
    return [
        Moment(
            at=rfc3339(one.at), ms=one.at - since, text=one.text, kind=one.kind, detail=one.detail
        )
        for one in found
    ]


def _dispatches(facts: Facts) -> list[Dispatch]:
    """Of the nodes at which the person was, by when they began."""
    found = [one for one in facts.dispatches.values() if one.node_id in facts.nodes]
    return sorted(found, key=lambda one: one.at)


def _dispatch(dispatch: Dispatch, facts: Facts) -> DispatchStory:
    since = facts.post.committed_at
    first, last = dispatch.first_at, dispatch.last_at
    return DispatchStory(
        node=node_of(facts, dispatch.node_id),
        at=rfc3339(dispatch.at),
        sockets=None if last is None else dispatch.sockets,
        first_ms=None if first is None else first - since,
        last_ms=None if first is None or last is None else last - since,
    )


def _moments_of(journey: Journey) -> list[_Happened]:
    trail, transport = journey.trail, journey.trail.transport
    way = TRANSPORTS[transport]
    found = [_Happened(trail.opened_at, "opened", transport, f"{way} opened")]
    if journey.is_sent and journey.sent_by is not None:
        kind: MomentKind = "sent" if journey.outcome == "live" else "replayed"
        how = "live" if kind == "sent" else "in a replay"
        found.append(_Happened(journey.sent_by, kind, transport, f"sent to the {way}, {how}"))
    if journey.receipt is not None:
        text = f"on the screen, says the client at the {way}"
        found.append(_Happened(journey.receipt.at, "shown", transport, text))
    if trail.closed_at is not None:
        code = "" if trail.close_code is None else f" with {trail.close_code}"
        found.append(_Happened(trail.closed_at, "closed", transport, f"{way} closed{code}"))
    return found


def _connection(journey: Journey, facts: Facts, *, matters: bool) -> ConnectionStory:
    trail = journey.trail
    return ConnectionStory(
        id=trail.id,
        transport=trail.transport,
        node=node_of(facts, trail.node_id),
        opened_at=rfc3339(trail.opened_at),
        closed_at=None if trail.closed_at is None else rfc3339(trail.closed_at),
        close_code=trail.close_code,
        outcome=journey.outcome,
        matters=matters,
        text=outcome_of(journey, facts),
    )
