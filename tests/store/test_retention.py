"""What is kept, and for how long; nobody waits while the rest goes."""

import asyncio
import logging
from collections import Counter
from dataclasses import replace

import pytest

from feedline.feed import actions
from feedline.feed.following import follow
from feedline.feed.notices import notify, read_notifications
from feedline.feed.notifications import NotificationQuery
from feedline.feed.people import Identity, SessionRow, UserRow
from feedline.store import database
from feedline.store.base import Store, StoredAnswer, Transaction
from feedline.store.retention import Retention, keep_trimmed, trim
from tests.store.opening import (
    DAY,
    HOUR,
    NOW,
    SECOND,
    Clock,
    Location,
    append,
    contents,
    opened,
    publish,
    register,
    store_at,
    whole_log,
)

WEEK = Retention(
    log_days=7, log_events=3, answer_hours=24, notification_days=30, notifications=5, audit_days=10
)


async def seqs(store: Store) -> list[int]:
    return [entry.seq for entry in await whole_log(store)]


async def one_a_day(store: Store, clock: Clock, days: int) -> None:
    for _ in range(days):
        await store.write(append)
        clock.now += DAY


async def test_a_week_is_kept_when_it_is_more(store: Store, clock: Clock) -> None:
    await one_a_day(store, clock, 10)
    assert await trim(store, WEEK, clock.now) == 3
    assert await seqs(store) == [4, 5, 6, 7, 8, 9, 10]  # the oldest is a week old to the instant
    assert await trim(store, WEEK, clock.now) == 0


async def test_the_newest_are_kept_when_they_are_more(store: Store, clock: Clock) -> None:
    await one_a_day(store, clock, 10)
    clock.now += 100 * DAY
    assert await trim(store, WEEK, clock.now) == 7
    assert await seqs(store) == [8, 9, 10]


async def test_an_emptied_log_goes_on_where_it_was(location: Location, clock: Clock) -> None:
    async with opened(location, clock=clock) as store:
        await one_a_day(store, clock, 5)
        assert await store.trim(clock.now, 0) == 5
        bounds = await store.read(lambda snapshot: snapshot.log_bounds())
        assert (bounds.floor, bounds.head) == (5, 5)
    async with opened(location, clock=clock) as store:
        await store.write(append)
        assert await seqs(store) == [6]


