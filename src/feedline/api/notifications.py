"""Notifications over REST: list, read, clear."""

from typing import Annotated

import msgspec

from feedline.api.operation import Call
from feedline.api.paging import PageQuery, cut
from feedline.api.services import Services
from feedline.feed import notices
from feedline.feed.cursor import Position
from feedline.feed.notifications import Notification, NotificationQuery, notification_of
from feedline.feed.people import Wire
from feedline.store.base import Snapshot, Transaction
from feedline.wire.answers import Answer, answered

MOST_IDS = 1_000


class NotificationsAnswer(Wire, frozen=True):
    """A page of notifications, newest first, and how many are unread in all."""

    notifications: list[Notification]
    unread_count: int
    next: str | None
    cursor: str


class ReadNotice(Wire, frozen=True, forbid_unknown_fields=True):
    """Which notifications were read; without ids, all."""

    ids: Annotated[list[str], msgspec.Meta(max_length=MOST_IDS)] | None = None


class ReadAnswer(Wire, frozen=True):
    """How many notifications are still unread."""

    unread_count: int
    cursor: str


class Notifications:
    """The handlers of notifications."""

    def __init__(self, services: Services) -> None:
        self._store = services.store

    async def page(self, call: Call[None, PageQuery]) -> Answer:
        limit, before = call.query.limit, call.query.before

        def read(reads: Snapshot) -> Answer:
            user_id = call.caller.person(reads).id
            query = NotificationQuery(user_id=user_id, before=before, limit=limit + 1)
            rows, following = cut(reads.notifications(query), limit)
            return answered(
                NotificationsAnswer(
                    notifications=[notification_of(row) for row in rows],
                    unread_count=reads.unread_count(user_id),
                    next=following,
                    cursor=reads.cursor(),
                )
            )

        return await self._store.read(read)

    async def read(self, call: Call[ReadNotice, None]) -> Answer:
        ids = call.body.ids

        def command(tx: Transaction) -> tuple[int, Position]:
            return notices.read_notifications(tx, call.caller.person(tx), ids)

        unread, position = await self._store.write(command)
        return answered(ReadAnswer(unread_count=unread, cursor=str(position)))

    async def clear(self, call: Call[None, None]) -> Answer:
        def command(tx: Transaction) -> None:
            notices.clear_notifications(tx, call.caller.person(tx))

        await self._store.write(command)
        return Answer()
