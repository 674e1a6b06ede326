"""The story of one post and one person, in words and in numbers."""

from feedline.explain.facts import Facts, Follows
from feedline.explain.journey import Journey, Outcome, journey_of
from feedline.explain.reasons import Reason, Verdict, nearest, reason_of, verdict_of
from feedline.explain.words import (
    TRANSPORTS,
    changed,
    node_of,
    notes_of,
    outcome_of,
    summary_of,
)
from feedline.feed.experiments import Transport
from feedline.feed.instants import Millis, rfc3339
from feedline.feed.people import Wire


class Moment(Wire, frozen=True):
    """Something that happened; ``ms``: milliseconds after the commit of the post."""

    at: str
    ms: int
    text: str


class ConnectionStory(Wire, frozen=True):
    """How far the post got on one connection, or in somebody's polls in a row."""

    id: str
    transport: Transport
    node: str
    opened_at: str
    closed_at: str | None
    close_code: int | None
    outcome: Outcome
    text: str


class Story(Wire, frozen=True):
    """``summary`` is one sentence; ``is_locked``: whether it is, for this person and now."""

    post_id: str
    author: str
    user: str
    committed_at: str
    verdict: Verdict
    reason: Reason
    summary: str
    is_locked: bool
    moments: list[Moment]
    connections: list[ConnectionStory]
    notes: list[str]


def story_of(facts: Facts) -> Story:
    """What became of a post on the way to a person."""
    follows = Follows(facts)
    journeys = [journey_of(trail, facts, follows) for trail in facts.trails]
    best = nearest(journeys)
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
        moments=_moments(facts, journeys),
        connections=[_connection(journey, facts) for journey in journeys],
        notes=notes_of(facts, follows),
    )


def _moments(facts: Facts, journeys: list[Journey]) -> list[Moment]:
    post = facts.post
    found = [(post.committed_at, f"committed, place {post.seq} of the log")]
    found += [
        (one.at, f"dispatched on {node_of(facts, one.node_id)}")
        for one in facts.dispatches.values()
        if one.node_id in facts.nodes
    ]
    for journey in journeys:
        found += _moments_of(journey)
    found += [(change.at, changed(change, facts)) for change in facts.changes]
    if post.deleted_at is not None:
        found.append((post.deleted_at, "deleted"))
    found.sort(key=lambda one: one[0])
    return [Moment(rfc3339(at), at - post.committed_at, text) for at, text in found]


def _moments_of(journey: Journey) -> list[tuple[Millis, str]]:
    trail, way = journey.trail, TRANSPORTS[journey.trail.transport]
    found = [(trail.opened_at, f"{way} opened")]
    if journey.is_sent and journey.sent_by is not None:
        how = "live" if journey.outcome == "live" else "in a replay"
        found.append((journey.sent_by, f"sent to the {way}, {how}"))
    if journey.receipt is not None:
        found.append((journey.receipt.at, f"on the screen, says the client at the {way}"))
    if trail.closed_at is not None:
        code = "" if trail.close_code is None else f" with {trail.close_code}"
        found.append((trail.closed_at, f"{way} closed{code}"))
    return found


def _connection(journey: Journey, facts: Facts) -> ConnectionStory:
    trail = journey.trail
    return ConnectionStory(
        id=trail.id,
        transport=trail.transport,
        node=node_of(facts, trail.node_id),
        opened_at=rfc3339(trail.opened_at),
        closed_at=None if trail.closed_at is None else rfc3339(trail.closed_at),
        close_code=trail.close_code,
        outcome=journey.outcome,
        text=outcome_of(journey, facts),
    )
