"""What connections went through, as it is read: as much as there is room for, and no more."""

from functools import partial

from feedline.administration import named
from feedline.explain.gathering import facts_of
from feedline.explain.story import story_of
from feedline.feed.following import follow
from feedline.feed.trails import Applied, Chapter, Dispatch, NodeRun, Trail, TrailBatch
from feedline.store.base import Snapshot, Store, Transaction
from tests.store.opening import HOUR, NOW, Clock, publish, register

FANS = 10
CHAPTERS = 50
ROOM = 1 << 20


def busy_fans(tx: Transaction) -> str:
    """Somebody with followers whose connections have gone through much."""
    author = register(tx, "ann")
    batch = TrailBatch(node=NodeRun(id="n", name="n", pid=1, started_at=NOW, seen_at=NOW))
    for number in range(FANS):
        fan = register(tx, f"fan{number}")
        follow(tx, fan, author.id)
        trail = Trail(id=f"t{number}", user_id=fan.id, node_id="n", transport="ws", opened_at=NOW)
        batch.opened.append(trail)
        batch.chapters += [
            Chapter(trail.id, chapter, NOW, [Applied(NOW, chapter)]) for chapter in range(CHAPTERS)
        ]
    tx.keep_trails(batch)
    return author.id


async def test_trails_that_find_no_room_are_left_out_whole(store: Store) -> None:
    author_id = await store.write(busy_fans)

    async def found(limit: int, room: int) -> tuple[int, bool]:
        trails, is_all = await store.read(
            lambda reads: reads.trails_of_followers(author_id, NOW, limit, room)
        )
        assert all(len(trail.marks) == CHAPTERS for trail in trails)
        return len(trails), is_all

    assert await found(100, ROOM) == (FANS, True)
    assert await found(FANS - 1, ROOM) == (FANS - 1, False)
    few, is_all = await found(100, 5_000)
    assert 0 < few < FANS
    assert not is_all
    assert await found(100, 0) == (0, False)


async def test_of_one_person_there_are_as_many_as_find_room(store: Store) -> None:
    author_id = await store.write(busy_fans)

    def found(reads: Snapshot, room: int) -> int:
        fan_id = reads.followers_of(author_id, 1)[0]
        return len(reads.trails_since(fan_id, NOW, 200, room))

    assert await store.read(partial(found, room=ROOM)) == 1
    assert await store.read(partial(found, room=100)) == 0


async def test_a_dispatch_is_completed_by_what_comes_later(store: Store) -> None:
    begun = Dispatch(seq=1, node_id="n", at=NOW)
    whole = Dispatch(seq=1, node_id="n", at=NOW, sockets=7, first_at=NOW + 2, last_at=NOW + 9)
    for dispatch in (begun, whole):
        node = NodeRun(id="n", name="n", pid=1, started_at=NOW, seen_at=NOW)
        batch = TrailBatch(node=node, dispatches=[dispatch])
        await store.write(partial(_keep, batch))
        assert await store.read(lambda reads: reads.dispatches_of(1)) == [dispatch]


def _keep(batch: TrailBatch, tx: Transaction) -> None:
    tx.keep_trails(batch)


async def test_nothing_is_kept_of_who_is_gone_and_nothing_twice(store: Store) -> None:
    author_id = await store.write(busy_fans)
    node = NodeRun(id="n", name="n", pid=1, started_at=NOW, seen_at=NOW)
    known = Trail(id="t0", user_id=author_id, node_id="n", transport="ws", opened_at=NOW + 1)
    gone = Trail(id="gone", user_id="nobody", node_id="n", transport="ws", opened_at=NOW)
    chapters = [Chapter(one.id, 0, NOW, [Applied(NOW, 99)]) for one in (known, gone)]
    batch = TrailBatch(node=node, opened=[known, gone], chapters=chapters, closed=[gone])
    await store.write(partial(_keep, batch))
    found, _ = await store.read(lambda reads: reads.trails_of_followers(author_id, NOW, 100, ROOM))
    (fan,) = [trail for trail in found if trail.id == "t0"]
    assert fan.opened_at == NOW
    assert fan.marks == [Applied(NOW, chapter) for chapter in range(CHAPTERS)]
    for user_id in (author_id, "nobody"):
        read = partial(_trails_of, user_id=user_id)
        assert await store.read(read) == []


def _trails_of(reads: Snapshot, user_id: str) -> list[Trail]:
    return reads.trails_since(user_id, NOW, 100, ROOM)


RESTLESS = 300
CALM = 5


def connections_of(tx: Transaction, name: str, count: int) -> None:
    """Somebody who opened and closed so many, one each second."""
    person = register(tx, name)
    batch = TrailBatch(node=NodeRun(id="n", name="n", pid=1, started_at=NOW, seen_at=NOW))
    for number in range(count):
        at = NOW + number * 1_000
        trail = Trail(
            id=f"{name}{number}",
            user_id=person.id,
            node_id="n",
            transport="ws",
            opened_at=at,
            closed_at=at + 500,
            reached=0,
        )
        batch.opened.append(trail)
        batch.closed.append(trail)
        batch.chapters.append(Chapter(trail.id, 1, at, [Applied(at, 0)]))
    tx.keep_trails(batch)


async def kept(store: Store, name: str) -> list[str]:
    def read(reads: Snapshot) -> list[str]:
        return [trail.id for trail in reads.trails_since(named(reads, name).id, 0, 1_000, ROOM)]

    return await store.read(read)


async def test_who_opens_and_closes_in_a_loop_pushes_out_only_their_own(
    store: Store, clock: Clock
) -> None:
    for number in range(10):
        await store.write(partial(connections_of, name=f"calm{number}", count=CALM))
    clock.now += 20_000
    first = await store.write(post_of_ben)
    await store.write(partial(connections_of, name="ann", count=RESTLESS))
    before = NOW - 24 * HOUR
    # Each connection takes two rows. So as not to lose others', ann may have 150 of 250.
    assert await store.forget_trails(before, 250) == RESTLESS - 75
    assert await kept(store, "ann") == [f"ann{number}" for number in range(225, RESTLESS)]
    for number in range(10):
        assert len(await kept(store, f"calm{number}")) == CALM
    assert await store.forget_trails(before, 250) == 0
    for name, reason in (("ann", "forgotten"), ("calm0", "offline")):
        assert await store.read(partial(told, post_id=first, name=name)) == reason


def told(reads: Snapshot, post_id: str, name: str) -> str:
    return story_of(facts_of(reads, post_id, named(reads, name), NOW + HOUR)).reason


def post_of_ben(tx: Transaction) -> str:
    return publish(tx, register(tx, "ben"), text="hello").id


async def test_what_is_past_its_time_is_told_as_forgotten(store: Store, clock: Clock) -> None:
    clock.now += 20_000
    post_id = await store.write(post_of_ben)
    await store.write(partial(connections_of, name="ann", count=CALM))
    assert await store.read(partial(told, post_id=post_id, name="ann")) != "forgotten"
    await store.forget_trails(NOW + HOUR, 1_000)
    assert await store.read(partial(told, post_id=post_id, name="ann")) == "forgotten"
