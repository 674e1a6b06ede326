"""Lists of posts: every filter and page against a model, and each by an index."""

import asyncio
import tempfile
from functools import partial
from itertools import product
from operator import methodcaller
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.feed import actions
from feedline.feed.drafts import Draft, DraftLimits
from feedline.feed.instants import Place
from feedline.feed.people import UserRow
from feedline.feed.ports import PostQuery
from feedline.feed.posts import PostRow, normalize
from feedline.feed.visibility import STRANGER
from feedline.store.base import Snapshot, Store, Transaction
from feedline.store.queries import load_queries
from feedline.store.sqlite_connections import migrate, open_reader
from feedline.store.sqlite_views import posts_sql
from feedline.store.views import posts_values
from tests.feed.strategies import examples, new_id
from tests.store.opening import DAY, NOW, Clock, Location, opened, publish, register

CREATORS = ("ann", "ben")
CATEGORIES = (None, "news", "music")
TAGS = ("a", "b", "c")
FILTERS = ("creator", "category", "tag", "before")

drafts = st.builds(
    Draft,
    text=st.just("x"),
    category=st.sampled_from(CATEGORIES),
    tags=st.lists(st.sampled_from(TAGS), max_size=3),
)
posts = st.tuples(st.sampled_from(CREATORS), drafts)
changes = st.tuples(st.integers(0, 30), st.none() | drafts)  # None: the post is deleted


def matches(row: PostRow, query: PostQuery) -> bool:
    tags = normalize(row, STRANGER).content.tags
    return (
        (query.creator is None or row.creator.id == query.creator)
        and (query.category is None or row.category == query.category)
        and (query.tag is None or query.tag in tags)
    )


def place_of(row: PostRow) -> Place:
    return Place(row.created_at, row.id)


def paged(snapshot: Snapshot, query: PostQuery) -> list[PostRow]:
    """Every page of a list, one after the other."""
    rows: list[PostRow] = []
    before = None
    while page := snapshot.posts(msgspec.structs.replace(query, before=before)):
        assert len(page) <= query.limit
        rows += page
        before = place_of(page[-1])
    return rows


def settle(tx: Transaction, written: list[Any], changed: list[Any]) -> dict[str, UserRow]:
    people = {name: register(tx, name) for name in CREATORS}
    made = [
        (name, actions.publish_post(tx, people[name], draft, DraftLimits(), None)[0].id)
        for name, draft in written
    ]
    for pick, draft in changed:
        if not made:
            break
        name, post_id = made[pick % len(made)]
        if draft is None:
            actions.delete_post(tx, people[name], post_id)
            made.remove((name, post_id))
        else:
            actions.edit_post(tx, people[name], post_id, draft, DraftLimits())
    return people


@examples(20)
@given(st.lists(posts, max_size=12), st.lists(changes, max_size=5), st.integers(1, 5))
def test_pages_of_any_list_are_what_a_model_picks(
    written: list[Any], changed: list[Any], limit: int
) -> None:
    def check(snapshot: Snapshot, people: dict[str, UserRow]) -> None:
        everything = sorted(snapshot.posts(PostQuery(limit=100)), key=place_of, reverse=True)
        for creator, category, tag in product((None, *CREATORS), CATEGORIES, (None, *TAGS)):
            query = PostQuery(
                creator=people[creator].id if creator else None,
                category=category,
                tag=tag,
                limit=limit,
            )
            assert paged(snapshot, query) == [row for row in everything if matches(row, query)]

    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with opened(Path(folder, "feed.db")) as store:
                people = await store.write(lambda tx: settle(tx, written, changed))
                await store.read(lambda snapshot: check(snapshot, people))

    asyncio.run(run())


