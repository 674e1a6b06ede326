"""Keeps a record of administrative actions, in the transaction of what they change."""

from feedline.feed.audit import Action, Actor, AuditRow, Detail, Subject
from feedline.feed.people import UserRow
from feedline.feed.ports import ServiceToken, Writes

_DETAIL_LONGEST = 200  # characters: details are names and numbers, never texts

By = Actor | UserRow | ServiceToken
On = Subject | UserRow | ServiceToken


def record(
    tx: Writes, actor: By, action: Action, subject: On | None = None, **details: Detail
) -> None:
    """Takes note of an action that this transaction carries out.

    ``details``: a few values that say more of it. What people wrote and what is secret have no
    place there.
    """
    tx.add_audit(
        AuditRow(
            id=tx.new_id(),
            actor=_actor(actor),
            action=action,
            subject=_subject(subject),
            details={name: _short(value) for name, value in details.items()},
            created_at=tx.now,
        )
    )


def _actor(actor: By) -> Actor:
    match actor:
        case UserRow():
            return Actor("user", actor.id)
        case ServiceToken():
            return Actor("service", actor.id, actor.name)
    return actor


def _subject(subject: On | None) -> Subject | None:
    match subject:
        case UserRow():
            return Subject("user", subject.id)
        case ServiceToken():
            return Subject("service", subject.id)
    return subject


def _short(value: Detail) -> Detail:
    return value[:_DETAIL_LONGEST] if isinstance(value, str) else value
