"""What is kept of administrative actions: who did what, to what, and when."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from feedline.feed.instants import Millis, Place, rfc3339
from feedline.feed.people import Wire

ActorKind = Literal["user", "service", "command"]
SubjectKind = Literal["user", "post", "comment", "service", "experiment"]
Action = Literal[
    "admin.add",
    "admin.remove",
    "comment.delete",
    "experiment.start",
    "experiment.stop",
    "post.delete",
    "realtime.off",
    "realtime.on",
    "report.resolve",
    "service.create",
    "service.revoke",
    "tier.end",
    "tier.grant",
    "user.delete",
    "user.disable",
    "user.enable",
    "user.export",
    "user.password",
    "user.rename",
    "user.sign_out",
]
Detail = str | int | float | bool | None
Details = Mapping[str, Detail]


class Actor(msgspec.Struct, frozen=True):
    """Who did something: a person, another program, or somebody at the command line.

    ``name`` is that of a program's token or of the command line's user. People are called what
    they are called when the record is read: so a deletion takes their name along.
    """

    kind: ActorKind
    id: str | None = None
    name: str | None = None


class Subject(msgspec.Struct, frozen=True):
    """What was acted on; the ``name`` of a person is filled in by reading."""

    kind: SubjectKind
    id: str
    name: str | None = None


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One action that was taken."""

    id: str
    actor: Actor
    action: str
    subject: Subject | None
    details: dict[str, Detail]
    created_at: Millis


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which actions, newest first: those that match every part given."""

    action: str | None = None
    actor: str | None = None
    """The id or the name of who did it; of a person the id."""
    subject: str | None = None
    """The id of what it was done to."""
    before: Place | None = None
    limit: int = 20


class AuditEntry(Wire, frozen=True):
    """One action as administrators see it."""

    id: str
    at: str
    actor: Actor
    action: str
    subject: Subject | None
    details: dict[str, Detail]


def audit_entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=rfc3339(row.created_at),
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        details=row.details,
    )
