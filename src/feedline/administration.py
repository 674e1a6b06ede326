"""What an operator does to an installation from the command line."""

import asyncio
from pathlib import Path

from feedline.api.tokens import Tokens, load_secret
from feedline.errors import NoDatabase, NoSuchUser
from feedline.feed import actions
from feedline.feed.people import Identity
from feedline.store.base import Transaction
from feedline.store.sqlite import SqliteStore, now_millis
from feedline.store.sqlite_connections import migrate

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
    """Signs a person in and returns the token. The server may run meanwhile.

    Raises NoDatabase or NoSuchUser.
    """
    return asyncio.run(_user_token(data, username, hours))


async def _user_token(data: Path, username: str, hours: int) -> str:
    store = SqliteStore(database_path(data))
    tokens = Tokens(load_secret(data))
    await store.start(lambda _: None)

    def sign_in(tx: Transaction) -> Identity:
        person = tx.user_by_name(username)
        if person is None:
            raise NoSuchUser(username)
        session = actions.sign_in(tx, person, tx.now + hours * _HOUR_MILLIS)
        return Identity(person.id, session.id, session.expires_at)

    try:
        identity = await store.write(sign_in)
    finally:
        await store.stop()
    return tokens.issue(identity, now_millis())
