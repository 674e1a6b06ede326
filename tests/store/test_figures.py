"""What nodes counted is kept minute by minute, in place of what was kept of a minute before."""

from feedline.store.base import Store, Transaction
from feedline.store.retention import Retention, trim
from tests.store.opening import DAY, HOUR, NOW, Clock, Location, opened

MINUTE = 60_000
WEEK = Retention(
    log_days=7,
    log_events=3,
    answer_hours=24,
    notification_days=30,
    notifications=5,
    audit_days=30,
)


async def kept(store: Store, since: int = 0) -> list[bytes]:
    return await store.read(lambda snapshot: snapshot.figures(since))


async def test_minutes_of_all_nodes_come_in_order_and_survive_a_restart(location: Location) -> None:
    async with opened(location) as store:
        await store.write(lambda tx: tx.keep_figures(NOW + MINUTE, "b", b"{3}"))
        await store.write(lambda tx: tx.keep_figures(NOW, "b", b"early"))
        await store.write(lambda tx: tx.keep_figures(NOW, "b", b"{2}\xff"))
        await store.write(lambda tx: tx.keep_figures(NOW, "a", b"{1}"))
    async with opened(location) as store:
        assert await kept(store) == [b"{1}", b"{2}\xff", b"{3}"]
        assert await kept(store, NOW + 1) == [b"{3}"]


async def test_they_are_kept_for_a_day_and_an_hour(store: Store, clock: Clock) -> None:
    def fill(tx: Transaction) -> None:
        for minute in range(10):
            tx.keep_figures(NOW + minute * MINUTE, "a", str(minute).encode())

    await store.write(fill)
    clock.now = NOW + DAY + HOUR + 4 * MINUTE
    assert await store.write(lambda tx: tx.forget_figures(clock.now, 1)) == 1
    assert await trim(store, WEEK, clock.now) == 3
    assert await kept(store) == [b"4", b"5", b"6", b"7", b"8", b"9"]
