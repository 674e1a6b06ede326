"""A list of what is unread is never told after an event that is newer than it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from feedline.feed.following import follow, unfollow
from feedline.feed.notices import read_notifications
from feedline.feed.people import UserRow
from feedline.hub.connection import Connection
from feedline.hub.unread import Unread
from feedline.store.base import LogEntry, Transaction
from feedline.wire.session import Session
from tests.convergence.devices import LIMITS, SETTINGS, Inbox, never
from tests.convergence.world import World, world_in
from tests.store.opening import publish

PATIENCE = 30.0

Command = Callable[[Transaction], object]


def person(tx: Transaction, world: World, name: str) -> UserRow:
    row = tx.user(world.people[name].user_id)
    assert row is not None
    return row


@asynccontextmanager
async def notified(path: Path) -> AsyncIterator[World]:
    """Ann follows Ben, who has published: she has one unread notification."""
    async with world_in(path) as world:

        def settle(tx: Transaction) -> None:
            follow(tx, person(tx, world, "ann"), world.people["ben"].user_id)
            publish(tx, person(tx, world, "ben"), text="hello")

        await world.write(settle)
        yield world


def connect(world: World) -> Inbox:
    """A connection of Ann's on her notifications."""
    inbox, hub, ann = Inbox(), world.hub, world.people["ann"]
    session = Session("s", hub.epoch, hub.level, LIMITS, asyncio.get_running_loop().time())
    connection = Connection(
        session, inbox, hub=hub, store=world.store, verify=never, deadlines=SETTINGS
    )
    connection.identify(ann)
    channel = f"notifications:{ann.user_id}"
    connection.receive(json.dumps({"type": "connect", "channels": [channel]}))
    return inbox


async def told(inbox: Inbox, wanted: Callable[[list[Any]], bool]) -> list[Any]:
    """What has come, in short, once it is what is wanted."""
    async with asyncio.timeout(PATIENCE):
        while not wanted(said := [short(message) for message in inbox.messages]):
            await asyncio.sleep(0)
    return [one for one in said if one not in ("connected", "caught_up")]


def short(message: dict[str, Any]) -> object:
    kind = message["type"]
    return (kind, message["count"]) if kind == "unread_notifications" else kind


def after_the_list_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Any]
) -> None:
    """Lets something happen between the first reading of what is unread and its telling."""
    read = world.store.read

    async def read_and_wait(reading: Callable[[Any], Any]) -> Any:
        found = await read(reading)
        if isinstance(found, Unread):
            monkeypatch.setattr(world.store, "read", read)
            await happens()
        return found

    monkeypatch.setattr(world.store, "read", read_and_wait)


async def test_who_stopped_following_meanwhile_is_not_told_of_their_posts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with notified(tmp_path / "feed.db") as world:

        async def leave() -> None:
            ben = world.people["ben"].user_id
            await world.write(lambda tx: unfollow(tx, person(tx, world, "ann"), ben))
            await world.hub.reach((await world.store.read(lambda tx: tx.log_bounds())).head)

        after_the_list_is_read(world, monkeypatch, leave)
        said = await told(connect(world), lambda said: ("unread_notifications", 0) in said)
        assert ("unread_notifications", 1) not in said


async def test_what_happens_in_the_turn_in_which_it_is_told_comes_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with notified(tmp_path / "feed.db") as world:
        announce, held = world.hub.announce, list[LogEntry]()

        async def read_elsewhere() -> None:
            monkeypatch.setattr(world.hub, "announce", held.extend)
            await world.write(lambda tx: read_notifications(tx, person(tx, world, "ann"), None))
            asyncio.get_running_loop().call_soon(announce, held)

        after_the_list_is_read(world, monkeypatch, read_elsewhere)
        said = await told(connect(world), lambda said: "notification_read" in said)
        assert said == [("unread_notifications", 1), "notification_read"]
