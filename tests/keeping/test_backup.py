"""Backups: taken beside a server, whole to the byte, and put in place on either database."""

import asyncio
import contextlib
import random
import resource
import tarfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import apsw
import pytest

from feedline.errors import (
    BackupDamaged,
    BackupExists,
    DatabaseInUse,
    DataDirectoryInUse,
    DataDirectoryUnusable,
    FileUnusable,
    NoDatabase,
    RestoreTargetTaken,
    SchemaMismatch,
)
from feedline.feed.media_row import MediaRow
from feedline.keeping.archive import Manifest
from feedline.keeping.backup import check_backup, take_backup
from feedline.keeping.restore import restore
from feedline.storage import Storage
from feedline.store.base import Store, Transaction
from feedline.store.views import Views
from tests.keeping.conftest import PlaceOf
from tests.store.opening import Location, contents, publish, register
from tests.store.test_copying import live

pytestmark = pytest.mark.system

DATABASES = ("sqlite", "postgres")
GONE = "00000000-0000-7000-8000-00000000dead"
each = pytest.mark.parametrize("database", DATABASES)


def nothing(*_: object) -> None:
    """For who wants to hear of nothing."""


def location_of(storage: Storage) -> Location:
    return storage.database or storage.data / "feedline.db"


@asynccontextmanager
async def running(storage: Storage) -> AsyncIterator[Store]:
    """The store of an installation, as its server has it."""
    with storage.held():
        store = storage.new_store()
        await store.start(lambda _: None)
        try:
            await storage.secret(store)
            (storage.data / "media").mkdir(exist_ok=True)
            yield store
        finally:
            await store.stop()


def add_file(tx: Transaction, storage: Storage, media_id: str) -> None:
    row = MediaRow(media_id, "1", None, "image", "image/webp", 3, 2, None, tx.now)
    tx.add_media(row)
    tx.finish_media(media_id)
    if media_id != GONE:
        (storage.data / "media" / media_id).write_bytes(media_id.encode())
        (storage.data / "media" / f"{media_id}.thumbnail").write_bytes(b"small")


async def write_on(store: Store, acknowledged: list[str]) -> None:
    """Publishes without an end, and notes what is acknowledged."""
    name = f"writer{id(acknowledged)}-{len(acknowledged)}"
    author = await store.write(lambda tx: register(tx, name))
    while True:
        post = await store.write(lambda tx: publish(tx, author, text="while it is copied"))
        acknowledged.append(post.id)


def without_head(location: Location) -> dict[str, list[Any]]:
    tables = contents(location)
    del tables["log_head"]
    return {name: sorted(rows, key=repr) for name, rows in tables.items()}


