"""Puts a backup in place, on either database. The log goes on under a new epoch."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from feedline.errors import CopyTargetTaken, DataDirectoryUnusable, RestoreTargetTaken
from feedline.keeping.archive import DATABASE, MEDIA, SECRET, Manifest, Report, sync_folder
from feedline.keeping.backup import opened_backup
from feedline.storage import Storage
from feedline.store import sqlite_backup
from feedline.store.sqlite_connections import migrate

_UNPACKED = "restoring"
_OWN = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", SECRET, MEDIA)


def restore(archive: Path, storage: Storage, report: Report, *, replace: bool) -> Manifest:
    """Puts all of a backup in place, or nothing. Its server may not run.

    Clients that come back find cursors of another epoch to be void, and load again. ``replace``:
    what is there is put aside in the data directory, but for what is in a PostgreSQL database,
    which goes. Raises BackupDamaged, SchemaMismatch, RestoreTargetTaken, DataDirectoryInUse,
    DataDirectoryUnusable or DatabaseInUse.
    """
    with _writable(storage.data), storage.held():
        if not replace and _is_taken(storage.data):
            raise RestoreTargetTaken(str(storage.data))
        if storage.is_shared:
            storage.new_store()  # says what is missing
            from feedline.store.copying import require_unused

            require_unused(storage.database)
        folder = storage.data / _UNPACKED
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            manifest = opened_backup(archive, folder, report, with_media=True)
            migrate(folder / DATABASE)
            sqlite_backup.begin_epoch(folder / DATABASE)
            _put_in_place(folder, storage, report, replace=replace)
        finally:
            shutil.rmtree(folder)
    return manifest


@contextmanager
def _writable(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataDirectoryUnusable(str(data), error.strerror or str(error)) from error


def _is_taken(data: Path) -> bool:
    media = data / MEDIA
    return (data / DATABASE).exists() or (media.is_dir() and any(media.iterdir()))


def _put_in_place(folder: Path, storage: Storage, report: Report, *, replace: bool) -> None:
    """The database last: as long as it is not there, nothing is."""
    if not storage.is_shared:
        _put_aside(storage.data)
        (folder / MEDIA).rename(storage.data / MEDIA)
        (folder / SECRET).rename(storage.data / SECRET)
        sync_folder(storage.data)
        (folder / DATABASE).rename(storage.data / DATABASE)
        sync_folder(storage.data)
        return
    from feedline.store.copying import copy_database

    secret = bytes.fromhex((folder / SECRET).read_text("ascii"))
    try:
        copy_database(folder / DATABASE, storage.database, secret, report, replace=replace)
    except CopyTargetTaken as taken:
        raise RestoreTargetTaken(taken.target) from taken
    _put_aside(storage.data)
    (folder / MEDIA).rename(storage.data / MEDIA)
    sync_folder(storage.data)


def _put_aside(data: Path) -> None:
    """Moves what is there into a folder of its own; it can be removed when all is well."""
    there = [data / name for name in _OWN if (data / name).exists()]
    if there:
        aside = data / f"before-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
        aside.mkdir()
        for path in there:
            path.rename(aside / path.name)
