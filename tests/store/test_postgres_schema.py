"""The schema of PostgreSQL: what SQLite has it has too, and migrations lead to it."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from feedline.errors import DatabaseUnusable, SchemaMismatch
from feedline.store.postgres_connections import MIGRATIONS, connect, migrate
from feedline.store.queries import load_migrations, load_queries, read_sql
from feedline.store.sqlite_connections import migrate as migrate_sqlite
from feedline.store.sqlite_connections import open_reader
from tests.postgres import databases
from tests.store.opening import append, opened, whole_log

pytestmark = pytest.mark.system

# What describes a schema: columns with types, collations and defaults, indexes, constraints.
CATALOG = """
SELECT table_name, column_name,
    concat_ws(' ', data_type, collation_name, is_nullable, column_default)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT relname, 'options', array_to_string(reloptions, ' ')
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL
ORDER BY 1, 2, 3
"""

# What only one of the two needs: counts and the log are written differently.
OF_SQLITE = {
    "append",
    "count_follower",
    "count_following",
    "count_post",
    "move_floor",
    "store_answer",
    "uncount_post",
}
OF_POSTGRES = {
    "await_answer",
    "await_pair",
    "be_a_writer",
    "count_users",
    "end_what_stands_still",
    "keep_secret",
    "lock_counted",
    "media_for_change",
    "now",
    "passed",
    "policy_for_change",
    "post_for_change",
    "replica",
    "replica_place",
    "secret",
    "taken_for_change",
    "tier_held_for_change",
    "unread_notification_for_change",
}


@pytest.fixture
def empty() -> Iterator[str]:
    url = databases().empty()
    yield url
    databases().drop(url)


def catalog(url: str) -> list[tuple[str, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(CATALOG).fetchall()


def test_all_migrations_make_the_schema_of_a_fresh_installation(url: str, empty: str) -> None:
    with psycopg.connect(empty) as connection:
        for script in load_migrations(MIGRATIONS):
            connection.execute(script.encode())
    assert catalog(empty) == catalog(url)


def test_both_databases_have_the_same_tables_and_columns(url: str, path: Path) -> None:
    migrate_sqlite(path)
    file = open_reader(path)
    sqlite: set[tuple[str, str]] = set(
        file.execute(
            "SELECT t.name, c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c "
            "WHERE t.name NOT LIKE 'sqlite_%'"
        )
    )
    file.close()
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name NOT IN ('schema_version', 'installation')"
        )
        assert set(rows) == sqlite


def test_both_databases_have_the_same_queries() -> None:
    sqlite, postgres = set(load_queries("sqlite.sql")), set(load_queries("postgres.sql"))
    assert sqlite - OF_SQLITE == postgres - OF_POSTGRES


def test_ids_and_keys_are_compared_by_their_bytes() -> None:
    """A locale would put them in another order than everything else does."""
    schema = read_sql("sql", "postgres_schema.sql")
    compared = re.findall(
        r"^    (?!client_id)(?:\w*id|key|username) text(.*)", schema, re.MULTILINE
    )
    assert len(compared) > 30
    assert all(rest.startswith(' COLLATE "C"') for rest in compared)


async def test_nodes_that_start_together_make_one_installation(empty: str) -> None:
    versions = await asyncio.gather(*(asyncio.to_thread(migrate, empty) for _ in range(6)))
    assert set(versions) == {len(load_migrations(MIGRATIONS))}
    async with opened(empty) as one, opened(empty) as other:
        assert await one.shared_secret() == await other.shared_secret()
        await one.write(append)
        assert len(await whole_log(other)) == 1


def test_a_database_of_a_newer_version_is_refused(url: str) -> None:
    with connect(url, writes=True) as connection:
        connection.execute("UPDATE schema_version SET version = 99")
        connection.execute("UPDATE compatibility SET oldest = 99")
    with pytest.raises(SchemaMismatch, match="newer Feedline"):
        migrate(url)


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with pytest.raises(DatabaseUnusable) as caught:
        migrate("postgresql://ann:hush@127.0.0.1:1/feed")
    assert "feed@127.0.0.1:1" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(DatabaseUnusable):
        migrate("postgresql://[")