async def test_a_post_that_is_published_while_somebody_pages_moves_nothing(
    store: Store,
) -> None:
    ann = await store.write(lambda tx: register(tx, "ann"))
    for number in range(6):
        await store.write(partial(publish, author=ann, text=str(number)))
    first = await store.read(lambda s: s.posts(PostQuery(limit=3)))
    await store.write(lambda tx: publish(tx, ann, text="new"))
    second = await store.read(lambda s: s.posts(PostQuery(limit=3, before=place_of(first[-1]))))
    assert [row.text for row in first + second] == ["5", "4", "3", "2", "1", "0"]


async def test_a_new_post_comes_first_though_the_clock_was_set_back(location: Location) -> None:
    async with opened(location, clock=Clock(NOW)) as store:
        ann = await store.write(lambda tx: register(tx, "ann"))
        await store.write(lambda tx: publish(tx, ann, text="old"))
    async with opened(location, clock=Clock(NOW - DAY)) as store:
        await store.write(lambda tx: publish(tx, ann, text="new"))
        rows = await store.read(lambda s: s.posts(PostQuery()))
    assert [row.text for row in rows] == ["new", "old"]


async def test_a_post_shows_its_author_as_they_are_now(store: Store) -> None:
    ann = await store.write(lambda tx: register(tx, "ann"))
    post = await store.write(lambda tx: publish(tx, ann, text="a"))
    await store.write(lambda tx: tx.change_profile(ann.id, "Ann Lee", "https://a/b.png"))
    row = await store.read(lambda s: s.post(post.id))
    assert row is not None
    assert (row.creator.name, row.creator.avatar) == ("Ann Lee", "https://a/b.png")
    assert await store.read(lambda s: s.posts(PostQuery())) == [row]


async def test_a_post_that_is_not_there_is_none(store: Store) -> None:
    for post_id in (new_id(), "", "' OR 1=1 --"):
        assert await store.read(methodcaller("post", post_id)) is None


def plan(connection: apsw.Connection, sql: str, values: Any) -> list[str]:
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


@pytest.mark.parametrize("names", list(product((False, True), repeat=4)), ids=str)
def test_a_list_reads_an_index_in_its_order(path: Path, names: tuple[bool, ...]) -> None:
    """It costs what it shows, however many posts there are."""
    migrate(path)
    wanted = {name: "x" for name, given in zip(FILTERS, names, strict=True) if given}
    query = msgspec.convert({**wanted, "before": Place(1, "x") if names[-1] else None}, PostQuery)
    connection = open_reader(path)
    steps = plan(connection, posts_sql(query), {**posts_values(query), "viewer": None})
    connection.close()
    assert not [step for step in steps if "TEMP B-TREE" in step], steps
    scans = [step for step in steps if step.startswith("SCAN")]
    newest = {"SCAN p USING INDEX posts_by_time"}
    assert set(scans) <= (set() if set(wanted) - {"before"} else newest), steps
    if "creator" in wanted:  # who has the fewest posts of all that can be asked for
        assert any("posts_by_author" in step for step in steps), steps


def test_people_to_follow_are_read_in_the_order_of_an_index(path: Path) -> None:
    migrate(path)
    connection = open_reader(path)
    steps = plan(connection, load_queries("sqlite.sql")["people_to_follow"], {"me": "", "limit": 9})
    connection.close()
    assert "SCAN u USING INDEX users_by_followers" in steps
    assert not [step for step in steps if "TEMP B-TREE" in step], steps


@pytest.mark.parametrize(
    "name",
    [
        "subscribers",
        "user",
        "user_by_name",
        "signed_in",
        "post",
        "log_page",
        "events_of_post",
        "stored_answer",
        "take_ticket",
        "remove_tags",
        "drop_events",
        "forget_answers",
        "forget_sessions",
    ],
)
def test_a_query_finds_its_rows_by_an_index(path: Path, name: str) -> None:
    migrate(path)
    sql = load_queries("sqlite.sql")[name]
    connection = open_reader(path)
    steps = plan(connection, sql, (None,) * sql.count("?"))
    connection.close()
    assert [step for step in steps if step.startswith("SEARCH")], steps
    assert not [step for step in steps if step.startswith("SCAN")], steps
