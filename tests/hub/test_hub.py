"""The hub against a real store: order, gaps, lost announcements, sign-outs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from feedline.errors import CloseCode
from feedline.feed import actions
from feedline.feed.drafts import Draft, DraftLimits
from feedline.feed.events import PostCreated
from feedline.feed.people import Identity, Registration, UserRow
from feedline.hub.hub import Hub, HubLimits
from feedline.store.base import LogEntry
from feedline.store.database import now_millis
from feedline.store.sqlite import SqliteStore
from tests.hub.seats import Reader
from tests.store.opening import prepared
from tests.wire.world import BODIES

PUBLIC = frozenset({"public"})


class Bench:
    """A store, a hub on it, and the announcements between them, which a test may lose."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.announced: list[list[LogEntry]] = []
        self.hub: Hub
        self.author: UserRow

    async def publish(self, text: str = "hello") -> int:
        """Publishes a post; its place in the log."""
        draft = Draft(text=text)
        _, position = await self.store.write(
            lambda tx: actions.publish_post(tx, self.author, draft, DraftLimits(), None)
        )
        return int(str(position).rpartition("-")[2])

    async def catch_up(self) -> None:
        """Lets the hub have every announcement."""
        await asyncio.sleep(0)  # the last one is made just after its answer
        for entries in self.announced:
            self.hub.announce(entries)

    async def never_poll(self) -> None:
        """From now on the hub reads the log only if an announcement makes it."""
        bounds = await self.store.read(lambda snapshot: snapshot.log_bounds())
        limits = HubLimits(poll_seconds=3600, join_seconds=0)
        self.hub = Hub(self.store, bounds, limits=limits, clock=now_millis)

    def reader(self) -> Reader:
        reader = Reader()
        self.hub.add(reader)
        self.hub.fanout.place(reader, ["public"], self.hub.position)
        return reader


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(SqliteStore(prepared(tmp_path / "feedline.db")))
    bounds = await bench.store.start(bench.announced.append)
    bench.hub = Hub(
        bench.store, bounds, limits=HubLimits(poll_seconds=0.01, join_seconds=0), clock=now_millis
    )
    newcomer = Registration(username="ann", password="correct horse")
    bench.author = await bench.store.write(lambda tx: actions.register(tx, newcomer, "-"))
    yield bench
    await bench.store.stop()


async def reached(hub: Hub, position: int) -> None:
    async with asyncio.timeout(30):
        await hub.reach(position)


async def test_announced_entries_are_dispatched_at_once_and_in_order(bench: Bench) -> None:
    reader = bench.reader()
    seqs = [await bench.publish() for _ in range(5)]
    await asyncio.sleep(0)  # the last announcement is made just after its answer
    for entries in bench.announced:
        bench.hub.announce(entries)
    assert reader.seqs == seqs
    assert bench.hub.position == seqs[-1]


async def test_an_announcement_twice_or_late_is_dispatched_once(bench: Bench) -> None:
    reader = bench.reader()
    seqs = [await bench.publish() for _ in range(3)]
    await asyncio.sleep(0)
    for entries in [*bench.announced, *bench.announced, bench.announced[0]]:
        bench.hub.announce(entries)
    assert reader.seqs == seqs


async def test_a_lost_announcement_is_found_by_looking_at_the_log(bench: Bench) -> None:
    reader = bench.reader()
    follower = asyncio.create_task(bench.hub.follow())
    seqs = [await bench.publish() for _ in range(3)]
    await reached(bench.hub, seqs[-1])
    follower.cancel()
    assert reader.seqs == seqs


async def test_a_gap_makes_the_hub_read_the_log_without_waiting_for_the_poll(bench: Bench) -> None:
    await bench.never_poll()
    reader = bench.reader()
    follower = asyncio.create_task(bench.hub.follow())
    seqs = [await bench.publish() for _ in range(4)]
    await asyncio.sleep(0)
    bench.hub.announce(bench.announced[-1])
    await reached(bench.hub, seqs[-1])
    follower.cancel()
    assert reader.seqs == seqs


async def test_entries_trimmed_before_they_were_seen_end_the_connections(bench: Bench) -> None:
    """A live session can't be told of them, so it has to come back and hear that it must reload."""
    reader = bench.reader()
    for _ in range(5):
        await bench.publish()
    await bench.store.trim(2**62, 2)
    last = await bench.publish()
    follower = asyncio.create_task(bench.hub.follow())
    await reached(bench.hub, last)
    follower.cancel()
    assert reader.closed == CloseCode.RESTART


