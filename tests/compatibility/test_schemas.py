"""Databases of earlier and later versions: what is in them stays, and who may use them can."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest

from feedline.errors import SchemaMismatch
from feedline.feed.events import Unknown
from feedline.store import postgres_connections, sqlite_connections
from feedline.store.postgres_connections import MIGRATIONS
from feedline.store.queries import BREAKS, load_migrations, oldest_usable
from feedline.store.sqlite_connections import migrate, open_reader, open_writer
from tests.postgres import databases
from tests.store.opening import opened, publish, register, whole_log
from tests.store.test_schema import schema_of

KNOWN = len(load_migrations())
ADDS = "CREATE TABLE later (a bigint); ALTER TABLE users ADD COLUMN later bigint;"
STRICT_ADDS = "CREATE TABLE later (a INTEGER) STRICT; ALTER TABLE users ADD COLUMN later INTEGER;"
CHANGES = f"{BREAKS}: a column goes.\nALTER TABLE users DROP COLUMN name;"
EXAMPLES: dict[str, Any] = {"TEXT": "text", "INTEGER": 1, "REAL": 1.5, "BLOB": b"{}"}


def fill(connection: apsw.Connection) -> dict[str, int]:
    """A row in each table; how many there are in each."""
    connection.execute("PRAGMA foreign_keys = OFF")
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    names = [str(name) for (name,) in connection.execute(tables)]
    for name in names:
        columns = list(connection.execute(f"PRAGMA table_info({name})"))
        needed = [row for row in columns if (row[3] or row[5]) and row[4] is None]
        values = [EXAMPLES[str(row[2])] for row in needed]
        listed, marks = ", ".join(str(row[1]) for row in needed), ", ".join("?" * len(values))
        connection.execute(f"INSERT OR IGNORE INTO {name} ({listed}) VALUES ({marks})", values)
    return {name: connection.execute(f"SELECT count(*) FROM {name}").get for name in names}


@pytest.mark.parametrize("version", range(1, KNOWN))
def test_a_database_of_each_version_comes_up_with_all_that_is_in_it(
    tmp_path: Path, version: int
) -> None:
    old, fresh = tmp_path / "old.db", tmp_path / "fresh.db"
    connection = open_writer(old)
    for script in load_migrations()[:version]:
        connection.execute(script)
    connection.pragma("user_version", version)
    counts = fill(connection)
    connection.close()
    assert migrate(old) == migrate(fresh) == KNOWN
    assert schema_of(old) == schema_of(fresh)
    reader = open_reader(old)
    after = {name: reader.execute(f"SELECT count(*) FROM {name}").get for name in counts}
    reader.close()
    assert after == {**counts, "log_head": 1}
    assert all(counts.values())


@pytest.mark.parametrize("folder", ["migrations", MIGRATIONS])
def test_what_only_adds_says_nothing_and_everything_else_says_that_it_breaks(folder: str) -> None:
    scripts = load_migrations(folder)
    for script in scripts[oldest_usable(scripts) :]:
        for statement in re.sub(r"--.*", "", script).split(";"):
            assert not statement.strip() or adds(statement), statement


def adds(statement: str) -> bool:
    """Whether whoever does not know of it can go on to read and write."""
    words = " ".join(statement.split())
    column = re.match(r"ALTER TABLE \w+ ADD COLUMN \w+ .*", words)
    if column is not None:
        return "NOT NULL" not in words or "DEFAULT" in words
    return re.match(r"CREATE (TABLE|INDEX) ", words) is not None


def test_the_rule_finds_what_breaks() -> None:
    assert all(map(adds, STRICT_ADDS.rstrip(";").split(";")))
    for statement in (
        "DROP TABLE users",
        "ALTER TABLE users DROP COLUMN name",
        "ALTER TABLE users ADD COLUMN a TEXT NOT NULL",
        "CREATE UNIQUE INDEX one ON users (name)",
        "UPDATE users SET name = ''",
    ):
        assert not adds(statement)


async def use(target: Path | str) -> None:
    """What a server does that does not know of what was added, and of what was appended."""
    async with opened(target) as store:
        ann = await store.write(lambda tx: register(tx, "ann"))
        await store.write(lambda tx: publish(tx, ann, text="before"))
        await store.write(lambda tx: tx.append(Unknown(channel="", timestamp="")))
        await store.write(lambda tx: publish(tx, ann, text="after"))
    raw(target, 'UPDATE events SET body = CAST(\'{"type": "of_later"}\' AS BLOB) WHERE seq = 2')
    async with opened(target) as store:
        kinds = [type(entry.event).__name__ for entry in await whole_log(store)]
    assert kinds == ["PostCreated", "Unknown", "PostCreated"]


def raw(target: Path | str, statement: str) -> None:
    if isinstance(target, Path):
        connection = open_writer(target)
        connection.execute(statement)
        connection.close()
        return
    with psycopg.connect(target) as postgres:
        postgres.execute(statement.replace("CAST(", "convert_to(").replace("AS BLOB", ", 'UTF8'"))


def later(monkeypatch: pytest.MonkeyPatch, script: str, target: Path | str) -> None:
    """A later version, with one migration more, has used the database."""
    with monkeypatch.context() as patched:
        for module in (sqlite_connections, postgres_connections):
            known = partial(lambda *folder: [*load_migrations(*folder), script])
            patched.setattr(module, "load_migrations", known)
        if isinstance(target, Path):
            migrate(target)
        else:
            postgres_connections.migrate(target)


async def test_a_server_goes_on_with_what_a_later_one_has_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "feed.db"
    later(monkeypatch, STRICT_ADDS, path)
    assert migrate(path) == KNOWN + 1
    await use(path)
    later(monkeypatch, STRICT_ADDS, path)  # and the later one again


def test_a_server_refuses_what_a_later_one_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "feed.db"
    later(monkeypatch, CHANGES, path)
    with pytest.raises(SchemaMismatch, match=f"needs {KNOWN + 1}.*feedline restore"):
        migrate(path)


@pytest.fixture
def empty() -> Iterator[str]:
    url = databases().empty()
    yield url
    databases().drop(url)


@pytest.mark.system
async def test_the_same_on_postgresql(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres_connections.migrate(empty)
    async with opened(empty) as node:  # goes on while a later one migrates beside it
        later(monkeypatch, ADDS, empty)
        ben = await node.write(lambda tx: register(tx, "ben"))
        assert await node.read(lambda reads: reads.user(ben.id)) is not None
    await use(empty)
    later(monkeypatch, f"{BREAKS}.", empty)
    raw(empty, "UPDATE compatibility SET oldest = 99")
    with pytest.raises(SchemaMismatch, match="needs 99"):
        postgres_connections.migrate(empty)