async def test_writers_go_on_between_the_slices_of_a_trim(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedline.store.database.SLICE", 10)
    await store.write(lambda tx: [append(tx) for _ in range(500)])
    trimming = asyncio.create_task(store.trim(clock.now + 1, 0))
    answered = 0
    while not trimming.done():
        await store.write(append)
        answered += 1
    assert answered > 5
    dropped = await trimming
    bounds = await store.read(lambda snapshot: snapshot.log_bounds())
    assert (bounds.floor, bounds.head) == (dropped, 500 + answered)
    assert await seqs(store) == list(range(dropped + 1, 500 + answered + 1))


async def test_a_slice_is_bounded(store: Store, clock: Clock) -> None:
    await store.write(lambda tx: [append(tx) for _ in range(25)])
    assert await store.write(lambda tx: tx.trim(clock.now + 1, 0, 10)) == 10
    assert (await store.read(lambda snapshot: snapshot.log_bounds())).floor == 10


def answer(body: bytes = b"{}") -> StoredAnswer:
    return StoredAnswer(b"fingerprint", body)


def store_answer(tx: Transaction, user_id: str, key: str, body: bytes = b"{}") -> None:
    tx.store_answer(user_id, key, b"fingerprint", lambda: body)


async def newcomer(store: Store, name: str = "ann") -> UserRow:
    return await store.write(lambda tx: register(tx, name))


async def test_an_answer_is_there_for_its_person_and_key_alone(location: Location) -> None:
    async with opened(location) as store:
        ann, ben = await newcomer(store), await newcomer(store, "ben")
        await store.write(lambda tx: store_answer(tx, ann.id, "key", b"\x00\xff body"))
    async with opened(location) as store:
        assert await store.write(lambda tx: tx.stored_answer(ann.id, "key")) == answer(
            b"\x00\xff body"
        )
        assert await store.write(lambda tx: tx.stored_answer(ann.id, "KEY")) is None
        assert await store.write(lambda tx: tx.stored_answer(ben.id, "key")) is None


async def test_an_answer_goes_with_the_command_that_failed_after_it(store: Store) -> None:
    ann = await newcomer(store)

    def fail(tx: Transaction) -> None:
        store_answer(tx, ann.id, "key")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.write(fail)
    assert await store.write(lambda tx: tx.stored_answer(ann.id, "key")) is None


async def test_answers_are_kept_for_a_day_and_then_forgotten(store: Store, clock: Clock) -> None:
    ann = await newcomer(store)
    await store.write(lambda tx: store_answer(tx, ann.id, "old"))
    clock.now += SECOND
    await store.write(lambda tx: store_answer(tx, ann.id, "young"))
    clock.now = NOW + 24 * HOUR
    assert await trim(store, WEEK, clock.now) == 0
    clock.now += SECOND
    assert await trim(store, WEEK, clock.now) == 1
    assert await store.write(lambda tx: tx.stored_answer(ann.id, "old")) is None
    assert await store.write(lambda tx: tx.stored_answer(ann.id, "young")) == answer()


async def test_many_answers_are_forgotten_in_slices(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedline.store.database.SLICE", 10)
    ann = await newcomer(store)

    def answer_many(tx: Transaction) -> None:
        for number in range(35):
            store_answer(tx, ann.id, str(number))

    await store.write(answer_many)
    assert await store.forget_answers(clock.now + 1) == 35


async def test_sessions_are_forgotten_after_their_end(
    store: Store, location: Location, clock: Clock
) -> None:
    ann = await newcomer(store)

    def sign_in_twice(tx: Transaction) -> None:
        for name, end in (("ended", NOW + HOUR), ("going on", NOW + 9 * DAY)):
            tx.add_session(SessionRow(id=name, user_id=ann.id, created_at=NOW, expires_at=end))

    await store.write(sign_in_twice)
    clock.now += 2 * DAY
    await trim(store, WEEK, clock.now)
    assert [row[0] for row in contents(location)["sessions"]] == ["going on"]


async def test_a_session_that_is_extended_lasts(store: Store, clock: Clock) -> None:
    ann = await newcomer(store)
    session = await store.write(lambda tx: actions.sign_in(tx, ann, NOW + HOUR))
    await store.write(lambda tx: tx.extend_session(session.id, NOW + 9 * DAY))
    await store.write(lambda tx: tx.extend_session(session.id, NOW + HOUR))  # never shorter
    assert await store.read(lambda s: s.signed_in(session.id, NOW + 8 * DAY)) is not None


async def ticket_of(store: Store, ann: UserRow) -> Identity:
    def command(tx: Transaction) -> Identity:
        session = actions.sign_in(tx, ann, NOW + DAY)
        identity = Identity(ann.id, session.id, session.expires_at)
        tx.add_ticket(b"digest", identity, tx.now + 30 * SECOND)
        return identity

    return await store.write(command)


async def test_a_ticket_is_good_once(store: Store) -> None:
    identity = await ticket_of(store, await newcomer(store))
    assert await store.write(lambda tx: tx.take_ticket(b"other")) is None
    assert await store.write(lambda tx: tx.take_ticket(b"digest")) == identity
    assert await store.write(lambda tx: tx.take_ticket(b"digest")) is None


async def test_a_ticket_is_good_until_its_end(
    store: Store, clock: Clock, location: Location
) -> None:
    await ticket_of(store, await newcomer(store))
    clock.now += 30 * SECOND
    assert await store.write(lambda tx: tx.take_ticket(b"digest")) is None
    assert contents(location)["tickets"] == []


async def test_tickets_that_nobody_took_are_forgotten(
    store: Store, clock: Clock, location: Location
) -> None:
    await ticket_of(store, await newcomer(store))
    clock.now += 31 * SECOND
    assert await trim(store, WEEK, clock.now) == 1
    assert contents(location)["tickets"] == []


async def test_trimming_goes_on_by_itself_and_outlives_a_failing_database(
    location: Location,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("feedline.store.retention.LOOK_SECONDS", 0.001)
    caplog.set_level(logging.INFO, "feedline.store")
    store = store_at(location, clock=clock)
    keeping = asyncio.create_task(keep_trimmed(store, WEEK, clock))
    while "clean-up put off" not in caplog.text:
        await asyncio.sleep(0.001)
    await store.start(lambda _: None)
    await one_a_day(store, clock, 12)
    while len(await whole_log(store)) > 7 or caplog.records[-1].message != "clean-up":
        await asyncio.sleep(0.001)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await store.stop()


async def test_notifications_go_by_age_and_past_a_person_s_newest(
    store: Store, clock: Clock, location: Location
) -> None:
    """Those of posts by age alone, with what was noted of who read them."""

    def settle(tx: Transaction) -> None:
        ann, ben = register(tx, "ann"), register(tx, "ben")
        follow(tx, ben, ann.id)

    def live_a_day(tx: Transaction) -> None:
        ann, ben = tx.user_by_name("ann"), tx.user_by_name("ben")
        assert ann is not None
        assert ben is not None
        publish(tx, ann, text="hello")
        [newest, *_] = tx.notifications(NotificationQuery(user_id=ben.id))
        read_notifications(tx, ben, [newest.id])
        notify(tx, ann.id, "comment", ben, post_id=newest.post_id)

    await store.write(settle)
    for _ in range(40):
        await store.write(live_a_day)
        clock.now += DAY
    await trim(store, WEEK, clock.now)
    rows = contents(location)
    assert len(rows["notifications"]) == len(rows["notification_actors"]) == 5
    assert {row[8] for row in rows["notifications"]} == {NOW + day * DAY for day in range(35, 40)}
    assert len(rows["post_notices"]) == len(rows["notices_read"]) == 30
    assert await trim(store, WEEK, clock.now) == 0


async def test_notifications_are_counted_person_by_person(
    store: Store, monkeypatch: pytest.MonkeyPatch, location: Location
) -> None:
    monkeypatch.setattr(database, "PEOPLE", 2)
    monkeypatch.setattr(database, "SLICE", 3)

    def settle(tx: Transaction) -> None:
        people = [register(tx, f"p{number}") for number in range(7)]
        for number, person in enumerate(people):
            for count in range(3 * number):
                notify(tx, person.id, "like", people[0], post_id=f"{person.id} {count}")

    await store.write(settle)
    await trim(store, WEEK, NOW)
    kept = Counter(row[1] for row in contents(location)["notifications"])
    assert sorted(kept.values()) == [3, 5, 5, 5, 5, 5]


async def test_without_limits_notifications_stay(store: Store, location: Location) -> None:
    def settle(tx: Transaction) -> None:
        ann, ben = register(tx, "ann"), register(tx, "ben")
        for number in range(9):
            notify(tx, ann.id, "like", ben, post_id=str(number))

    await store.write(settle)
    for_ever = replace(WEEK, notification_days=0, notifications=0)
    await trim(store, for_ever, NOW + 1_000 * DAY)
    assert len(contents(location)["notifications"]) == 9
