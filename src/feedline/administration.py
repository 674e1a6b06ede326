"""What an operator does to an installation from the command line."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from feedline.api.service_tokens import new_service_token, service_digest
from feedline.api.tokens import Tokens, load_secret
from feedline.errors import NoSuchServiceToken, NoSuchUser
from feedline.feed import actions
from feedline.feed.people import Identity, UserRow
from feedline.feed.ports import ServiceToken
from feedline.storage import Storage
from feedline.store.base import Store, Transaction
from feedline.store.database import now_millis
from feedline.store.lock import DataLock

T = TypeVar("T")

_HOUR_MILLIS = 3_600_000


def migrate(storage: Storage) -> int:
    """Brings the schema of an installation up to date; returns its version. Raises NoDatabase."""
    return storage.existing_store().migrate()


def user_token(storage: Storage, username: str, hours: int) -> str:
    """Signs a person in and returns the token. Raises NoDatabase or NoSuchUser."""

    def sign_in(tx: Transaction) -> Identity:
        session = actions.sign_in(tx, _person(tx, username), tx.now + hours * _HOUR_MILLIS)
        return Identity(session.user_id, session.id, session.expires_at)

    async def work(store: Store) -> str:
        identity = await store.write(sign_in)
        return Tokens(await storage.secret(store)).issue(identity, now_millis())

    return _done(storage, work)


def add_admin(storage: Storage, username: str) -> None:
    """Makes an admin of a person. Raises NoDatabase or NoSuchUser."""
    _written(storage, lambda tx: tx.make_admin(_person(tx, username).id))


def create_service_token(storage: Storage, name: str) -> str:
    """Makes a token for another program and returns it: it is not kept. Raises NoDatabase."""
    token = new_service_token()

    def add(tx: Transaction) -> None:
        tx.add_service_token(ServiceToken(tx.new_id(), name, tx.now), service_digest(token))

    _written(storage, add)
    return token


def service_tokens(storage: Storage) -> list[ServiceToken]:
    """All service tokens, oldest first. Raises NoDatabase."""
    return _written(storage, lambda tx: tx.service_tokens())


def revoke_service_token(storage: Storage, token_id: str) -> None:
    """Takes a service token away, at once. Raises NoDatabase or NoSuchServiceToken."""
    if not _written(storage, lambda tx: tx.remove_service_token(token_id)):
        raise NoSuchServiceToken(token_id)


def copy(data: Path, database: str, report: Callable[[str, int, int], None]) -> int:
    """Copies an installation on SQLite to PostgreSQL; how many rows. Raises StartupError.

    Its server may not run: what it wrote meanwhile would be missing.
    """
    Storage(data).existing_store()
    Storage(data, database).new_store()
    from feedline.store.copying import copy_database

    with DataLock(data):
        return copy_database(data / "feedline.db", database, load_secret(data), report)


def _person(tx: Transaction, username: str) -> UserRow:
    person = tx.user_by_name(username)
    if person is None:
        raise NoSuchUser(username)
    return person


def _written(storage: Storage, command: Callable[[Transaction], T]) -> T:
    """Runs a command on an installation."""
    return _done(storage, lambda store: store.write(command))


def _done(storage: Storage, work: Callable[[Store], Coroutine[Any, Any, T]]) -> T:
    """Does something with the store of an installation. Its server may run meanwhile."""

    async def run() -> T:
        store = storage.existing_store()
        try:
            await store.start(lambda _: None)
            return await work(store)
        finally:
            await store.stop()

    return asyncio.run(run())
