"""What an operator does to an installation from the command line."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from feedline.api.service_tokens import new_service_token, service_digest
from feedline.api.tokens import Tokens, load_secret
from feedline.errors import NoDatabase, NoSuchServiceToken, NoSuchUser
from feedline.feed import actions
from feedline.feed.people import Identity, UserRow
from feedline.feed.ports import ServiceToken
from feedline.store.base import Transaction
from feedline.store.sqlite import SqliteStore, now_millis
from feedline.store.sqlite_connections import migrate

T = TypeVar("T")

_HOUR_MILLIS = 3_600_000


def database_path(data: Path) -> Path:
    """The database in a data directory. Raises NoDatabase if there is none."""
    path = data / "feedline.db"
    if not path.exists():
        raise NoDatabase(str(data))
    return path


def migrate_data(data: Path) -> int:
    """Brings the schema of an installation up to date; returns its version."""
    return migrate(database_path(data))


def user_token(data: Path, username: str, hours: int) -> str:
    """Signs a person in and returns the token. Raises NoDatabase or NoSuchUser."""

    def sign_in(tx: Transaction) -> Identity:
        session = actions.sign_in(tx, _person(tx, username), tx.now + hours * _HOUR_MILLIS)
        return Identity(session.user_id, session.id, session.expires_at)

    identity = _written(data, sign_in)
    return Tokens(load_secret(data)).issue(identity, now_millis())


def add_admin(data: Path, username: str) -> None:
    """Makes an admin of a person. Raises NoDatabase or NoSuchUser."""
    _written(data, lambda tx: tx.make_admin(_person(tx, username).id))


def create_service_token(data: Path, name: str) -> str:
    """Makes a token for another program and returns it: it is not kept. Raises NoDatabase."""
    token = new_service_token()

    def add(tx: Transaction) -> None:
        tx.add_service_token(ServiceToken(tx.new_id(), name, tx.now), service_digest(token))

    _written(data, add)
    return token


def service_tokens(data: Path) -> list[ServiceToken]:
    """All service tokens, oldest first. Raises NoDatabase."""
    return _written(data, lambda tx: tx.service_tokens())


def revoke_service_token(data: Path, token_id: str) -> None:
    """Takes a service token away, at once. Raises NoDatabase or NoSuchServiceToken."""
    if not _written(data, lambda tx: tx.remove_service_token(token_id)):
        raise NoSuchServiceToken(token_id)


def _person(tx: Transaction, username: str) -> UserRow:
    person = tx.user_by_name(username)
    if person is None:
        raise NoSuchUser(username)
    return person


def _written(data: Path, command: Callable[[Transaction], T]) -> T:
    """Runs a command on an installation. Its server may run meanwhile."""

    async def run() -> T:
        store = SqliteStore(database_path(data))
        await store.start(lambda _: None)
        try:
            return await store.write(command)
        finally:
            await store.stop()

    return asyncio.run(run())
