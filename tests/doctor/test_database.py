"""What the doctor says of real databases: whole, old, new, away, unsafe."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import psycopg
import pytest

from feedline.doctor import postgres
from feedline.doctor.database import check_database
from feedline.store.queries import load_migrations
from feedline.store.sqlite_connections import migrate, open_writer
from tests.doctor.conftest import Found
from tests.postgres import PostgresServer, databases, own_server, standby_of

Look = Callable[..., Found]
KNOWN = len(load_migrations())
PATIENCE = 20.0

# ---- SQLite


@pytest.fixture
def data(tmp_path: Path) -> Path:
    migrate(tmp_path / "feedline.db")
    return tmp_path


def test_a_database_that_is_made_later(found: Look, tmp_path: Path) -> None:
    assert found(check_database, data=tmp_path).levels == {"ok"}
    assert list(tmp_path.iterdir()) == []


def test_a_whole_one_stays_as_it_is(found: Look, data: Path) -> None:
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    looked = found(check_database, data=data)
    assert looked.levels == {"ok"}
    looked.one(f"version {KNOWN}")
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before


def test_beside_one_who_writes(found: Look, data: Path) -> None:
    writer = open_writer(data / "feedline.db")
    writer.execute("BEGIN IMMEDIATE")
    assert found(check_database, data=data).levels == {"ok"}
    writer.execute("UPDATE compatibility SET oldest = 999")
    writer.execute("PRAGMA user_version = 999; COMMIT")
    found(check_database, data=data).bad("failure", "999")  # it is in the write-ahead log
    writer.close()


def test_an_old_and_a_new_schema(found: Look, tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "feedline.db"))
    for script in load_migrations()[:-1]:
        connection.execute(script)
    connection.pragma("user_version", KNOWN - 1)
    finding = found(check_database, data=tmp_path).bad("warning", f"version {KNOWN - 1}")
    assert "feedline migrate" in finding.advice
    connection.close()
    migrate(tmp_path / "feedline.db")
    connection = apsw.Connection(str(tmp_path / "feedline.db"))
    connection.pragma("user_version", KNOWN + 1)
    finding = found(check_database, data=tmp_path).bad("warning", f"version {KNOWN + 1}")
    assert "downgrade" in finding.advice
    connection.execute("UPDATE compatibility SET oldest = ?", (KNOWN + 1,))
    connection.close()
    found(check_database, data=tmp_path).bad("failure", f"version {KNOWN + 1}")


def test_a_file_that_is_no_database(found: Look, tmp_path: Path) -> None:
    (tmp_path / "feedline.db").write_bytes(b"no database, but text. " * 1_000)
    assert "backup" in found(check_database, data=tmp_path).bad("failure", "can't be read").advice


def test_a_clock_that_went_back(found: Look, data: Path) -> None:
    writer = open_writer(data / "feedline.db")
    columns = writer.execute("PRAGMA table_info(events)").fetchall()
    values: dict[str, object] = {"at": 4_102_444_800_000, "seq": 1}
    empty: dict[str, object] = {"INTEGER": 0, "TEXT": "", "BLOB": b""}
    made = [values.get(str(name), empty[str(kind)]) for _, name, kind, *_ in columns]
    writer.execute(f"INSERT INTO events VALUES ({', '.join('?' * len(made))})", made)
    writer.close()
    assert "chrony" in found(check_database, data=data).bad("warning", "ahead").advice


# ---- PostgreSQL


@pytest.fixture
def database() -> Iterator[str]:
    url = databases().fresh()
    yield url
    databases().drop(url)


@pytest.mark.system
def test_a_shared_one(found: Look, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_FAR", PATIENCE)  # this machine may be busy
    monkeypatch.setattr(postgres, "_APART", PATIENCE)
    looked = found(check_database, database=database)
    looked.one("PostgreSQL 16.", "answered within")
    looked.one("The schema has version")
    looked.one("the database's")
    looked.one("connections are in use")
    looked.bad("failure", "fsync is off")  # as it is in tests
    assert [each.check for each in looked.all if each.level != "ok"] == ["database"]


@pytest.mark.system
def test_an_empty_one_stays_empty(found: Look) -> None:
    url = databases().empty()
    found(check_database, database=url).one("no schema yet")
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchone() == (0,)
    databases().drop(url)


@pytest.mark.system
@pytest.mark.parametrize(("change", "level"), [(-1, "warning"), (1, "failure")])
def test_another_schema(found: Look, database: str, change: int, level: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE schema_version SET version = version + %s", [change])
        connection.execute("UPDATE compatibility SET oldest = 99")
    found(check_database, database=database).bad(level, "The schema has version")


@pytest.mark.system
def test_a_transaction_that_is_left_open(
    found: Look, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_LONG", 0.0)
    with psycopg.connect(database) as connection:
        connection.execute("SELECT 1")
        looked = found(check_database, database=database)
        pid = connection.info.backend_pid
    assert f"pg_terminate_backend({pid})" in looked.bad("warning", "transaction open").advice


@pytest.mark.system
def test_addresses_that_lead_nowhere(found: Look, database: str) -> None:
    server, _, _ = database.rpartition("/")
    closed = found(check_database, database="postgresql://u:secret-word@127.0.0.1:1/x")
    assert "Start the server" in closed.bad("failure", "127.0.0.1:1").advice
    absent = found(check_database, database=f"{server}/no_such")
    assert "createdb" in absent.bad("failure", "no_such").advice
    unclear = found(check_database, database="postgresql://u:secret-word@h:x y/?bad=1")
    unclear.bad("failure", "can't be understood")
    assert "secret-word" not in repr([closed.all, unclear.all])


@pytest.mark.system
def test_a_wrong_password_a_standby_that_is_not_there_and_no_room(found: Look) -> None:
    with own_server() as server:
        server.execute("CREATE ROLE feedline LOGIN PASSWORD 'right'")
        server.execute("ALTER SYSTEM SET synchronous_standby_names = 'other'")
        _demand_passwords(server)
        server.stop(signal.SIGINT)
        server.start()
        url = server.url("postgres").replace("postgres@", "feedline:{}@")
        wrong = found(check_database, database=url.format("wrong-word"))
        assert "PGPASSFILE" in wrong.bad("failure", "password authentication failed").advice
        assert "wrong-word" not in repr(wrong.all)
        looked = found(check_database, database=url.format("right"), workers=100)
        looked.bad("failure", "other", "posts hang")
        looked.bad("failure", "connections are in use")
        server.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        _reload(server, "default_transaction_read_only", "on")
        read_only = found(check_database, database=url.format("right"))
        assert "Name all servers" in read_only.bad("failure", "read-only").advice


def _reload(server: PostgresServer, setting: str, value: str) -> None:
    """Has the server read its settings again, which it does in its own time."""
    server.execute("SELECT pg_reload_conf()")
    end = time.monotonic() + PATIENCE
    while True:
        with psycopg.connect(server.url("postgres")) as connection:
            if connection.execute(f"SHOW {setting}".encode()).fetchone() == (value,):
                return
        assert time.monotonic() < end, setting
        time.sleep(0.01)


def _demand_passwords(server: PostgresServer) -> None:
    rules = server._data / "pg_hba.conf"
    rules.write_text(f"host all feedline all scram-sha-256\n{rules.read_text()}")


def test_clocks_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    for ahead, level in ((0.0, "ok"), (5.0, "warning"), (90.0, "failure")):
        monkeypatch.setattr(time, "time", lambda ahead=ahead: 1_000.0 + ahead)
        (finding,) = postgres._clock(_Telling(1_000.0))  # type: ignore[arg-type]
        assert (finding.check, finding.level) == ("clock", level)


def test_a_standby_that_is_behind() -> None:
    assert postgres._standby("two", "async", 90.0).level == "warning"
    assert postgres._standby("two", "async", 0.1).level == "ok"
    assert postgres._standby("two", "async", None).level == "ok"


class _Telling:
    """A connection that answers everything with one number."""

    def __init__(self, number: float) -> None:
        self._number = number

    def execute(self, *statement: object) -> "_Telling":
        return self

    def fetchone(self) -> tuple[float]:
        return (self._number,)


@pytest.mark.system
def test_replicas(found: Look, database: str) -> None:
    other = databases().fresh()
    with psycopg.connect(other, autocommit=True) as connection:
        connection.execute("UPDATE log_head SET epoch = 'another'")
    with standby_of(databases().server) as standby:
        copy, foreign = standby.copy_of(database), standby.copy_of(other)
        nowhere = standby.url("nothing")
        replicas = (copy, foreign, database, nowhere)
        looked = found(check_database, database=database, database_replicas=replicas)
    assert looked.one("KiB and 0 entries of the log behind").level == "ok"
    looked.bad("failure", "no copy of this installation")
    looked.bad("failure", "no standby")
    looked.bad("warning", "does not exist")
    assert sum(finding.check == "replicas" for finding in looked.all) == 4
    databases().drop(other)
