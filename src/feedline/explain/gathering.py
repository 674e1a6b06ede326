"""Reads the facts of a story, all in one snapshot."""

from collections.abc import Iterable

import msgspec

from feedline.errors import NotFound
from feedline.explain.facts import CONNECTIONS, Change, Facts, PersonFacts, PostFacts
from feedline.feed.channels import feed_channel
from feedline.feed.events import FeedUpdate, PostCreated, PostDeleted, PostRetracted
from feedline.feed.instants import Millis
from feedline.feed.people import UserRow
from feedline.feed.trails import Trail
from feedline.feed.visibility import can_see, known_tier
from feedline.store.base import LogEntry, Snapshot

ROOM = 32 << 20  # bytes of what they went through
CHANGES = 200
STRETCH = 50_000  # entries of the log, from the post on, in which changes are looked for

_Entries = list[tuple[Millis, LogEntry]]


def facts_of(reads: Snapshot, post_id: str, person: UserRow, now: Millis) -> Facts:
    """Everything there is to know of a post and a person. Raises NotFound if there is no post."""
    post = post_facts(reads, post_id)
    changes = [] if post.seq is None else _changes(reads, post, post.seq, person)
    trails = reads.trails_since(person.id, post.committed_at, CONNECTIONS, ROOM)
    return facts_for(
        reads,
        post,
        _person(reads, post, person),
        now,
        trails,
        changes=changes,
        last_before=reads.trail_before(person.id, post.committed_at),
    )


def facts_for(
    reads: Snapshot,
    post: PostFacts,
    person: PersonFacts,
    now: Millis,
    trails: list[Trail],
    *,
    changes: list[Change],
    last_before: Trail | None = None,
) -> Facts:
    """The facts of a person whose connections are known."""
    runs = [reads.node_run(node_id) for node_id in {trail.node_id for trail in trails}]
    dispatches = [] if post.seq is None else reads.dispatches_of(post.seq)
    return Facts(
        now=now,
        kept_from=reads.trails_kept_since(person.id) or now,
        post=post,
        person=person,
        changes=changes,
        all_changes=_are_all(reads, post, changes),
        trails=trails,
        last_before=last_before,
        nodes={run.id: run for run in runs if run is not None},
        dispatches={dispatch.node_id: dispatch for dispatch in dispatches},
    )


def _are_all(reads: Snapshot, post: PostFacts, changes: list[Change]) -> bool:
    if post.seq is None or len(changes) >= CHANGES:
        return False
    return reads.log_bounds().head <= post.seq + STRETCH


def post_facts(reads: Snapshot, post_id: str) -> PostFacts:
    """A post, and where it is in the log. Raises NotFound."""
    row, entries = reads.post(post_id), reads.entries_of_post(post_id)
    created, deleted = _first(entries, PostCreated), _first(entries, PostDeleted)
    found = created or deleted
    if row is None and found is None:
        raise NotFound("post")
    author = row.creator.id if row is not None else _author_of(found)
    known = reads.user(author)
    return PostFacts(
        id=post_id,
        author_id=author,
        author=author if known is None else known.username,
        seq=None if created is None else created[1].seq,
        committed_at=found[0] if found is not None else row.created_at if row is not None else 0,
        tier=None if row is None else known_tier(row.tier),
        deleted_at=None if deleted is None else deleted[0],
        deleted_seq=None if deleted is None else deleted[1].seq,
    )


def _person(reads: Snapshot, post: PostFacts, person: UserRow) -> PersonFacts:
    viewer = reads.viewer(person.id)
    return PersonFacts(
        id=person.id,
        name=person.username,
        followed_since=reads.followed_at(person.id, post.author_id),
        tier=viewer.tiers.get(post.author_id),
        sees_all=can_see(viewer, post.author_id, post.tier),
        is_apart=post.author_id in viewer.apart,
    )


def _changes(reads: Snapshot, post: PostFacts, seq: int, person: UserRow) -> list[Change]:
    end = min(reads.log_bounds().head, seq + STRETCH)
    entries = reads.entries_for(feed_channel(person.id), seq, end, CHANGES)
    return [change for at, entry in entries for change in _change(at, entry, post)]


def _change(at: Millis, entry: LogEntry, post: PostFacts) -> Iterable[Change]:
    event = entry.event
    if isinstance(event, FeedUpdate) and event.creator_id == post.author_id:
        match event.reason:
            case "follow" | "unfollow" as kind:
                yield Change(entry.seq, at, kind)
            case "tier":
                held = event.tier if isinstance(event.tier, str) else "none"
                yield Change(entry.seq, at, "tier", held)
    elif isinstance(event, PostRetracted) and (
        post.id == event.post_id or post.author_id == event.creator_id
    ):
        yield Change(entry.seq, at, "retracted", event.reason)


def _first(entries: _Entries, kind: type[msgspec.Struct]) -> tuple[Millis, LogEntry] | None:
    return next((one for one in entries if isinstance(one[1].event, kind)), None)


def _author_of(found: tuple[Millis, LogEntry] | None) -> str:
    event = None if found is None else found[1].event
    return event.user_id if isinstance(event, (PostCreated, PostDeleted)) else ""
