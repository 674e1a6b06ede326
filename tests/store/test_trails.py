"""What connections went through, as it is read: as much as there is room for, and no more."""

from functools import partial

from feedline.feed.following import follow
from feedline.feed.trails import Applied, Chapter, Dispatch, NodeRun, Trail, TrailBatch
from feedline.store.base import Snapshot, Store, Transaction
from tests.store.opening import NOW, register

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
