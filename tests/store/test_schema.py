"""The schema: the same for a new installation as for one that was brought up to date."""

import asyncio
import re
from pathlib import Path

import apsw
import pytest

from feedline.errors import DatabaseUnusable, SchemaMismatch
from feedline.store.queries import load_migrations, load_queries
from feedline.store.sqlite_connections import migrate, open_reader, open_writer
from tests.store.opening import append, contents, opened, register, whole_log

VERSION = len(load_migrations())


def schema_of(path: Path) -> list[tuple[str, str, str]]:
    """Everything that is defined, whatever its spacing and comments."""
    connection = open_reader(path)
    try:
        rows = list(connection.execute("SELECT type, name, sql FROM sqlite_schema"))
    finally:
        connection.close()
    return sorted((kind, name, _normal(sql or "")) for kind, name, sql in rows)


def _normal(sql: str) -> str:
    return re.sub(r"\s*([(),])\s*|\s+", r"\1 ", re.sub(r"--.*", "", sql)).strip()


def version_of(path: Path) -> int:
    connection = open_reader(path)
    try:
        return int(connection.pragma("user_version"))
    finally:
        connection.close()


def set_version(path: Path, version: int) -> None:
    connection = open_writer(path)
    connection.pragma("user_version", version)
    connection.execute("UPDATE compatibility SET oldest = ?", (version,))
    connection.close()


def migrated_one_by_one(path: Path) -> None:
    """A database that has been here since the first version."""
    connection = open_writer(path)
    connection.execute(load_migrations()[0])
    connection.pragma("user_version", 1)
    connection.close()
    migrate(path)


def test_a_fresh_schema_is_what_all_migrations_make(tmp_path: Path) -> None:
    fresh, old = tmp_path / "fresh.db", tmp_path / "old.db"
    assert migrate(fresh) == VERSION
    migrated_one_by_one(old)
    assert schema_of(fresh) == schema_of(old)
    assert version_of(fresh) == version_of(old) == VERSION
    assert {kind for kind, _, _ in schema_of(fresh)} == {"table", "index"}


def test_migrating_again_changes_nothing(path: Path) -> None:
    migrate(path)
    before = (schema_of(path), contents(path))
    assert migrate(path) == VERSION
    assert (schema_of(path), contents(path)) == before


def test_a_newer_schema_is_refused_and_left_as_it_is(path: Path) -> None:
    migrate(path)
    set_version(path, VERSION + 1)
    before = contents(path)
    with pytest.raises(SchemaMismatch, match="newer Feedline") as caught:
        migrate(path)
    assert (caught.value.found, caught.value.known) == (VERSION + 1, VERSION)
    assert version_of(path) == VERSION + 1
    assert contents(path) == before


def test_what_is_no_database_is_refused_and_left_as_it_is(path: Path) -> None:
    path.write_text("this is no database\n" * 1_000)
    with pytest.raises(DatabaseUnusable, match="not a database"):
        migrate(path)
    assert path.read_text().startswith("this is no database")


def test_a_migration_that_fails_leaves_nothing_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(path)
    before = schema_of(path)
    broken = "CREATE TABLE half (a INTEGER) STRICT; CREATE TABLE users (a INTEGER) STRICT;"
    monkeypatch.setattr(
        "feedline.store.sqlite_connections.load_migrations",
        lambda: [*load_migrations(), broken],
    )
    with pytest.raises(apsw.SQLError, match="already exists"):
        migrate(path)
    assert schema_of(path) == before
    assert version_of(path) == VERSION


def test_every_table_keeps_to_its_types(path: Path) -> None:
    migrate(path)
    connection = open_reader(path)
    loose = list(
        connection.execute(
            "SELECT name FROM pragma_table_list WHERE NOT strict AND name NOT LIKE 'sqlite_%'"
        )
    )
    connection.close()
    assert loose == []


async def test_the_command_line_may_look_after_a_database_that_is_written_to(path: Path) -> None:
    """`feedline user token` and `feedline migrate` run beside the server."""
    async with opened(path) as store:
        await store.write(append)
        stop = asyncio.Event()

        async def write_on() -> int:
            written = 0
            while not stop.is_set():
                await store.write(append)
                written += 1
            return written

        writing = asyncio.create_task(write_on())
        try:
            for _ in range(30):
                assert await asyncio.to_thread(migrate, path) == VERSION
        finally:
            stop.set()
            written = await writing
        assert len(await whole_log(store)) == written + 1


async def test_two_stores_in_two_places_write_one_gapless_log(path: Path) -> None:
    async with opened(path) as one, opened(path) as two:
        await asyncio.gather(*(store.write(append) for store in (one, two) * 20))
        await two.write(lambda tx: register(tx, "ann"))
        assert [entry.seq for entry in await whole_log(one)] == list(range(1, 41))
        assert await one.read(lambda snapshot: snapshot.user_by_name("ann")) is not None


async def test_a_log_begins_with_an_epoch_of_its_own(tmp_path: Path) -> None:
    epochs = []
    for name in ("a.db", "b.db", "a.db"):
        async with opened(tmp_path / name) as store:
            bounds = await store.read(lambda snapshot: snapshot.log_bounds())
            epochs.append(bounds.epoch)
    assert epochs[0] != epochs[1]
    assert epochs[0] == epochs[2]


def test_each_query_is_valid_for_the_schema(path: Path) -> None:
    migrate(path)
    connection = open_writer(path)
    for name, sql in load_queries("sqlite.sql").items():
        if name != "posts":  # made from parts; see test_lists.py
            named = dict.fromkeys(re.findall(r":(\w+)", sql))
            values = named or (None,) * sql.count("?")
            connection.execute(f"EXPLAIN {sql}", values)
    connection.close()