async def test_announcements_that_overlap_or_have_holes_are_dispatched_once_and_whole(
    bench: Bench,
) -> None:
    await bench.never_poll()
    reader = bench.reader()
    follower = asyncio.create_task(bench.hub.follow())
    seqs = [await bench.publish() for _ in range(6)]
    await asyncio.sleep(0)
    entries = [entry for batch in bench.announced for entry in batch if entry.seq in seqs]
    bench.hub.announce(entries[:3])
    bench.hub.announce(entries[1:4])
    assert reader.seqs == seqs[:4]
    bench.hub.announce([entries[3], entries[5]])
    await reached(bench.hub, seqs[-1])
    follower.cancel()
    assert reader.seqs == seqs


@pytest.mark.parametrize("told", [None, 2**40])
async def test_a_hub_that_is_told_to_look_reads_the_log_at_once(
    bench: Bench, told: int | None
) -> None:
    bounds = await bench.store.read(lambda snapshot: snapshot.log_bounds())
    limits = HubLimits(poll_seconds=3600, join_seconds=0)
    bench.hub = Hub(bench.store, bounds, limits=limits, clock=now_millis)
    reader = bench.reader()
    follower = asyncio.create_task(bench.hub.follow())
    seq = await bench.publish()
    bench.hub.look(bench.hub.position)
    for _ in range(10):
        await asyncio.sleep(0)
    assert reader.seqs == []
    bench.hub.look(told)
    await _has(reader, seq)
    follower.cancel()


async def _has(reader: Reader, seq: int) -> None:
    async with asyncio.timeout(30):
        while reader.seqs != [seq]:
            await asyncio.sleep(0.001)


async def test_a_sign_out_closes_that_sessions_sockets_only(bench: Bench) -> None:
    session = await bench.store.write(lambda tx: actions.sign_in(tx, bench.author, 2**62))
    phone, laptop = bench.reader(), bench.reader()
    bench.hub.identify(phone, Identity(bench.author.id, session.id, 2**62))
    bench.hub.identify(laptop, Identity(bench.author.id, "another", 2**62))
    await bench.store.write(lambda tx: actions.sign_out(tx, session.id))
    await asyncio.sleep(0)
    for entries in bench.announced:
        bench.hub.announce(entries)
    assert (phone.closed, laptop.closed) == (CloseCode.SESSION_ENDED, None)
    assert phone.seqs == laptop.seqs == []


async def test_the_author_is_served_before_everybody_else(bench: Bench) -> None:
    order: list[str] = []
    for index in range(20):
        reader = Reader(f"reader{index}", order)
        bench.hub.fanout.place(reader, ["public"], bench.hub.position)
    own = Reader("author", order)
    bench.hub.identify(own, Identity(bench.author.id, "session", 2**62))
    bench.hub.fanout.place(own, ["public"], bench.hub.position)
    await bench.publish()
    await asyncio.sleep(0)
    bench.hub.announce(bench.announced[-1])
    async with asyncio.timeout(30):
        while len(order) < 21:
            await asyncio.sleep(0)
    assert order[0] == "author"


async def test_under_load_events_are_joined_and_none_is_lost(bench: Bench) -> None:
    bounds = await bench.store.read(lambda snapshot: snapshot.log_bounds())
    bench.hub = Hub(bench.store, bounds, limits=HubLimits(join_seconds=0.02), clock=now_millis)
    reader = bench.reader()
    follower = asyncio.create_task(bench.hub.follow())
    seqs = [await bench.publish() for _ in range(50)]
    await asyncio.sleep(0)
    for entries in bench.announced:
        bench.hub.announce(entries)
    async with asyncio.timeout(30):
        while len(reader.seqs) < 50:
            await asyncio.sleep(0.001)
    follower.cancel()
    assert reader.seqs == seqs
    assert len(reader.writes) < 25


async def test_an_address_is_counted_right_however_often_its_end_is_told(bench: Bench) -> None:
    bounds = await bench.store.read(lambda snapshot: snapshot.log_bounds())
    limits = HubLimits(connections_per_address=2)
    hub = Hub(bench.store, bounds, limits=limits, clock=now_millis)
    first, second, third, fourth = (Reader() for _ in range(4))
    assert hub.add(first)
    hub.remove(first)
    hub.remove(first)
    assert hub.add(second)
    assert hub.add(third)
    assert not hub.add(fourth)


async def test_a_deletion_scrubs_what_is_kept_for_those_who_come_back(bench: Bench) -> None:
    start = bench.hub.position
    for number in range(40):
        await bench.publish(f"secret {number};")
    await bench.catch_up()
    before = bench.hub.stretch(start, PUBLIC, BODIES)
    assert before is not None
    assert b"secret 0;" in before.frames
    [post] = await bench.store.read(lambda snapshot: snapshot.log_page(start, 1).entries)
    assert isinstance(post.event, PostCreated)
    post_id = post.event.post.id
    await bench.store.write(lambda tx: actions.delete_post(tx, bench.author, post_id))
    await bench.catch_up()
    after = bench.hub.stretch(start, PUBLIC, BODIES)
    assert after is not None
    assert b"secret 0;" not in after.frames
    assert b"secret 1;" in after.frames
