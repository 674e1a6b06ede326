"""What an operator does to accounts from the command line."""

import secrets

from feedline.administration import at_the_command_line, done, named, written
from feedline.api.passwords import Hasher
from feedline.errors import ValidationFailed
from feedline.feed import accounts
from feedline.feed.accounts import Account, account_of
from feedline.feed.people import password_problems
from feedline.leaving import remove_leavers
from feedline.storage import Storage
from feedline.store.base import Store, Transaction

_SESSIONS = 1_000  # that are counted of one person


def people(storage: Storage, search: str, limit: int) -> list[Account]:
    """The newest people whose username begins so. Raises NoDatabase."""

    def read(tx: Transaction) -> list[Account]:
        return [_account(tx, row.username) for row in tx.people(search, None, limit)]

    return written(storage, read)


def person(storage: Storage, username: str) -> Account:
    """Raises NoDatabase or NoSuchUser."""
    return written(storage, lambda tx: _account(tx, username))


def disable(storage: Storage, username: str) -> None:
    written(storage, lambda tx: accounts.disable(tx, at_the_command_line(), named(tx, username)))


def enable(storage: Storage, username: str) -> None:
    written(storage, lambda tx: accounts.enable(tx, at_the_command_line(), named(tx, username)))


def sign_out(storage: Storage, username: str) -> None:
    def command(tx: Transaction) -> None:
        accounts.sign_out_everywhere(tx, at_the_command_line(), named(tx, username))

    written(storage, command)


def rename(storage: Storage, username: str, name: str) -> None:
    def command(tx: Transaction) -> None:
        accounts.rename(tx, at_the_command_line(), named(tx, username), name)

    written(storage, command)


def set_password(storage: Storage, username: str, given: str | None) -> str:
    """Gives somebody a password, a random one if none is given; returns it."""
    password = secrets.token_urlsafe(12) if given is None else given
    problems = password_problems("password", password)
    if problems:
        raise ValidationFailed(*problems)

    async def work(store: Store) -> None:
        await store.read(lambda reads: named(reads, username))  # before the costly hash
        hasher = Hasher(parallel=1, waiting=0)
        try:
            password_hash = await hasher.hash(password)
        finally:
            hasher.close()

        def command(tx: Transaction) -> None:
            by = at_the_command_line()
            accounts.set_password(tx, by, named(tx, username), password_hash)

        await store.write(command)

    done(storage, work)
    return password


def delete(storage: Storage, username: str) -> None:
    """Deletes somebody and all of theirs. Interrupted, it goes on by itself in the server.

    Files are removed by a server: it alone knows for certain where they are.
    """

    async def work(store: Store) -> None:
        def command(tx: Transaction) -> None:
            accounts.delete(tx, at_the_command_line(), named(tx, username))

        await store.write(command)
        await remove_leavers(store)

    done(storage, work)


def _account(tx: Transaction, username: str) -> Account:
    row = named(tx, username)
    sessions = tx.sessions_of(row.id, tx.now, _SESSIONS)
    return account_of(row, len(sessions))
