"""Reads from a real standby: where it is new enough, and never where it is not."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, NamedTuple

import psycopg
import pytest

from feedline.api.identity import Caller
from feedline.errors import Forbidden, NotFound
from feedline.feed import accounts, actions, blocking, following, reactions
from feedline.feed.audit import Actor
from feedline.feed.comments import CommentDraft
from feedline.feed.cursor import Cursor
from feedline.feed.drafts import Draft, DraftLimits
from feedline.feed.people import Identity, UserRow
from feedline.feed.ports import PostQuery, ServiceToken
from feedline.feed.posts import normalize
from feedline.store import postgres_replicas
from feedline.store.base import ReplicaReport, ReplicaState, Snapshot, Store, Transaction
from feedline.store.postgres_connections import Link
from feedline.store.postgres_replicas import Replica, ReplicaSnapshot
from feedline.store.postgres_views import PostgresSnapshot
from tests.postgres import Standby, databases, standby_of
from tests.store.opening import Announced, opened, publish, register

pytestmark = pytest.mark.system

PATIENCE = 60.0  # seconds; it takes a moment
LATER = 2**50  # milliseconds


@pytest.fixture(scope="module")
def standby() -> Iterator[Standby]:
    with standby_of(databases().server) as standby:
        yield standby


@pytest.fixture
def url() -> Iterator[str]:
    url = databases().fresh()
    yield url
    databases().drop(url)


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is slow, and its replica is current all the same."""
    monkeypatch.setattr(postgres_replicas, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(postgres_replicas, "CURRENT_SECONDS", PATIENCE)
    monkeypatch.setattr(postgres_replicas, "PATIENCE", PATIENCE)
    monkeypatch.setattr(postgres_replicas, "_LOOKS", round(PATIENCE / 0.05))
    monkeypatch.setattr(postgres_replicas, "PATIENCE", PATIENCE)


class Node:
    """A store with one replica."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.epoch = ""

    @property
    def report(self) -> ReplicaReport:
        (report,) = self.store.replicas
        return report

    async def is_replica(self, seen: int | None) -> bool:
        """Whether a replica answers who has seen so much of the log."""
        return bool(await self.read(lambda snapshot: isinstance(snapshot, ReplicaSnapshot), seen))

    async def read(self, query: Callable[[Snapshot], Any], seen: int | None) -> Any:
        cursor = None if seen is None else Cursor(self.epoch, seen)
        return await self.store.read(query, cursor)

    async def head(self) -> int:
        return await self.store.read(lambda snapshot: snapshot.log_bounds().head)

    async def turns(self, state: ReplicaState) -> None:
        await until(lambda: self.report.state == state)

    async def is_followed(self) -> None:
        """Waits until the replica has all that there is."""
        await self.turns("ok")
        head = await self.head()
        await until(lambda: self.report.position == head)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def node_at(url: str, *replicas: str) -> AsyncIterator[Node]:
    async with opened(url, Announced(), replicas=replicas) as store:
        node = Node(store)
        node.epoch = await store.read(lambda snapshot: snapshot.log_bounds().epoch)
        yield node


@pytest.fixture
async def node(url: str, standby: Standby) -> AsyncIterator[Node]:
    async with node_at(url, await asyncio.to_thread(standby.copy_of, url)) as node:
        await node.turns("ok")
        try:
            yield node
        finally:
            await asyncio.to_thread(standby.resume)


async def test_a_replica_answers_who_has_seen_no_more_than_it_has(
    node: Node, standby: Standby
) -> None:
    ann = await node.store.write(lambda tx: register(tx, "ann"))
    await node.store.write(lambda tx: publish(tx, ann, text="one"))
    await node.is_followed()
    assert await node.is_replica(0)
    assert await node.is_replica(1)
    assert not await node.is_replica(2)
    assert not await node.is_replica(None)
    of_another_log = Cursor("0000", 0)
    assert not await node.store.read(lambda s: isinstance(s, ReplicaSnapshot), of_another_log)
    await node.turns("ok")
    assert (node.report.answered, node.report.behind) == (2, 1)

    await asyncio.to_thread(standby.pause)
    await node.store.write(lambda tx: publish(tx, ann, text="two"))
    home = lambda snapshot: [row.text for row in snapshot.home(ann.id)]  # noqa: E731
    assert await node.read(home, 1) == ["one"]
    assert await node.read(home, 2) == ["two", "one"]


async def test_a_replica_that_lags_is_left_alone_whatever_it_is_asked_for(
    node: Node, standby: Standby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_replicas, "CURRENT_SECONDS", 0.5)
    await until_answers(node)
    await asyncio.to_thread(standby.pause)
    await node.store.write(lambda tx: register(tx, "ann"))  # which is no entry of the log
    await node.turns("behind")
    assert not await node.is_replica(0)
    await asyncio.to_thread(standby.resume)
    await until_answers(node)


async def until_answers(node: Node) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await node.is_replica(0):
            await asyncio.sleep(0.005)


async def test_what_has_no_entry_in_the_log_is_asked_of_the_primary(
    node: Node, standby: Standby
) -> None:
    ann, ben, zed = await node.store.write(lambda tx: [register(tx, n) for n in ("a1", "b1", "z1")])
    await node.store.write(partial(block_each_other, ann=ann, ben=ben))
    await node.store.write(lambda tx: tx.add_service_token(ServiceToken("1", "x", 0), b"digest"))
    await node.is_followed()
    await asyncio.to_thread(standby.pause)

    session = await node.store.write(lambda tx: actions.sign_in(tx, ann, LATER))
    identity = Identity(ann.id, session.id, LATER)
    caller = Caller(identity, by_cookie=True, now=0)  # who would be a stranger, and not refused
    assert (await node.read(caller.viewer, 0)).id == ann.id
    cara = await node.store.write(lambda tx: register(tx, "cara"))
    assert (await node.read(lambda snapshot: snapshot.user_by_name("cara"), 0)).id == cara.id
    await node.store.write(lambda tx: tx.remove_service_token("1"))
    assert await node.read(lambda snapshot: snapshot.service_token(b"digest"), 0) is None
    await node.store.write(lambda tx: blocking.unblock(tx, ann, ben.id))
    assert not await node.read(lambda snapshot: snapshot.has_blocked(ann.id, ben.id), 0)
    assert await node.read(lambda snapshot: isinstance(snapshot, ReplicaSnapshot), 0)

    head = await node.head()
    await node.store.write(lambda tx: accounts.delete(tx, Actor("command", "", ""), zed))
    await asyncio.to_thread(standby.resume)
    await until_has(node, head + 1)
    await asyncio.to_thread(standby.pause)
    await node.store.write(lambda tx: tx.remove_user(zed.id))
    assert await node.read(lambda snapshot: snapshot.user(zed.id), head + 1) is None


async def until_has(node: Node, place: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await node.is_replica(place):
            await asyncio.sleep(0.005)


def block_each_other(tx: Transaction, ann: UserRow, ben: UserRow) -> None:
    blocking.block(tx, ann, ben.id, 0)
    blocking.block(tx, ben, ann.id, 0)


async def test_a_replica_refuses_nobody(node: Node, standby: Standby) -> None:
    await node.is_followed()
    await asyncio.to_thread(standby.pause)
    ann = await node.store.write(lambda tx: register(tx, "ann"))
    post = await node.store.write(lambda tx: publish(tx, ann, text="one"))
    viewer = partial(actions.existing_post, post_id=post.id)
    assert (await node.read(viewer, 0)).text == "one"


async def test_statements_are_prepared_once_for_each_connection(node: Node) -> None:
    ann = await node.store.write(lambda tx: register(tx, "ann"))
    await node.store.write(lambda tx: [publish(tx, ann, text="one") for _ in range(3)])
    await node.is_followed()

    def read(snapshot: Snapshot) -> int:
        assert isinstance(snapshot, PostgresSnapshot)
        count = b"SELECT count(*) FROM pg_prepared_statements"
        (prepared,) = snapshot._connection.execute(count, prepare=False).fetchone() or (0,)
        snapshot.home(ann.id)  # one of its statements runs three times
        return int(prepared)

    async with asyncio.timeout(PATIENCE):
        for seen in (0, None):
            while min(await asyncio.gather(*(node.read(read, seen) for _ in range(8)))) <= 3:
                pass  # a connection was used for the first time


# ---- a random history


class Seen(NamedTuple):
    """What somebody sees of all."""

    head: int
    posts: list[Any]
    home: list[Any]
    comments: list[Any]


def view(snapshot: Snapshot, user_id: str) -> Seen:
    viewer = snapshot.viewer(user_id)
    rows = snapshot.posts(PostQuery(limit=100), user_id)
    return Seen(
        snapshot.log_bounds().head,
        [normalize(row, viewer) for row in rows],
        [normalize(row, viewer) for row in snapshot.home(user_id, None, 100)],
        [snapshot.following(user_id), sorted(viewer.tiers.items()), sorted(viewer.apart)],
    )


class History:
    """Random changes through two nodes, and what everybody saw after each of them."""

    def __init__(self, nodes: list[Node], people: list[UserRow], rng: random.Random) -> None:
        self._nodes, self._people, self._random = nodes, people, rng
        self._posts: list[str] = []
        self.head = 0
        self.seen: dict[tuple[int, str], Seen] = {}

    async def step(self) -> None:
        pick, people = self._random.choice, self._people
        ann, ben = self._random.sample(people, 2)
        shop, tier = ServiceToken("shop", "shop", 0), pick([None, "basic", "vip"])
        changes: list[Callable[[Transaction], Any]] = [
            lambda tx: following.follow(tx, ann, ben.id),
            lambda tx: following.unfollow(tx, ann, ben.id),
            lambda tx: following.grant_tier(tx, shop, ben.id, ann.id, "vip"),
            lambda tx: following.end_tier(tx, shop, ben.id, ann.id),
            lambda tx: blocking.block(tx, ann, ben.id, 0),
            lambda tx: blocking.unblock(tx, ann, ben.id),
            lambda tx: self._posts.append(publish(tx, ann, text="text", tier=tier).id),
        ]
        if self._posts:
            post_id, draft = pick(self._posts), Draft(text="edited", tier=tier)
            changes += [
                lambda tx: actions.edit_post(tx, ann, post_id, draft, DraftLimits()),
                lambda tx: actions.delete_post(tx, ann, post_id),
                lambda tx: reactions.like_post(tx, ann, post_id),
                lambda tx: reactions.unlike_post(tx, ann, post_id),
                lambda tx: reactions.add_comment(tx, ann, post_id, CommentDraft(text="c"), 100),
            ]
        try:
            await pick(self._nodes).store.write(pick(changes))
        except (NotFound, Forbidden):
            return
        await self.note()

    async def note(self) -> None:
        for person in self._people:
            seen = await self._nodes[0].store.read(partial(view, user_id=person.id))
            self.seen[seen.head, person.id] = seen
            self.head = seen.head

    async def look(self) -> bool:
        """Somebody looks, who has seen something; whether it was a replica that answered."""
        node, person = self._random.choice(self._nodes), self._random.choice(self._people)
        place = self._random.choice([self.head, self._random.randint(0, self.head)])
        found = await node.read(
            lambda snapshot: (isinstance(snapshot, ReplicaSnapshot), view(snapshot, person.id)),
            place,
        )
        is_replica, seen = found
        assert seen.head >= place
        assert seen == self.seen[seen.head, person.id]
        return bool(is_replica)


async def test_what_a_replica_shows_is_what_the_primary_showed_at_that_place(
    node: Node, url: str, standby: Standby
) -> None:
    rng = random.Random(6)
    async with node_at(url, standby.copy_of(url)) as other:
        await other.turns("ok")
        people = await node.store.write(lambda tx: [register(tx, f"p{n}") for n in range(3)])
        history = History([node, other], people, rng)
        await history.note()
        answers = {True: 0, False: 0}
        for step in range(100):
            if step % 20 in (7, 14):
                turn = standby.pause if step % 20 == 7 else standby.resume
                await asyncio.to_thread(turn)
            await history.step()
            for _ in range(3):
                answers[await history.look()] += 1
    assert min(answers.values()) > 30, answers


# ---- replicas that are no use


async def test_a_replica_that_is_killed_under_load_fails_nobody(
    node: Node, standby: Standby
) -> None:
    ann = await node.store.write(lambda tx: register(tx, "ann"))
    await node.store.write(lambda tx: publish(tx, ann, text="one"))
    await node.is_followed()
    done = asyncio.Event()

    async def reader() -> int:
        reads = 0
        while not done.is_set():
            (row,) = await node.read(lambda snapshot: snapshot.home(ann.id), 1)
            assert row.text == "one"
            reads += 1
        return reads

    async with asyncio.TaskGroup() as group:
        readers = [group.create_task(reader()) for _ in range(8)]
        for how in (signal.SIGQUIT, signal.SIGINT):
            before = node.report.answered
            await until(lambda: node.report.answered > before + 20)  # noqa: B023
            await asyncio.to_thread(standby.stop, how)
            await node.turns("unreachable")
            standby.start()  # here: it would end with its thread
            await node.turns("ok")
        done.set()
    assert all(task.result() for task in readers)


async def test_a_replica_that_hangs_is_not_waited_for(
    node: Node, standby: Standby, monkeypatch: pytest.MonkeyPatch
) -> None:
    await until_answers(node)
    monkeypatch.setattr(postgres_replicas, "PATIENCE", 0.1)
    monkeypatch.setattr(Link.cut_if_stuck, "__defaults__", (PATIENCE * 60,))
    with psycopg.connect(standby.url("postgres"), autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s",
            [node_database(node)],
        ).fetchall()
    try:
        for (pid,) in rows:
            os.kill(pid, signal.SIGSTOP)
        assert not await node.is_replica(0)
    finally:
        for (pid,) in rows:
            os.kill(pid, signal.SIGCONT)
    await until_answers(node)


def node_database(node: Node) -> str:
    return node.report.name.partition("@")[0]


async def test_a_query_that_is_in_the_way_of_the_replay_goes_to_the_primary(
    node: Node, url: str, standby: Standby
) -> None:
    ann = await node.store.write(lambda tx: register(tx, "ann"))
    await node.store.write(lambda tx: publish(tx, ann, text="one"))
    await node.is_followed()
    begun, loop = asyncio.Event(), asyncio.get_running_loop()

    def query(snapshot: Snapshot) -> bool:
        is_replica = isinstance(snapshot, ReplicaSnapshot)
        while is_replica:  # until it is cancelled
            snapshot.home(ann.id)
            loop.call_soon_threadsafe(begun.set)
        return is_replica

    with impatient(standby):
        reading = asyncio.create_task(node.read(query, 1))
        await begun.wait()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DELETE FROM posts")
            connection.execute("VACUUM posts")
        async with asyncio.timeout(PATIENCE):
            assert not await reading
    await until_answers(node)


@contextmanager
def impatient(standby: Standby) -> Iterator[None]:
    """It waits for no query that needs what it is to remove."""
    for start in ("SET max_standby_streaming_delay = 0", "RESET max_standby_streaming_delay"):
        standby.execute(f"ALTER SYSTEM {start}")
        standby.execute("SELECT pg_reload_conf()")
        if start.startswith("SET"):
            yield


async def test_only_a_standby_of_the_same_installation_is_asked(url: str, standby: Standby) -> None:
    other = databases().fresh()
    with psycopg.connect(other, autocommit=True) as connection:
        connection.execute("UPDATE installation SET secret = '\\x00'")
    replicas = [url, standby.copy_of(other), standby.url("nothing"), standby.copy_of(url)]
    async with opened(url, replicas=replicas) as it:
        wanted = ["no standby", "another installation", "unreachable", "ok"]
        await until(lambda: [report.state for report in it.replicas] == wanted)
        cursor = await it.read(lambda snapshot: Cursor(snapshot.log_bounds().epoch, 0))
        for _ in range(8):
            assert await it.read(lambda snapshot: isinstance(snapshot, ReplicaSnapshot), cursor)
        assert [report.answered for report in it.replicas] == [0, 0, 0, 8]
    databases().drop(other)


async def test_a_replica_that_was_promoted_is_asked_no_more(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with standby_of(databases().server) as promoted:
        async with node_at(url, promoted.copy_of(url)) as node:
            await node.turns("ok")
            await until_answers(node)
            monkeypatch.setattr(Replica, "look", lambda *_: None)  # the read itself finds out
            await asyncio.to_thread(promoted.execute, "SELECT pg_promote()")
            assert not await node.is_replica(0)
