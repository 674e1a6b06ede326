"""What followers are notified of posts: both ways to read it against a model, each by an index."""

import random
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import apsw
import pytest

from feedline.feed import actions, notices
from feedline.feed.following import follow, unfollow
from feedline.feed.instants import Place
from feedline.feed.notifications import NotificationQuery
from feedline.feed.people import UserRow, creator_of
from feedline.feed.posts import PostRow
from feedline.store import notices as stored
from feedline.store.base import Snapshot, Store, Transaction
from feedline.store.queries import load_queries
from feedline.store.sqlite_connections import migrate, open_reader
from tests.store.opening import (
    SECOND,
    Clock,
    Location,
    contents,
    opened,
    publish,
    register,
)


@dataclass
class Told:
    """What a reader is to see: the posts that they were told of, and which are read."""

    hears: set[str] = field(default_factory=set)
    told: list[tuple[str, str]] = field(default_factory=list)
    """The post and who published it, the newest last."""
    read: set[str] = field(default_factory=set)

    def drop(self, creator_id: str) -> None:
        self.hears.discard(creator_id)
        self.told = [(post, by) for post, by in self.told if by != creator_id]

    @property
    def posts(self) -> list[str]:
        return [post for post, _ in reversed(self.told)]


def person(tx: Transaction, user_id: str) -> UserRow:
    row = tx.user(user_id)
    assert row is not None
    return row


class Town:
    """A reader and those whom they may follow; each step changes the database and the model."""

    def __init__(self, tx: Transaction, chance: random.Random) -> None:
        self.reader, *self.creators = (register(tx, f"p{number}").id for number in range(7))
        self.chance = chance
        self.model = Told()

    def step(self, tx: Transaction) -> None:
        reader, creator = person(tx, self.reader), self.chance.choice(self.creators)
        model = self.model
        match self.chance.choices(range(8), [12, 4, 1, 1, 1, 2, 1, 0.3])[0]:
            case 0:
                post = publish(tx, person(tx, creator), text="hello")
                if creator in model.hears:
                    model.told.append((post.id, creator))
            case 1:
                follow(tx, reader, creator, notify_posts=True)
                model.hears.add(creator)
            case 2:
                unfollow(tx, reader, creator)
                model.drop(creator)
            case 3:
                follow(tx, reader, creator, notify_posts=False)
                model.drop(creator)
            case 4:
                notices.read_notifications(tx, reader, None)
                model.read.update(model.posts)
            case 5 if model.told:
                post_id, by = self.chance.choice(model.told)
                [row] = [row for row in listed(tx, self.reader) if row[1] == post_id]
                notices.read_notifications(tx, reader, [row[0], "nonsense"])
                model.read.add(post_id)
            case 6 if model.told:
                post_id, by = self.chance.choice(model.told)
                actions.delete_post(tx, person(tx, by), post_id)
                model.told.remove((post_id, by))
            case 7:
                notices.clear_notifications(tx, reader)
                model.told.clear()
        tx.now += SECOND * self.chance.choice([0, 0, 1, -1])

    def check(self, snapshot: Snapshot) -> None:
        model = self.model
        wanted = [(post, post in model.read) for post in model.posts]
        for limit in (1, 3, 100):
            rows = listed(snapshot, self.reader, limit)
            assert [(post, is_read) for _, post, is_read in rows] == wanted
        unread = sum(not is_read for _, is_read in wanted)
        assert snapshot.unread_count(self.reader) == unread
        assert set(snapshot.muted(self.reader)).isdisjoint(model.hears)


def listed(reads: Snapshot, user_id: str, limit: int = 100) -> list[tuple[str, str | None, bool]]:
    """The notifications of a person, read page by page."""
    found = []
    before = None
    while page := reads.notifications(
        NotificationQuery(user_id=user_id, before=before, limit=limit)
    ):
        assert len(page) <= limit
        found += [(row.id, row.post_id, row.is_read) for row in page if row.kind == "post"]
        before = Place(page[-1].created_at, page[-1].id)
    return found


@pytest.mark.parametrize("few", [0, 500], ids=["among the newest", "by creator"])
@pytest.mark.parametrize("searched", [1, 20, 2_000])
@pytest.mark.parametrize("seed", range(2))
async def test_whatever_happens_a_person_is_told_what_a_model_says(
    store: Store, monkeypatch: pytest.MonkeyPatch, few: int, searched: int, seed: int
) -> None:
    monkeypatch.setattr(stored, "FEW_FOLLOWED", few)
    monkeypatch.setattr(stored, "SEARCHED", searched)
    chance = random.Random(seed)
    town = await store.write(lambda tx: Town(tx, chance))
    for _ in range(30):
        for _ in range(3):
            await store.write(town.step)
        await store.read(town.check)


