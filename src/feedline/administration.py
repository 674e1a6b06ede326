"""What an operator does to an installation from the command line."""

import asyncio
import getpass
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from feedline.api.audit import known_id
from feedline.api.service_tokens import new_service_token, service_digest
from feedline.api.tokens import Tokens, load_secret
from feedline.errors import (
    AccountClosed,
    NoSuchServiceToken,
    NoSuchUser,
    NotFound,
    ValidationFailed,
)
from feedline.feed import actions
from feedline.feed.audit import Actor, AuditEntry, AuditQuery, AuditRow, Subject, audit_entry
from feedline.feed.auditing import record
from feedline.feed.experiments import Experiment
from feedline.feed.operating import start_experiment, stop_experiment, switch_realtime
from feedline.feed.people import Identity, UserRow, name_problems
from feedline.feed.policy import LivePolicy
from feedline.feed.ports import Reads, ServiceToken
from feedline.storage import Storage
from feedline.store.base import Store, Transaction
from feedline.store.database import now_millis
from feedline.store.lock import DataLock
from feedline.trial.arms import Evidence
from feedline.trial.report import evidence_of

T = TypeVar("T")

_HOUR_MILLIS = 3_600_000


def migrate(storage: Storage) -> int:
    """Brings the schema of an installation up to date; returns its version. Raises NoDatabase."""
    return storage.existing_store().migrate()


def user_token(storage: Storage, username: str, hours: int) -> str:
    """Signs a person in and returns the token. Raises NoDatabase or NoSuchUser."""

    def sign_in(tx: Transaction) -> Identity:
        person = named(tx, username)
        if person.state != "active":
            raise AccountClosed(username)
        session = actions.sign_in(tx, person, tx.now + hours * _HOUR_MILLIS)
        return Identity(session.user_id, session.id, session.expires_at)

    async def work(store: Store) -> str:
        identity = await store.write(sign_in)
        return Tokens(await storage.secret(store)).issue(identity, now_millis())

    return done(storage, work)


def add_admin(storage: Storage, username: str) -> None:
    """Makes an admin of a person. Raises NoDatabase or NoSuchUser."""

    def command(tx: Transaction) -> None:
        person = named(tx, username)
        tx.set_role(person.id, "admin")
        record(tx, at_the_command_line(), "admin.add", person)

    written(storage, command)


def remove_admin(storage: Storage, username: str) -> None:
    """Takes from a person what makes them an admin. Raises NoDatabase or NoSuchUser."""

    def command(tx: Transaction) -> None:
        person = named(tx, username)
        tx.set_role(person.id, "user")
        record(tx, at_the_command_line(), "admin.remove", person)

    written(storage, command)


def audit(storage: Storage, query: AuditQuery) -> list[AuditEntry]:
    """The newest administrative actions that match. Raises NoDatabase."""

    def read(reads: Transaction) -> list[AuditRow]:
        by, on = known_id(reads, query.actor or ""), known_id(reads, query.subject or "")
        return reads.audit(msgspec.structs.replace(query, actor=by, subject=on))

    return [audit_entry(row) for row in written(storage, read)]


def create_service_token(storage: Storage, name: str) -> str:
    """Makes a token for another program and returns it: it is not kept.

    Raises NoDatabase, or ValidationFailed for a name that would not be one line of a list.
    """
    problems = name_problems(name) if name else []
    if problems:
        raise ValidationFailed(*problems)
    token = new_service_token()

    def add(tx: Transaction) -> None:
        row = ServiceToken(tx.new_id(), name, tx.now)
        tx.add_service_token(row, service_digest(token))
        record(tx, at_the_command_line(), "service.create", row, name=name)

    written(storage, add)
    return token


def service_tokens(storage: Storage) -> list[ServiceToken]:
    """All service tokens, oldest first. Raises NoDatabase."""
    return written(storage, lambda tx: tx.service_tokens())


def revoke_service_token(storage: Storage, token_id: str) -> None:
    """Takes a service token away, at once. Raises NoDatabase or NoSuchServiceToken."""

    def command(tx: Transaction) -> None:
        name = tx.remove_service_token(token_id)
        if name is None:
            raise NoSuchServiceToken(token_id)
        record(tx, at_the_command_line(), "service.revoke", Subject("service", token_id), name=name)

    written(storage, command)


def at_the_command_line() -> Actor:
    """Whoever runs this command, by the name that the system knows."""
    try:
        return Actor("command", name=getpass.getuser())
    except (KeyError, OSError):  # a container's user may have no name
        return Actor("command", name=str(os.getuid()))


def policy(storage: Storage) -> LivePolicy:
    """Who has live delivery. Raises NoDatabase."""
    return written(storage, lambda tx: tx.policy())


def turn_realtime(storage: Storage, *, is_on: bool) -> LivePolicy:
    """Turns live delivery on or off; a server that runs obeys within a second or so.

    Raises NoDatabase.
    """
    return written(storage, lambda tx: switch_realtime(tx, at_the_command_line(), is_on=is_on))


def start_trial(storage: Storage, experiment: Experiment) -> Experiment:
    """Begins an experiment. Raises NoDatabase, ValidationFailed or Conflict."""
    by = at_the_command_line()
    return written(storage, lambda tx: start_experiment(tx, by, experiment))


def stop_trial(storage: Storage) -> Experiment:
    """Ends the experiment that runs. Raises NoDatabase or NotFound."""
    by = at_the_command_line()

    def command(tx: Transaction) -> Experiment:
        running = tx.policy().experiment
        if running is None:
            raise NotFound("experiment that runs")
        return stop_experiment(tx, by, running.name)

    return written(storage, command)


def experiments(storage: Storage) -> list[Experiment]:
    """All that there were, the newest first. Raises NoDatabase."""
    return written(storage, lambda tx: tx.experiments())


def evidence(storage: Storage, name: str) -> Evidence:
    """What is kept of an experiment; of the newest one without a name.

    Raises NoDatabase or NotFound.
    """

    def command(tx: Transaction) -> Evidence:
        newest = tx.experiments()[:1]
        return evidence_of(tx, name or (newest[0].name if newest else ""))

    return written(storage, command)


def copy(data: Path, database: str, report: Callable[[str, int, int], None]) -> int:
    """Copies an installation on SQLite to PostgreSQL; how many rows. Raises StartupError.

    Its server may not run: what it wrote meanwhile would be missing.
    """
    Storage(data).existing_store()
    Storage(data, database).new_store()
    from feedline.store.copying import copy_database

    with DataLock(data):
        return copy_database(data / "feedline.db", database, load_secret(data), report)


def named(tx: Reads, username: str) -> UserRow:
    """The person of a username. Raises NoSuchUser."""
    person = tx.user_by_name(username)
    if person is None:
        raise NoSuchUser(username)
    return person


def written(storage: Storage, command: Callable[[Transaction], T]) -> T:
    """Runs a command on an installation."""
    return done(storage, lambda store: store.write(command))


def done(storage: Storage, work: Callable[[Store], Coroutine[Any, Any, T]]) -> T:
    """Does something with the store of an installation. Its server may run meanwhile."""

    async def run() -> T:
        store = storage.existing_store()
        try:
            await store.start(lambda _: None)
            return await work(store)
        finally:
            await store.stop()

    return asyncio.run(run())
