"""The record of administrative actions, for admins."""

from typing import Annotated

import msgspec

from feedline.api.operation import Call
from feedline.api.paging import PageQuery, cut
from feedline.api.services import Services
from feedline.api.users import find_user
from feedline.feed.audit import AuditEntry, AuditQuery, AuditRow, audit_entry
from feedline.feed.people import Wire
from feedline.feed.ports import Reads
from feedline.store.base import Snapshot
from feedline.wire.answers import Answer, answered

_Name = Annotated[str, msgspec.Meta(max_length=128)]


class AuditListQuery(PageQuery, frozen=True, kw_only=True):
    """Which actions: those that match every part that is not empty."""

    action: _Name = ""
    by: _Name = ""
    """Username or id of who did it, the name of a service token, or of who ran a command."""
    on: _Name = ""
    """Username or id of what it was done to."""


class AuditAnswer(Wire, frozen=True):
    """A page of actions, newest first."""

    entries: list[AuditEntry]
    next: str | None


class Audit:
    """The handler of the record."""

    def __init__(self, services: Services) -> None:
        self._store = services.store

    async def entries(self, call: Call[None, AuditListQuery]) -> Answer:
        asked, limit = call.query, call.query.limit

        def read(reads: Snapshot) -> list[AuditRow]:
            call.caller.admin(reads)
            query = AuditQuery(
                action=asked.action or None,
                actor=known_id(reads, asked.by),
                subject=known_id(reads, asked.on),
                before=asked.before,
                limit=limit + 1,
            )
            return reads.audit(query)

        rows, after = cut(await self._store.read(read), limit)
        return answered(AuditAnswer(entries=[audit_entry(row) for row in rows], next=after))


def known_id(reads: Reads, given: str) -> str | None:
    """The id of a person who is called so; what else is given as it is, None for nothing."""
    person = find_user(reads, given) if given else None
    return (given or None) if person is None else person.id
