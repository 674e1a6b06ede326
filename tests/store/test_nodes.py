"""Several nodes on one database: what they do at the same time comes out as if one had done it."""

import asyncio
import contextlib
import random
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any

import psycopg
import pytest

from feedline.errors import Conflict, NotFound, Unavailable
from feedline.feed import actions, reactions
from feedline.feed.comments import CommentDraft
from feedline.feed.drafts import Draft, DraftLimits
from feedline.feed.events import (
    CommentAdded,
    PostDeleted,
    PostEvent,
    PostLiked,
    PostUnliked,
    PostUpdated,
)
from feedline.feed.following import follow, unfollow
from feedline.feed.people import Identity, SessionRow, UserRow
from feedline.feed.posts import PostRow
from feedline.feed.reactions import LIKES_MERGED
from feedline.store import postgres_connections, postgres_writer
from feedline.store.base import Snapshot, Store, Transaction
from feedline.store.postgres_connections import connect
from feedline.store.postgres_views import PostgresTransaction
from tests.store.opening import Clock, opened, publish, register, whole_log

pytestmark = pytest.mark.system

LIMITS = DraftLimits()
Act = Callable[[Transaction], Any]


@pytest.fixture
async def nodes(url: str) -> AsyncIterator[list[Store]]:
    async with opened(url) as one, opened(url) as other:
        yield [one, other]


async def people(store: Store, count: int) -> list[UserRow]:
    return [await store.write(partial(register, username=f"p{n}")) for n in range(count)]


async def everywhere(nodes: list[Store], acts: Sequence[Act], chance: random.Random) -> list[Any]:
    """Each of these at a node of chance, all at the same time; what came of them."""
    return await asyncio.gather(
        *(chance.choice(nodes).write(act) for act in acts), return_exceptions=True
    )


def like(person: UserRow, post_id: str) -> Act:
    return lambda tx: reactions.like_post(tx, person, post_id)


def unlike(person: UserRow, post_id: str) -> Act:
    return lambda tx: reactions.unlike_post(tx, person, post_id)


async def sooner_or_later(store: Store, act: Act) -> None:
    """Tries until nobody else is in the way."""
    while True:
        with contextlib.suppress(Unavailable):
            await store.write(act)
            return


def likes_of(
    snapshot: Snapshot, post_id: str, crowd: list[UserRow]
) -> tuple[PostRow | None, list[str]]:
    """A post, and who of a crowd likes it."""
    liking = [person.id for person in crowd if snapshot.is_liked(post_id, person.id)]
    return snapshot.post(post_id), liking


@pytest.mark.parametrize("seed", range(3))
async def test_likes_are_counted_exactly_and_told_in_the_order_of_the_log(
    nodes: list[Store], seed: int
) -> None:
    """Also where groups of both nodes have the same posts in different orders."""
    chance = random.Random(seed)
    crowd = await people(nodes[0], 12)
    posts = [await nodes[0].write(partial(publish, author=crowd[0], text="a")) for _ in range(4)]
    for _ in range(4):
        acts = [
            chance.choice([like, like, unlike])(chance.choice(crowd), chance.choice(posts).id)
            for _ in range(80)
        ]
        outcomes = await everywhere(nodes, acts, chance)
        assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    log = await whole_log(nodes[1])
    for post in posts:
        row, liking = await nodes[1].read(partial(likes_of, post_id=post.id, crowd=crowd))
        assert row is not None
        assert row.likes_count == len(liking)
        count = 0
        for entry in log:
            event = entry.event
            if isinstance(event, PostLiked | PostUnliked) and event.post_id == post.id:
                if event.channel.startswith("feed:"):
                    count += 1 if isinstance(event, PostLiked) else -1
                assert event.likes_count == count


