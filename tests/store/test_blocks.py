"""Blocks and reports in both databases: who is apart, what goes with it, and nothing twice."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial

import pytest

from feedline.errors import Refusal
from feedline.feed import notices, reactions
from feedline.feed.blocking import block, unblock
from feedline.feed.comments import CommentDraft, CommentQuery
from feedline.feed.following import follow
from feedline.feed.instants import Place
from feedline.feed.notifications import NotificationQuery
from feedline.feed.people import UserRow
from feedline.feed.ports import BlockQuery, PostQuery
from feedline.feed.reports import ReportLimits, resolve_report, send_report
from feedline.store.base import Snapshot, Store, Transaction
from tests.store.opening import SECOND, Clock, opened, publish, register

LIMITS = ReportLimits(text=0, in_an_hour=0)


async def people(store: Store, *names: str) -> list[UserRow]:
    return [await store.write(partial(register, username=name)) for name in names]


async def test_two_who_are_apart_are_in_no_list_of_each_other(store: Store) -> None:
    ann, ben, cat = await people(store, "ann", "ben", "cat")

    def act(tx: Transaction) -> str:
        for person in (ann, ben, cat):
            publish(tx, person, text=person.username, tags=["t"], category="c")
        post = tx.posts(PostQuery(creator=cat.id))[0]
        for person in (ann, ben):
            draft = CommentDraft(text="said")
            reactions.add_comment(tx, person, post.id, draft, 0)
        block(tx, ann, ben.id, 0)
        return post.id

    post_id = await store.write(act)

    def look(reads: Snapshot, viewer: str | None) -> list[set[str]]:
        queries = (
            *(PostQuery(), PostQuery(tag="t"), PostQuery(category="c")),
            *(PostQuery(creator=ann.id), PostQuery(creator=ben.id, tag="t")),
        )
        comments = reads.comments(CommentQuery(post_id=post_id, viewer_id=viewer))
        return [
            *({row.creator.username for row in reads.posts(query, viewer)} for query in queries),
            {row.author.username for row in comments},
            {row.username for row in reads.people_to_follow(viewer, 10)} - {"cat"},
        ]

    each, both = {"ann", "ben", "cat"}, {"ann", "ben"}
    assert await store.read(lambda reads: look(reads, None)) == [
        *([each] * 3),
        *({"ann"}, {"ben"}, both, both),
    ]
    found = await store.read(lambda reads: look(reads, ann.id))
    assert found == [*([{"ann", "cat"}] * 3), {"ann"}, set(), {"ann"}, set()]
    found = await store.read(lambda reads: look(reads, ben.id))
    assert found == [*([{"ben", "cat"}] * 3), set(), {"ben"}, {"ben"}, set()]
    viewer = await store.read(lambda reads: reads.viewer(ben.id))
    assert set(viewer.apart) == {ann.id}
    assert not viewer.tiers


async def test_what_others_did_as_well_stays_a_notification_of_theirs(store: Store) -> None:
    ann, ben, cat, dan = await people(store, "ann", "ben", "cat", "dan")

    def act(tx: Transaction) -> None:
        for several in ((cat, dan, ben), (ben, cat), (ben,)):
            post = publish(tx, ann, text="of ann")
            for person in several:
                notices.notify(tx, ann.id, "like", person, post_id=post.id)
        block(tx, ann, ben.id, 0)

    await store.write(act)
    query = NotificationQuery(user_id=ann.id)
    rows = await store.read(lambda reads: reads.notifications(query))
    assert [(row.actor.username, row.actors) for row in rows] == [("cat", 1), ("dan", 2)]
    assert await store.read(lambda reads: reads.unread_count(ann.id)) == 2


async def test_whom_somebody_has_blocked_comes_in_order(store: Store, clock: Clock) -> None:
    ann, *others = await people(store, "ann", "ben", "cat", "dan")
    for other in others:
        await store.write(partial(block, person=ann, other_id=other.id, limit=0))
        clock.now += SECOND
    query = BlockQuery(blocker_id=ann.id, limit=2)
    rows = await store.read(lambda reads: reads.blocks(query))
    before = Place(rows[-1].created_at, rows[-1].id)
    query = BlockQuery(blocker_id=ann.id, before=before, limit=2)
    rows += await store.read(lambda reads: reads.blocks(query))
    assert [row.user.username for row in rows] == ["dan", "cat", "ben"]
    assert await store.read(lambda reads: reads.count_blocks(ann.id)) == len(others)


async def test_an_answer_is_for_all_reports_of_the_same_thing(store: Store, clock: Clock) -> None:
    ann, ben, cat, root = await people(store, "ann", "ben", "cat", "root")
    for person in (ben, cat, ben):
        clock.now += SECOND

        def send(tx: Transaction, by: UserRow = person) -> None:
            send_report(tx, by, "user", ann.id, "spam", "x", LIMITS)

        await store.write(send)
    newest, oldest = await store.read(
        lambda reads: reads.reports(is_open=True, before=None, limit=9)
    )
    assert [newest.reporter.id, oldest.reporter.id] == [cat.id, ben.id]
    assert (newest.count, oldest.count) == (2, 2)
    await store.write(lambda tx: resolve_report(tx, root, oldest.id, "dismiss"))
    assert await store.read(lambda reads: reads.reports(is_open=True, before=None, limit=9)) == []
    settled = await store.read(lambda reads: reads.reports(is_open=False, before=None, limit=1))
    assert [(row.id, row.state) for row in settled] == [(newest.id, "dismissed")]
    assert await store.read(lambda reads: reads.count_reports(ben.id, 0)) == 1
    [own] = await store.read(lambda reads: reads.reports_by(ben.id, "", 9))
    assert (own.id, own.text) == (oldest.id, "x")
    assert await store.read(lambda reads: reads.reports_by(ben.id, own.id, 9)) == []
    await store.forget_audit(clock.now + 1)
    assert await store.read(lambda reads: reads.reports(is_open=False, before=None, limit=9)) == []


@pytest.fixture
async def nodes(url: str) -> AsyncIterator[list[Store]]:
    async with opened(url) as one, opened(url) as other:
        yield [one, other]


@pytest.mark.system
async def test_nobody_follows_who_is_apart_from_them_whatever_two_nodes_do(
    nodes: list[Store],
) -> None:
    ann, ben = await people(nodes[0], "ann", "ben")
    chance = random.Random(1)

    def act(tx: Transaction, number: int) -> None:
        person, other = (ann, ben) if number % 2 else (ben, ann)
        with suppress(Refusal):
            if number % 5 == 0:
                block(tx, person, other.id, 0)
            elif number % 5 == 1:
                unblock(tx, person, other.id)
            else:
                follow(tx, person, other.id)
                notices.notify(tx, other.id, "like", person, post_id=None)

    def check(reads: Snapshot) -> None:
        if reads.are_apart(ann.id, ben.id):
            follows = [reads.is_following(*pair) for pair in ((ann.id, ben.id), (ben.id, ann.id))]
            assert not any(follows)
            for person in (ann, ben):
                assert reads.notifications(NotificationQuery(user_id=person.id)) == []

    for _ in range(25):
        numbers = [chance.randrange(10) for _ in range(6)]
        acts = [partial(act, number=number) for number in numbers]
        await asyncio.gather(*(nodes[n % 2].write(one) for n, one in enumerate(acts)))
        await nodes[0].read(check)


@pytest.mark.system
async def test_who_reports_the_same_at_two_nodes_has_reported_it_once(nodes: list[Store]) -> None:
    ann, ben = await people(nodes[0], "ann", "ben")

    def report(tx: Transaction) -> str:
        return send_report(tx, ben, "user", ann.id, "spam", "", LIMITS).id

    ids = await asyncio.gather(*(node.write(report) for node in nodes * 3))
    assert len(set(ids)) == 1
