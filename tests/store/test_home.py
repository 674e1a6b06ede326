"""Home feeds: both ways to read one against a model, each by an index."""

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from feedline.feed.instants import Place
from feedline.feed.ports import PostQuery
from feedline.store import circles
from feedline.store.base import Snapshot, Store, Transaction
from feedline.store.queries import load_queries
from feedline.store.sqlite_connections import migrate, open_reader
from tests.store.opening import NOW, SECOND, Clock, publish, register


def settle(tx: Transaction) -> tuple[str, set[str]]:
    """Twelve people who post in turns, some of them followed by one; that one, and whom."""
    people = [register(tx, f"p{number}") for number in range(12)]
    reader, followed = people[0], people[1::3]
    for creator in followed:
        tx.add_follow(reader.id, creator.id)
    for number in range(120):
        publish(tx, people[number * number % len(people)], text=str(number))
        tx.now += SECOND * (number % 2)
    return reader.id, {reader.id, *(creator.id for creator in followed)}


def paged(snapshot: Snapshot, reader_id: str, limit: int) -> list[str]:
    texts: list[str] = []
    before = None
    while page := snapshot.home(reader_id, before, limit):
        assert len(page) <= limit
        texts += [row.text or "" for row in page]
        before = Place(page[-1].created_at, page[-1].id)
    return texts


@pytest.mark.parametrize("few", [0, 500], ids=["among the newest", "by creator"])
@pytest.mark.parametrize("searched", [1, 30, 4_000])
@pytest.mark.parametrize("limit", [1, 3, 7, 200])
async def test_pages_of_a_home_feed_are_what_a_model_picks(
    store: Store,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    searched: int,
    limit: int,
) -> None:
    monkeypatch.setattr(circles, "FEW_CREATORS", few)
    monkeypatch.setattr(circles, "SEARCHED", searched)
    reader_id, shown = await store.write(settle)

    def check(snapshot: Snapshot) -> None:
        rows = snapshot.posts(PostQuery(limit=1_000))
        wanted = [row.text for row in rows if row.creator.id in shown]
        assert len(wanted) > 20
        assert paged(snapshot, reader_id, limit) == wanted

    await store.read(check)


async def test_where_a_creator_is_in_a_home_feed_follows_their_newest_post(
    store: Store, clock: Clock
) -> None:
    """As posts go, and come with a time of long ago, which foreign ones may have."""

    def check(snapshot: Snapshot) -> None:
        rows = snapshot.posts(PostQuery(limit=1_000))
        assert paged(snapshot, reader_id, 3) == [
            row.text for row in rows if row.creator.id in shown
        ]

    reader_id, shown = await store.write(settle)
    chance = random.Random(5)
    for _ in range(20):

        def change(tx: Transaction) -> None:
            for row in chance.sample(tx.posts(PostQuery(limit=1_000)), 4):
                tx.remove_post(row.id)
            old = msgspec.structs.replace(row, id=tx.new_id(), text="old", created_at=NOW - SECOND)
            tx.add_post(old)

        await store.write(change)
        await store.read(check)


VALUES: dict[str, Any] = {"me": "x", "time": 1, "id": "x", "limit": 21, "floor": 0, "depth": 9}


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("home_floor", "posts_by_time"),
        ("home_among_newest", "posts_by_time"),
        ("home_creators", "posts_by_author"),
        ("home_creators", "COVERING INDEX users_by_newest_post"),
        ("home_of_creator", "posts_by_author"),
    ],
)
def test_a_home_feed_is_read_by_indexes(path: Path, name: str, index: str) -> None:
    migrate(path)
    sql = load_queries("sqlite.sql")[name]
    connection = open_reader(path)
    values = {**VALUES, "creator": "x"}
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    connection.close()
    assert [step for step in steps if step.startswith("SEARCH") and index in step], steps
    assert not [step for step in steps if step.startswith("SCAN") and "posts" in step], steps
    if name != "home_creators":  # which sorts creators, and no posts
        assert not [step for step in steps if "TEMP B-TREE" in step], steps
