"""Everything that a person has, in a file for them to take along."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from feedline.administration import at_the_command_line, done, named
from feedline.api.exporting import exported
from feedline.errors import BackupExists
from feedline.feed.auditing import record
from feedline.feed.people import UserRow
from feedline.keeping.archive import usable
from feedline.media.files import Files
from feedline.storage import Storage
from feedline.store.base import Store, Transaction
from feedline.store.database import now_millis


def export_to(storage: Storage, username: str, target: Path, files: Files) -> None:
    """Writes a zip for its owner alone, or none.

    Raises NoDatabase, NoSuchUser, BackupExists or FileUnusable.
    """

    def command(tx: Transaction) -> UserRow:
        person = named(tx, username)
        record(tx, at_the_command_line(), "user.export", person)
        return person

    async def work(store: Store) -> None:
        with usable(target), _new_file(target) as out:
            person = await store.write(command)
            async for piece in exported(store, files, person, now_millis()):
                out.write(piece)

    done(storage, work)


@contextmanager
def _new_file(target: Path) -> Iterator[IO[bytes]]:
    """A file for its owner alone, which is gone again if it can't be finished."""
    try:
        file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise BackupExists(str(target)) from None
    try:
        with os.fdopen(file, "wb") as out:
            yield out
    except BaseException:
        target.unlink()
        raise