async def test_likes_that_are_owed_are_told_once(url: str) -> None:
    clock = Clock()
    async with opened(url, clock=clock) as one, opened(url, clock=clock) as other:
        crowd = await people(one, 5)
        post = await one.write(partial(publish, author=crowd[0], text="a"))
        for person in crowd:
            await one.write(like(person, post.id))
        clock.now += LIKES_MERGED
        before = len(await whole_log(one))
        await asyncio.gather(*(node.write(reactions.tell_owed_likes) for node in (one, other) * 5))
        told = [entry.event for entry in (await whole_log(one))[before:]]
        assert [event.channel for event in told if isinstance(event, PostLiked)] == [
            f"post:{post.id}"
        ]


@pytest.mark.parametrize("seed", range(3))
async def test_followers_are_counted_exactly(nodes: list[Store], seed: int) -> None:
    chance = random.Random(seed)
    crowd = await people(nodes[0], 6)
    for _ in range(4):
        acts: list[Act] = []
        for _ in range(60):
            person, creator = chance.sample(crowd, 2)
            action = chance.choice([follow, follow, unfollow])
            acts.append(partial(action, person=person, creator_id=creator.id))
        outcomes = await everywhere(nodes, acts, chance)
        assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []

    def all_following(snapshot: Snapshot) -> dict[str, list[str]]:
        return {person.id: snapshot.following(person.id) for person in crowd}

    following = await nodes[0].read(all_following)
    for row in await nodes[1].read(lambda reads: [reads.user(person.id) for person in crowd]):
        assert row is not None
        assert row.following_count == len(following[row.id])
        assert row.followers_count == sum(row.id in ids for ids in following.values())


async def test_edits_sort_in_the_order_of_the_log_and_the_last_one_stays(
    nodes: list[Store],
) -> None:
    [ann] = await people(nodes[0], 1)
    post = await nodes[0].write(partial(publish, author=ann, text="first"))

    def edit(text: str) -> Act:
        return lambda tx: actions.edit_post(tx, ann, post.id, Draft(text=text), LIMITS)

    await everywhere(nodes, [edit(f"edit {n}") for n in range(60)], random.Random(1))
    events = [entry.event for entry in await whole_log(nodes[0])]
    edits = [event.post for event in events if isinstance(event, PostUpdated)]
    assert len(edits) == 60
    instants = [edited.updated_at for edited in edits]
    assert instants == sorted(set(instants))
    row = await nodes[1].read(lambda reads: reads.post(post.id))
    assert row is not None
    assert row.text == edits[-1].content.text


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_happens_to_a_post_after_it_was_deleted(
    nodes: list[Store], seed: int
) -> None:
    chance = random.Random(seed)
    [ann, ben] = await people(nodes[0], 2)
    post = await nodes[0].write(partial(publish, author=ann, text="secret"))
    acts: list[Act] = [
        lambda tx: actions.delete_post(tx, ann, post.id),
        lambda tx: actions.delete_post(tx, ann, post.id),
        *(
            partial(
                actions.edit_post,
                editor=ann,
                post_id=post.id,
                draft=Draft(text=f"secret {n}"),
                limits=LIMITS,
            )
            for n in range(6)
        ),
        *(
            partial(
                reactions.add_comment,
                person=ben,
                post_id=post.id,
                draft=CommentDraft(text="secret"),
                limit=100,
            )
            for n in range(6)
        ),
        *(like(ben, post.id) for _ in range(4)),
    ]
    chance.shuffle(acts)
    outcomes = await everywhere(nodes, acts, chance)
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all(isinstance(failure, NotFound) for failure in failures), failures
    events = [entry.event for entry in await whole_log(nodes[0])]
    [last] = [n for n, event in enumerate(events) if isinstance(event, PostDeleted)]
    after = [e for e in events[last + 1 :] if isinstance(e, PostEvent | CommentAdded | PostLiked)]
    assert after == []
    assert "secret" not in repr(events)
    row = await nodes[0].read(lambda reads: reads.user(ann.id))
    assert row is not None
    assert row.posts_count == 0