async def test_the_own_and_those_of_posts_are_one_list_by_time(store: Store, clock: Clock) -> None:
    def settle(tx: Transaction) -> str:
        ann, ben = register(tx, "ann"), register(tx, "ben")
        follow(tx, ann, ben.id)
        for _ in range(6):
            follow(tx, person(tx, ben.id), ann.id)
            unfollow(tx, person(tx, ben.id), ann.id)
            notices.read_notifications(tx, ann, None)
            publish(tx, person(tx, ben.id), text="hello")
            tx.now += chance.choice([0, SECOND])
        return ann.id

    chance = random.Random(3)
    ann_id = await store.write(settle)

    def check(snapshot: Snapshot) -> None:
        rows = snapshot.notifications(NotificationQuery(user_id=ann_id, limit=100))
        assert [row.kind for row in rows] == ["post", "follow"] * 6
        places = [Place(row.created_at, row.id) for row in rows]
        assert all(one > other for one, other in pairwise(places))
        paged = []
        before = None
        while page := snapshot.notifications(
            NotificationQuery(user_id=ann_id, before=before, limit=1)
        ):
            paged += page
            before = Place(page[0].created_at, page[0].id)
        assert paged == rows

    await store.read(check)


async def test_a_post_costs_the_same_however_many_follow_its_author(path: Path) -> None:
    """One entry of the log and one row beside those of the post itself, for 20,000 followers."""
    followers = 20_000
    async with opened(path) as store:
        author = await store.write(lambda tx: register(tx, "ann"))
    with apsw.Connection(str(path)) as connection:
        connection.execute(
            f"""WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {followers})
            INSERT INTO users (id, username, name, password_hash, created_at)
            SELECT 'f' || i, 'f' || i, '', '', 0 FROM n"""
        )
        connection.execute(
            """INSERT INTO follows (follower_id, creator_id, created_at)
            SELECT id, ?, 0 FROM users WHERE id LIKE 'f%'""",
            (author.id,),
        )
        connection.execute("UPDATE users SET followers_count = ?", (followers,))
    connection.close()
    async with opened(path) as store:
        before = sizes(path)
        post = await store.write(lambda tx: publish(tx, person(tx, author.id), text="hello"))
        after = sizes(path)
        grown = {table: after[table] - before[table] for table in after if table != "users"}
        assert {table: rows for table, rows in grown.items() if rows} == {
            "posts": 1,
            "events": 2,
            "post_notices": 1,
        }
        for follower in ("f1", f"f{followers}"):
            told = await store.read(partial(listed, user_id=follower))
            assert [row[1] for row in told] == [post.id]


def sizes(location: Location) -> dict[str, int]:
    return {table: len(rows) for table, rows in contents(location).items()}


async def test_who_has_no_followers_notifies_nobody(store: Store, location: Location) -> None:
    ann = await store.write(lambda tx: register(tx, "ann"))
    await store.write(lambda tx: publish(tx, ann, text="hello"))
    assert contents(location)["post_notices"] == []


async def test_notices_sort_in_their_order_after_a_restart_with_a_clock_set_back(
    location: Location, clock: Clock
) -> None:
    """The posts of other programs may be much older, so their times say nothing of ours."""
    async with opened(location) as store:

        def settle(tx: Transaction) -> str:
            ann, ben = register(tx, "ann"), register(tx, "ben")
            follow(tx, ben, ann.id)
            return ben.id

        reader = await store.write(settle)

    def take_old_post(tx: Transaction) -> None:
        ann = tx.user_by_name("ann")
        assert ann is not None
        row = PostRow(id=tx.new_id(), creator=creator_of(ann), text="a", created_at=1, updated_at=1)
        tx.add_post(row)
        notices.notify_followers(tx, ann, row.id)

    for _ in range(3):
        async with opened(location, clock=clock) as store:
            await store.write(take_old_post)
            told = await store.read(lambda snapshot: listed(snapshot, reader, 1))
        clock.now -= 60 * SECOND
    by_place = [row[1] for row in contents(location)["post_notices"]]
    assert [id_ for id_, _, _ in told] == by_place[::-1]


VALUES: dict[str, Any] = {
    "me": "x",
    "after": 1,
    "most": 9,
    "upper": 9,
    "floor": 1,
    "limit": 21,
    "seq": 1,
    "read": 1,
    "time": 1,
    "id": "x",
}


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("unread_by_creator", ["f USING PRIMARY KEY", "n USING COVERING INDEX post_notices_by_c"]),
        ("unread_among_newest", ["n USING INTEGER PRIMARY KEY", "f USING PRIMARY KEY"]),
        ("notices_among_newest", ["n USING INTEGER PRIMARY KEY", "f USING PRIMARY KEY"]),
        ("notices_by_creator", ["n USING COVERING INDEX post_notices_by_creator"]),
        ("notice", ["n USING INTEGER PRIMARY KEY"]),
        ("read_notice", ["n USING INDEX post_notices_by_time", "f USING PRIMARY KEY"]),
    ],
)
def test_notices_are_read_by_indexes(path: Path, name: str, steps: list[str]) -> None:
    migrate(path)
    connection = open_reader(path)
    sql = f"EXPLAIN QUERY PLAN {load_queries('sqlite.sql')[name]}"
    plan = [row[3] for row in connection.execute(sql, VALUES)]
    connection.close()
    searched = [step.removeprefix("SEARCH ") for step in plan if step.startswith("SEARCH")]
    for wanted in steps:
        assert any(step.startswith(wanted) for step in searched), plan
    assert not [step for step in plan if step.startswith("SCAN") and "post_notices" in step], plan
