"""Looking after accounts: shutting somebody out, and in again; passwords, names, sign-ins.

What one does to oneself is in :mod:`feedline.feed.actions`; this is for those who may do it to
others, and it is recorded.
"""

from typing import cast

import msgspec

from feedline.feed import actions
from feedline.feed.audit import Action
from feedline.feed.auditing import By, record
from feedline.feed.channels import session_channel
from feedline.feed.events import SessionRevoked
from feedline.feed.instants import rfc3339
from feedline.feed.people import ProfileChange, State, User, UserRow, user_of
from feedline.feed.ports import Writes

_MANY = 100  # sign-ins that are not ended one by one any more


class Account(User, frozen=True):
    """A person as those see them who look after accounts."""

    state: State
    sessions: int
    """Sign-ins that last."""


def account_of(row: UserRow, sessions: int) -> Account:
    state = cast("State", row.state)
    return Account(**msgspec.structs.asdict(user_of(row)), state=state, sessions=sessions)


def disable(tx: Writes, by: By, person: UserRow) -> None:
    """Shuts somebody out, at once and everywhere; what they posted stays."""
    _change_state(tx, by, person, "disabled", "user.disable")
    end_sessions(tx, person)


def enable(tx: Writes, by: By, person: UserRow) -> None:
    """Lets somebody sign in again. Who is being deleted stays so."""
    if person.state != "leaving":
        _change_state(tx, by, person, "active", "user.enable")


def sign_out_everywhere(tx: Writes, by: By, person: UserRow) -> None:
    """Ends all sign-ins of somebody; they may sign in again."""
    end_sessions(tx, person)
    record(tx, by, "user.sign_out", person)


def set_password(tx: Writes, by: By, person: UserRow, password_hash: str) -> None:
    """Gives somebody another password; whoever was signed in with the old one is no more."""
    tx.change_password(person.id, password_hash)
    end_sessions(tx, person)
    record(tx, by, "user.password", person)


def change_password(tx: Writes, person: UserRow, password_hash: str, session_id: str) -> None:
    """Gives oneself another password; of one's sign-ins only the one that asks goes on.

    If there are very many, none does.
    """
    tx.change_password(person.id, password_hash)
    sessions = tx.sessions_of(person.id, tx.now, _MANY)
    if len(sessions) == _MANY:
        end_sessions(tx, person)
        return
    for session in sessions:
        if session.id != session_id:
            actions.sign_out(tx, session.id)


def rename(tx: Writes, by: By, person: UserRow, name: str) -> None:
    """Changes the name that is shown of somebody. Raises ValidationFailed."""
    actions.change_profile(tx, person, ProfileChange(name=name))
    record(tx, by, "user.rename", person)


def delete(tx: Writes, by: By, person: UserRow) -> None:
    """Begins to delete somebody: they are shut out at once, and all of theirs goes soon."""
    _change_state(tx, by, person, "leaving", "user.delete")
    end_sessions(tx, person)


def end_sessions(tx: Writes, person: UserRow) -> None:
    """Ends all sign-ins of a person; their sockets close when the event passes."""
    tx.revoke_sessions(person.id)
    tx.append(
        SessionRevoked(
            channel=session_channel(person.id),
            timestamp=rfc3339(tx.now),
            session_id="",
            user_id=person.id,
        )
    )


def _change_state(tx: Writes, by: By, person: UserRow, state: State, action: Action) -> None:
    if person.state != state:
        tx.set_state(person.id, state)
        record(tx, by, action, person)
