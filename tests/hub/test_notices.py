"""What a device holds of notifications after a snapshot and the events since, against the list."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import msgspec
import pytest

from feedline.errors import Refusal
from feedline.feed import actions, notices
from feedline.feed.channels import notifications_channel
from feedline.feed.comments import CommentDraft
from feedline.feed.events import (
    AnyEvent,
    FeedUpdate,
    NotificationAdded,
    NotificationRead,
    NotificationsCleared,
    PostDeleted,
    herald_of,
    topics,
)
from feedline.feed.following import follow, unfollow
from feedline.feed.notifications import Notification, NotificationQuery, notification_of
from feedline.feed.people import UserRow
from feedline.feed.ports import PostQuery
from feedline.feed.reactions import add_comment, like_post, tell_owed_likes, unlike_post
from feedline.hub.standings import Rights, Standings
from feedline.store.base import LogEntry, Snapshot, Store, Transaction
from feedline.wire.encoded import EncodedEvent
from tests.store.opening import Announced, Clock, opened, prepared, publish, register

PEOPLE = ("ann", "ben", "cat", "dan")
STEPS = 40
ACTIONS = (
    *["publish", "follow"] * 3,
    *["read", "like"] * 2,
    *["unfollow", "clear", "delete", "unlike", "comment"],
)
LATER = 300  # milliseconds, after which merged likes are told


@dataclass
class Device:
    """A client in short, by what docs/integrating.md says of notifications."""

    user_id: str
    held: dict[str, Notification] = field(default_factory=dict)
    unread: int = 0

    def load(self, snapshot: Snapshot) -> None:
        self.held = {one.id: one for one in listed(snapshot, self.user_id)}
        self.unread = snapshot.unread_count(self.user_id)

    def apply(self, event: AnyEvent) -> None:
        match event:
            case NotificationAdded(notification=told):
                known = self.held.get(told.id)
                self.unread += known is None or known.is_read
                self.held[told.id] = told
            case NotificationRead(ids=ids, unread_count=unread):
                self.unread = unread
                for id_, one in self.held.items():
                    if not isinstance(ids, list) or id_ in ids:
                        self.held[id_] = msgspec.structs.replace(one, is_read=True)
            case NotificationsCleared(unread_count=unread):
                self.held, self.unread = {}, unread
            case PostDeleted(post_id=post_id):
                about = [one for one in self.held.values() if one.post_id == post_id]
                for one in about:
                    self.unread -= not one.is_read
                    del self.held[one.id]


def listed(snapshot: Snapshot, user_id: str) -> list[Notification]:
    rows = snapshot.notifications(NotificationQuery(user_id=user_id, limit=1_000))
    return [notification_of(row) for row in rows]


def act(tx: Transaction, chance: random.Random) -> None:
    """Something that somebody does. Raises what the action raises."""
    people = [row for name in PEOPLE if (row := tx.user_by_name(name))]
    person, other = chance.sample(people, 2)
    posts = [row.id for row in tx.posts(PostQuery(limit=5))] or ["none"]
    post_id = chance.choice(posts)
    step = chance.choice(ACTIONS)
    if step == "publish":
        publish(tx, person, text="secret", tier=chance.choice([None, "vip"]))
    elif step == "follow":
        follow(tx, person, other.id, notify_posts=chance.choice([None, True, True, False]))
    elif step == "unfollow":
        unfollow(tx, person, other.id)
    elif step == "read":
        some = [row.id for row in tx.notifications(NotificationQuery(user_id=person.id))][::3]
        notices.read_notifications(tx, person, chance.choice([None, some, some]))
    elif step == "clear":
        notices.clear_notifications(tx, person)
    else:
        act_on_post(tx, step, person, post_id)


def act_on_post(tx: Transaction, step: str, person: UserRow, post_id: str) -> None:
    if step == "delete":
        actions.delete_post(tx, person, post_id)
    elif step == "like":
        like_post(tx, person, post_id)
    elif step == "unlike":
        unlike_post(tx, person, post_id)
    else:
        add_comment(tx, person, post_id, CommentDraft(text="secret"), 100)


class Devices:
    """A device of each person, and what the hub knows of them."""

    def __init__(self, ids: list[str]) -> None:
        self.standings = Standings()
        self.devices = [Device(id_) for id_ in ids]
        for id_ in ids:
            self.standings.of(id_)

    def load(self, snapshot: Snapshot) -> None:
        head = snapshot.log_bounds().head
        for device in self.devices:
            device.load(snapshot)
            following, muted = snapshot.following(device.user_id), snapshot.muted(device.user_id)
            self.standings.load(device.user_id, Rights(following, {}, muted), head)

    def take(self, entries: list[LogEntry], snapshot: Snapshot) -> None:
        """Each device gets the events of its notifications channel, as the hub hands them out."""
        told_anew = set()
        for entry in entries:
            event = EncodedEvent(entry.seq, entry.event)
            self.standings.apply(entry.event, event.actor, entry.seq)
            match entry.event:
                case FeedUpdate(reason="unfollow") | FeedUpdate(notify_posts=False):
                    told_anew.add(event.actor)
            herald = herald_of(entry.event)
            hearing = set(self.standings.hearing(herald)) if herald else set()
            for device in self.devices:
                channel = notifications_channel(device.user_id)
                if channel in topics(entry.event) or channel in hearing:
                    device.apply(entry.event)
        for device in self.devices:
            if device.user_id in told_anew:  # unread_notifications comes
                device.load(snapshot)

    def check(self, snapshot: Snapshot) -> None:
        for device in self.devices:
            wanted = listed(snapshot, device.user_id)
            assert device.held == {one.id: one for one in wanted}
            assert device.unread == snapshot.unread_count(device.user_id)
            assert device.unread == sum(not one.is_read for one in wanted)
            assert "secret" not in repr(device.held)


@pytest.mark.parametrize("seed", range(8))
async def test_devices_hold_what_the_list_says_whatever_people_do(
    tmp_path: Path, seed: int
) -> None:
    chance, announced, clock = random.Random(seed), Announced(), Clock()
    async with opened(prepared(tmp_path / "feed.db"), announced, clock=clock) as store:
        devices = await come(store)
        for _ in range(STEPS):
            known = len(announced.entries)
            for command in (lambda tx: act(tx, chance), tell_owed_likes):
                await attempt(store, command)
                clock.now += LATER
            entries = announced.entries[known:]
            await store.read(partial(devices.take, entries))
            await store.read(devices.check)


async def come(store: Store) -> Devices:
    def settle(tx: Transaction) -> list[str]:
        return [register(tx, name).id for name in PEOPLE]

    devices = Devices(await store.write(settle))
    await store.read(devices.load)
    return devices


async def attempt(store: Store, command: Callable[[Transaction], object]) -> None:
    with suppress(Refusal):
        await store.write(command)
