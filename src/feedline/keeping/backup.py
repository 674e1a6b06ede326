"""Takes a backup beside a running server, and proves that one is whole."""

import tempfile
from pathlib import Path

import msgspec

from feedline import __version__
from feedline.api.tokens import load_secret
from feedline.errors import BackupDamaged, BackupExists
from feedline.feed.instants import rfc3339
from feedline.feed.media import file_names
from feedline.keeping.archive import (
    DATABASE,
    MANIFEST,
    MEDIA,
    SECRET,
    Archive,
    Manifest,
    Report,
    unpack,
    usable,
    writing,
)
from feedline.storage import Storage
from feedline.store import sqlite_backup
from feedline.store.database import now_millis


def take_backup(storage: Storage, target: Path, bucket: str, report: Report) -> Manifest:
    """Writes everything of an installation into one new file, as it was at one moment.

    Raises BackupExists, FileUnusable, NoDatabase, or another StartupError; there is no file then.
    """
    storage.existing_store()
    if target.exists():
        raise BackupExists(str(target))
    with (
        usable(target),
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder,
        writing(target) as archive,
    ):
        database = Path(folder, DATABASE)
        taken_at = rfc3339(now_millis())
        secret = _copy_database(storage, database, report)
        sqlite_backup.require_whole(database)
        archive.add(DATABASE, database)
        archive.add_bytes(SECRET, secret.hex().encode())
        missing = [] if bucket else _add_media(archive, storage.data / MEDIA, database, report)
        manifest = _manifest(storage, database, archive, taken_at, missing, bucket)
        archive.add_bytes(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        return manifest


def check_backup(archive: Path, report: Report) -> Manifest:
    """Reads a backup to its end and compares. Raises BackupDamaged or FileUnusable."""
    with (
        usable(archive),
        tempfile.TemporaryDirectory(dir=archive.parent, prefix=".check-") as folder,
    ):
        return opened_backup(archive, Path(folder), report, with_media=False)


def opened_backup(archive: Path, folder: Path, report: Report, *, with_media: bool) -> Manifest:
    """Takes a backup apart into a folder, and proves that all of it is right.

    Raises BackupDamaged.
    """
    manifest = unpack(archive, folder, report, with_media=with_media)
    database = folder / DATABASE
    sqlite_backup.require_whole(database)
    if sqlite_backup.counts(database) != manifest.counts:
        raise BackupDamaged("Its tables have other numbers of rows.")
    return manifest


def _copy_database(storage: Storage, target: Path, report: Report) -> bytes:
    """Returns the secret, which may be in the database."""
    if storage.is_shared:
        from feedline.store.reading_out import read_out

        return read_out(storage.database, target, report)

    def report_pages(done: int, total: int) -> None:
        report("Copying the database", done, total)

    sqlite_backup.copy_in_use(storage.data / DATABASE, target, report_pages)
    return load_secret(storage.data)


def _add_media(archive: Archive, folder: Path, database: Path, report: Report) -> list[str]:
    """Adds all files of the database; returns the names of those that were not there.

    They never change, so it does not matter that this is later than the database. One that is
    gone was deleted since.
    """
    missing = []
    known = sqlite_backup.media_names(database)
    for done, (media_id, has_thumbnail) in enumerate(known, 1):
        for name in file_names(media_id)[: 1 + has_thumbnail]:
            try:
                archive.add(MEDIA + name, folder / name)
            except FileNotFoundError:
                missing.append(name)
        report("Copying files", done, len(known))
    return missing


def _manifest(
    storage: Storage,
    database: Path,
    archive: Archive,
    taken_at: str,
    missing: list[str],
    bucket: str,
) -> Manifest:
    epoch, head = sqlite_backup.head_of(database)
    return Manifest(
        feedline=__version__,
        schema_version=sqlite_backup.schema_version(database),
        database="postgresql" if storage.is_shared else "sqlite",
        taken_at=taken_at,
        epoch=epoch,
        head=head,
        counts=sqlite_backup.counts(database),
        files=dict(archive.files),
        missing=missing,
        bucket=bucket,
    )
