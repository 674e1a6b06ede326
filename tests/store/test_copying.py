"""An installation is copied to PostgreSQL: all of it, or nothing."""

import random
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from feedline.errors import CopyIncomplete, CopyTargetTaken, DatabaseUnusable
from feedline.feed import actions, notices, reactions
from feedline.feed.comments import CommentDraft
from feedline.feed.following import follow, grant_tier
from feedline.feed.people import SessionRow, UserRow
from feedline.feed.ports import PostQuery, ServiceToken
from feedline.store import copying
from feedline.store.base import Snapshot, Transaction
from feedline.store.copying import copy_database
from tests.postgres import databases
from tests.store.opening import contents, log_of, opened, publish, register

pytestmark = pytest.mark.system

SECRET = bytes(range(32))
SHOP = ServiceToken("shop", "shop", 0)


def no_report(*_: object) -> None:
    """For who wants to hear of nothing."""


def live(tx: Transaction, chance: random.Random) -> list[UserRow]:
    """A little of everything."""
    people = [register(tx, f"p{n}") for n in range(6)]
    for person in people:
        for other in chance.sample(people, 3):
            if other is not person:
                follow(tx, person, other.id)
        tx.add_session(SessionRow(id=person.id, user_id=person.id, created_at=1, expires_at=2**40))
        tx.store_answer(person.id, "key", b"\0print", lambda: b"\xff{}")
    grant_tier(tx, SHOP, people[0].id, people[1].id, "vip")
    for n in range(30):
        author, reader = chance.sample(people, 2)
        post = publish(tx, author, text=f"Тест {n}\t\\N\n", tags=["a", f"t{n}"], tier="vip")
        reactions.like_post(tx, reader, post.id)
        draft = CommentDraft(text=f"{n}")
        reactions.add_comment(tx, author, post.id, draft, 100)
    notices.read_notifications(tx, people[0], None)
    actions.delete_post(tx, author, post.id)
    return people


def seen(snapshot: Snapshot, people: list[UserRow]) -> list[Any]:
    """What each person sees of everything; cursors are of another log."""
    views: list[Any] = []
    for person in people:
        views += [snapshot.posts(PostQuery(limit=100), person.id), snapshot.home(person.id)]
        views += [snapshot.unread_count(person.id), snapshot.viewer(person.id)]
        views += [snapshot.user(person.id), sorted(snapshot.following(person.id))]
    entries = log_of(snapshot, 500)
    for entry in entries:
        entry.event.cursor = ""
    return [*views, entries, snapshot.log_bounds().head, snapshot.log_bounds().floor]


@pytest.fixture
async def people(path: Path) -> list[UserRow]:
    async with opened(path) as store:
        people = await store.write(partial(live, chance=random.Random(7)))
        await store.trim(2**62, 20)
        return people


async def test_everybody_sees_the_same_in_the_copy(
    path: Path, url: str, people: list[UserRow]
) -> None:
    before = contents(path)
    async with opened(path) as store:
        there = await store.read(partial(seen, people=people))
        epoch = (await store.read(lambda reads: reads.log_bounds())).epoch
    told: list[tuple[str, int, int]] = []
    copied = copy_database(path, url, SECRET, lambda *report: told.append(report))
    assert contents(path) == before
    assert copied == sum(map(len, before.values())) - 1 == told[-1][1] == told[-1][2]
    assert [rows for _, rows, _ in told] == sorted(rows for _, rows, _ in told)
    async with opened(url) as store:
        assert await store.read(partial(seen, people=people)) == there
        assert (await store.read(lambda reads: reads.log_bounds())).epoch != epoch
        assert await store.shared_secret() == SECRET
        stored = await store.write(lambda tx: tx.stored_answer(people[0].id, "key"))
        assert stored is not None
        assert (stored.fingerprint, stored.body) == (b"\0print", b"\xff{}")
        # and life goes on
        head = (await store.read(lambda reads: reads.log_bounds())).head
        position = await store.write(lambda tx: follow(tx, people[0], people[5].id).position)
        assert int(str(position).partition("-")[2]) >= head
    copy = contents(url)
    for table in set(before) - {"log_head", "users", "follows", "notifications", "events"}:
        assert len(copy[table]) >= len(before[table])


async def test_a_database_in_use_is_left_alone(path: Path, url: str, people: list[UserRow]) -> None:
    async with opened(url) as store:
        await store.write(partial(register, username="ann"))
    before = contents(url)
    with pytest.raises(CopyTargetTaken):
        copy_database(path, url, SECRET, no_report)
    assert contents(url) == before


async def test_a_copy_that_is_not_whole_is_none(
    path: Path, people: list[UserRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases().empty()
    count = copying._count
    monkeypatch.setattr(copying, "_count", lambda source, name: count(source, name) + 1)
    with pytest.raises(CopyIncomplete):
        copy_database(path, url, SECRET, no_report)
    monkeypatch.undo()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)
    assert copy_database(path, url, SECRET, no_report) > 100
    databases().drop(url)


async def test_a_target_that_is_not_there_is_named(path: Path, people: list[UserRow]) -> None:
    with pytest.raises(DatabaseUnusable, match="none"):
        copy_database(path, "postgresql://127.0.0.1:1/none", SECRET, no_report)