def as_numbers(tables: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """True and false as SQLite has them, and columns in any order."""
    return {
        name: sorted(
            sorted(repr(int(v) if isinstance(v, bool) else v) for v in row) for row in rows
        )
        for name, rows in tables.items()
    }


HALF = """
SELECT id FROM posts WHERE id NOT IN (SELECT post_id FROM events WHERE post_id IS NOT NULL)
UNION ALL SELECT post_id FROM events WHERE post_id NOT IN (SELECT id FROM posts)
    AND post_id NOT IN (SELECT id FROM removed_posts)
UNION ALL SELECT id FROM users
    WHERE posts_count <> (SELECT count(*) FROM posts WHERE author_id = users.id)
"""


async def half_posts(store: Store) -> list[Any]:
    """Posts without an event, events without a post, and people whose count is another."""
    return await store.read(lambda reads: list(cast("Views", reads)._run(HALF, ())))


@each
async def test_a_backup_beside_writers_is_of_one_moment(
    place: PlaceOf, tmp_path: Path, database: str
) -> None:
    source, archive = place("source", database), tmp_path / "backup"
    acknowledged: list[str] = []
    async with running(source) as store:
        await store.write(partial(live, chance=random.Random(1)))
        await store.write(partial(add_file, storage=source, media_id="0" * 8 + "-file"))
        writers = [asyncio.create_task(write_on(store, acknowledged)) for _ in range(3)]
        while len(acknowledged) < 50:
            await asyncio.sleep(0)
        before = set(acknowledged)
        manifest = await asyncio.to_thread(take_backup, source, archive, "", nothing)
        assert len(acknowledged) > len(before), "nobody wrote meanwhile"
        for writer in writers:
            writer.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
    assert check_backup(archive, nothing) == manifest
    restored = []
    for kind in DATABASES:
        target = place(f"to-{kind}", kind)
        assert restore(archive, target, nothing, replace=False) == manifest
        restored.append(as_numbers(without_head(location_of(target))))
        async with running(target) as store:
            posts = {row[0] for row in contents(location_of(target))["posts"]}
            assert before <= posts
            assert await half_posts(store) == []
            bounds = await store.read(lambda reads: reads.log_bounds())
            assert (bounds.head, bounds.epoch != manifest.epoch) == (manifest.head, True)
            # and life goes on
            await store.write(lambda tx: publish(tx, register(tx, "late"), text="after"))
    assert restored[0] == restored[1]


@each
async def test_everything_is_in_it_and_comes_back(
    place: PlaceOf, tmp_path: Path, database: str
) -> None:
    source, archive = place("source", database), tmp_path / "backup"
    async with running(source) as store:
        await store.write(partial(live, chance=random.Random(2)))
        for media_id in ("a" * 36, GONE):
            await store.write(partial(add_file, storage=source, media_id=media_id))
        secret = await source.secret(store)
    there = without_head(location_of(source))
    manifest = take_backup(source, archive, "", nothing)
    assert archive.stat().st_mode & 0o777 == 0o600
    assert manifest.missing == [GONE, f"{GONE}.thumbnail"]
    assert not await asyncio.to_thread(lambda: list(tmp_path.glob(".*")))
    for kind in DATABASES:
        target = place(f"to-{kind}", kind)
        restore(archive, target, nothing, replace=False)
        assert as_numbers(without_head(location_of(target))) == as_numbers(there)
        assert (target.data / "media" / ("a" * 36)).read_bytes() == b"a" * 36
        assert len(list((target.data / "media").iterdir())) == 2
        assert not (target.data / "restoring").exists()
        async with running(target) as store:
            assert await target.secret(store) == secret


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """What is written past this fails, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def small(place: PlaceOf, tmp_path: Path) -> tuple[Storage, Path, Manifest]:
    source, archive = place("source", "sqlite"), tmp_path / "backup"

    async def fill() -> None:
        async with running(source) as store:
            await store.write(lambda tx: publish(tx, register(tx, "ann"), text="a post"))
            await store.write(partial(add_file, storage=source, media_id="a" * 36))

    asyncio.run(fill())
    return source, archive, take_backup(source, archive, "", nothing)


def test_what_was_damaged_is_found_wherever_it_is(place: PlaceOf, tmp_path: Path) -> None:
    _, archive, manifest = small(place, tmp_path)
    whole = archive.read_bytes()
    with tarfile.open(archive) as tar:
        members = {member.name: member for member in tar}
    assert set(members) == {*manifest.files, "manifest.json"}
    spoilt = {
        name: whole[: member.offset_data] + b"\xff" + whole[member.offset_data + 1 :]
        for name, member in members.items()
    }
    for cut in (0, 1, 600, len(whole) // 2, members["manifest.json"].offset):
        spoilt[f"cut at {cut}"] = whole[:cut]
    target = place("target", "sqlite")
    for what, data in spoilt.items():
        archive.write_bytes(data)
        for attempt in (check_backup, partial(restore, storage=target, replace=False)):
            with pytest.raises(BackupDamaged):
                attempt(archive, report=nothing)
        assert {path.name for path in target.data.iterdir()} <= {"lock"}, what


def test_what_was_swapped_for_something_else_is_found(place: PlaceOf, tmp_path: Path) -> None:
    _, archive, _ = small(place, tmp_path)
    with tarfile.open(archive, "a") as tar:
        tar.addfile(tarfile.TarInfo("../outside"))
    with pytest.raises(BackupDamaged, match="outside"):
        check_backup(archive, nothing)
    with pytest.raises(BackupDamaged, match="no file"):
        check_backup(tmp_path / "none", nothing)


def test_a_backup_of_a_newer_version_is_whole_and_put_nowhere(
    place: PlaceOf, tmp_path: Path
) -> None:
    source, _, manifest = small(place, tmp_path)
    database = apsw.Connection(str(source.data / "feedline.db"))
    database.pragma("user_version", manifest.schema_version + 1)
    database.execute("UPDATE compatibility SET oldest = ?", (manifest.schema_version + 1,))
    database.close()
    archive, target = tmp_path / "newer", place("target", "sqlite")
    assert take_backup(source, archive, "", nothing) == check_backup(archive, nothing)
    with pytest.raises(SchemaMismatch):
        restore(archive, target, nothing, replace=False)
    assert {path.name for path in target.data.iterdir()} == {"lock"}


def test_a_backup_is_never_written_over(place: PlaceOf, tmp_path: Path) -> None:
    source, archive, _ = small(place, tmp_path)
    before = archive.read_bytes()
    with pytest.raises(BackupExists):
        take_backup(source, archive, "", nothing)
    assert archive.read_bytes() == before
    with pytest.raises(NoDatabase):
        take_backup(place("empty", "sqlite"), tmp_path / "other", "", nothing)
    assert not (tmp_path / "other").exists()
    with pytest.raises(FileUnusable, match="nowhere"):
        take_backup(source, tmp_path / "nowhere" / "other", "", nothing)


def test_without_room_nothing_is_left_behind(place: PlaceOf, tmp_path: Path) -> None:
    source, archive, _ = small(place, tmp_path)
    target = place("target", "sqlite")
    before = {path.name for path in tmp_path.iterdir()}
    with files_of_at_most(40 * 1024):
        # The disk is not full, and is not said to be: a limit of the process fails the write.
        with pytest.raises(FileUnusable, match=r"other.*Input/output error"):
            take_backup(source, tmp_path / "other", "", nothing)
        with pytest.raises(DataDirectoryUnusable, match="target"):
            restore(archive, target, nothing, replace=False)
    assert {path.name for path in tmp_path.iterdir()} == before | {"target"}
    assert {path.name for path in target.data.iterdir()} == {"lock"}


def test_files_in_a_bucket_stay_there(place: PlaceOf, tmp_path: Path) -> None:
    source, _, _ = small(place, tmp_path)
    manifest = take_backup(source, tmp_path / "other", "pictures", nothing)
    assert set(manifest.files) == {"feedline.db", "secret"}
    assert (manifest.bucket, manifest.missing) == ("pictures", [])


async def test_what_is_there_is_kept_unless_it_is_to_be_replaced(
    place: PlaceOf, tmp_path: Path
) -> None:
    source, archive, _ = await asyncio.to_thread(small, place, tmp_path)
    async with running(source) as store:
        await store.write(lambda tx: publish(tx, register(tx, "ben"), text="after the backup"))
        with pytest.raises(DataDirectoryInUse):
            restore(archive, source, nothing, replace=True)
    with pytest.raises(RestoreTargetTaken):
        restore(archive, source, nothing, replace=False)
    now = contents(source.data / "feedline.db")
    restore(archive, source, nothing, replace=True)
    assert len(contents(source.data / "feedline.db")["posts"]) == 1
    (aside,) = source.data.glob("before-*")
    assert contents(aside / "feedline.db") == now
    assert {path.name for path in aside.iterdir()} >= {"feedline.db", "media", "secret"}


async def test_a_database_of_several_nodes_is_left_alone_while_any_runs(
    place: PlaceOf, tmp_path: Path
) -> None:
    _, archive, manifest = await asyncio.to_thread(small, place, tmp_path)
    target = place("target", "postgres")
    async with running(target) as store:
        await store.write(lambda tx: publish(tx, register(tx, "ben"), text="of another life"))
        epoch = (await store.read(lambda reads: reads.log_bounds())).epoch
        with pytest.raises(DatabaseInUse):
            restore(archive, target, nothing, replace=True)
    with pytest.raises(RestoreTargetTaken):
        restore(archive, target, nothing, replace=False)
    restore(archive, target, nothing, replace=True)
    async with running(target) as store:
        bounds = await store.read(lambda reads: reads.log_bounds())
    assert bounds.epoch not in (epoch, manifest.epoch)
    (post,) = contents(target.database)["posts"]
    assert "a post" in post


def test_a_crash_in_the_middle_leaves_no_half_installation(
    place: PlaceOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever renaming is the last one that happens."""
    source, archive, _ = small(place, tmp_path)
    rename = Path.rename
    for last in range(6):
        done = 0

        def renamed(self: Path, target: Path, last: int = last) -> Path:
            nonlocal done
            if done == last:
                raise KeyboardInterrupt
            done += 1
            return rename(self, target)

        with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
            patch.setattr(Path, "rename", renamed)
            restore(archive, source, nothing, replace=True)
        there = (source.data / "feedline.db").exists()
        assert not there or len(contents(source.data / "feedline.db")["posts"]) == 1
        assert not there or (source.data / "secret").exists()
    restore(archive, source, nothing, replace=True)