async def test_a_name_is_given_once(nodes: list[Store]) -> None:
    acts = [partial(register, username="ann") for _ in range(20)]
    outcomes = await everywhere(nodes, acts, random.Random(1))
    assert sum(isinstance(outcome, UserRow) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 19


async def test_a_ticket_is_good_at_one_node_alone(nodes: list[Store]) -> None:
    [ann] = await people(nodes[0], 1)

    def prepare(tx: Transaction) -> None:
        expires_at = tx.now + 1_000_000
        session = SessionRow(id="s", user_id=ann.id, created_at=tx.now, expires_at=expires_at)
        tx.add_session(session)
        tx.add_ticket(b"digest", Identity(ann.id, "s", expires_at), expires_at)

    await nodes[0].write(prepare)
    acts = [lambda tx: tx.take_ticket(b"digest") for _ in range(20)]
    outcomes = await everywhere(nodes, acts, random.Random(1))
    assert sum(outcome is not None for outcome in outcomes) == 1


async def test_a_node_that_is_stuck_holds_up_nobody_but_for_the_same_post(
    nodes: list[Store], url: str
) -> None:
    [ann] = await people(nodes[0], 1)
    held, free = [await nodes[0].write(partial(publish, author=ann, text="a")) for _ in range(2)]
    with connect(url, writes=True) as stuck:
        stuck.execute("BEGIN")
        stuck.execute("SELECT FROM posts WHERE id = %s FOR UPDATE", [held.id])
        refused = asyncio.create_task(nodes[0].write(like(ann, held.id)))
        await asyncio.sleep(0)
        await nodes[1].write(like(ann, free.id))
        assert not refused.done()
        with pytest.raises(Unavailable):
            await refused
    assert (await nodes[0].write(like(ann, held.id))).likes_count == 1


@pytest.mark.parametrize(
    ("last", "others_look"),
    [(PostgresTransaction.post, False), (PostgresTransaction.tell_likes, True)],
    ids=["after it had an answer", "after it sent what has none"],
)
async def test_a_node_that_stops_in_a_group_is_cut_off_and_runs_it_again(
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    last: Callable[[PostgresTransaction, str], object],
    *,
    others_look: bool,
) -> None:
    """The server ends a transaction that is idle; one that counts as busy, the other node does."""
    monkeypatch.setattr(postgres_writer, "_STANDS_STILL", 0.2 if others_look else 1_000)
    monkeypatch.setattr(postgres_writer, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(postgres_connections, "_SLOWEST", 1_000)  # a stopped node looks at nothing
    stopped, wakes = threading.Event(), threading.Event()
    async with opened(url) as one, opened(url) as other:
        [ann, ben] = await people(one, 2)
        post = await one.write(partial(publish, author=ann, text="a"))

        def stop(tx: Transaction) -> int:
            assert isinstance(tx, PostgresTransaction)
            assert tx._pipeline is not None, "carefully is another way to run"
            tx._run("SET LOCAL idle_in_transaction_session_timeout = '200ms'", ())
            tx.post(post.id)
            last(tx, post.id)
            stopped.set()
            wakes.wait(30)
            return reactions.like_post(tx, ann, post.id).likes_count

        late = asyncio.create_task(one.write(stop))
        await asyncio.to_thread(stopped.wait, 30)
        try:
            async with asyncio.timeout(40):
                await sooner_or_later(other, like(ben, post.id))
        finally:
            wakes.set()
        assert await late == 2


async def test_a_node_that_stops_in_the_middle_of_a_commit_is_cut_off(
    nodes: list[Store], url: str
) -> None:
    [ann] = await people(nodes[0], 1)
    with connect(url, writes=True) as stuck:
        stuck.execute("SET idle_in_transaction_session_timeout = '200ms'")
        stuck.execute("BEGIN; UPDATE log_head SET seq = seq + 1")  # nothing is idle in between
        post = await nodes[0].write(partial(publish, author=ann, text="a"))
        with pytest.raises(psycopg.Error):
            stuck.execute("COMMIT")
    assert [entry.seq for entry in await whole_log(nodes[1])] == [1]
    assert (await nodes[1].read(lambda reads: reads.post(post.id))) is not None
