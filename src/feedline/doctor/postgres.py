"""A PostgreSQL database, looked at in a connection that only reads."""

import time
from collections.abc import Callable
from contextlib import closing
from statistics import median
from typing import Any

import psycopg

from feedline.config import Settings
from feedline.doctor.database import CLOCK, DATABASE, SET_CLOCK, judged_schema
from feedline.doctor.findings import Finding, Findings
from feedline.doctor.replicas import check_replicas
from feedline.store.postgres_connections import (
    MIGRATIONS,
    Connection,
    address_of,
    connect,
    oldest_version,
    schema_version,
)
from feedline.store.queries import load_migrations, load_queries

_OLDEST = 150_000  # PostgreSQL 15
_FAR = 0.005  # seconds; a commit is several round trips
_APART = 1.0  # seconds between clocks
_TOO_FAR_APART = 60.0
_LATE = 10.0  # seconds that a standby is behind
_LONG = 60.0  # seconds of a transaction
_PER_NODE = 5  # connections: one that writes, four that read
_PER_LINE = 2  # more, where the database wakes the nodes

_SQL = load_queries("doctor.sql")
_ADVICE = {
    "password authentication failed": "Correct the password, in the address or in PGPASSFILE.",
    "no password supplied": "Give the password in FEEDLINE_DATABASE or in PGPASSFILE.",
    "does not exist": "Make the user and the database: createuser feedline; "
    "createdb -O feedline feedline.",
    "read-only": "Name all servers in the address, so that the one that takes writes is found.",
    "too many clients": "Raise max_connections of the server, or run fewer nodes.",
    "pg_hba.conf": "Let these nodes in: pg_hba.conf of the server.",
}
_REACH = "Start the server, and correct the address: host, port, firewall."
_DURABLE = {
    "fsync": "A power cut destroys the database: set fsync = on.",
    "full_page_writes": "A power cut can tear pages: set full_page_writes = on.",
}


def check_postgres(settings: Settings) -> Findings:
    where = address_of(settings.database)
    try:
        opened = connect(settings.database, writes=True)
    except psycopg.ProgrammingError:
        advice = "Write it as postgresql://user:password@host:5432/name, odd letters as %40."
        yield DATABASE.failure("The address can't be understood.", advice)
        return
    except psycopg.Error as failure:
        yield DATABASE.failure(f"{where}: {_sentence(failure)}", _advice(str(failure)))
        return
    with closing(opened) as connection:
        connection.execute("SET default_transaction_read_only = on")
        for check in (_version, _schema, _durability, _standbys, _load, _clock):
            yield from check(connection)
        yield from _room(connection, settings)
        yield from check_replicas(connection, settings)


def _sentence(failure: psycopg.Error) -> str:
    first = str(failure).strip().splitlines()[0]
    return f"{first.rstrip('.')}."


def _advice(problem: str) -> str:
    return next((advice for words, advice in _ADVICE.items() if words in problem), _REACH)


def _version(connection: Connection) -> Findings:
    number = connection.info.server_version
    name = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number < _OLDEST:
        yield DATABASE.failure(f"{name} is too old.", "Use PostgreSQL 15 or later.")
        return
    seconds = median(_timed(lambda: connection.execute("SELECT 1")) for _ in range(5))
    says = f"{name}; a question is answered within {seconds * 1000:.1f} ms"
    if seconds > _FAR:
        yield DATABASE.warning(f"{says}.", "Place the nodes near the database.")
    else:
        yield DATABASE.ok(f"{says}.")


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _schema(connection: Connection) -> Findings:
    version, known = schema_version(connection), len(load_migrations(MIGRATIONS))
    yield from judged_schema(version, known, oldest_version(connection) if version > known else 0)
    if _settings(connection).get("server_encoding") != "UTF8":
        advice = "Make it anew: createdb -E UTF8 -T template0."
        yield DATABASE.failure("The database can't hold every text: it is not UTF8.", advice)


def _settings(connection: Connection) -> dict[str, str]:
    return dict(connection.execute(_SQL["settings"].encode()).fetchall())


def _durability(connection: Connection) -> Findings:
    known = _settings(connection)
    found = [
        DATABASE.failure(f"{name} is off.", advice)
        for name, advice in _DURABLE.items()
        if known.get(name) == "off"
    ]
    says = f"Commits are synced to disk (synchronous_commit = {known.get('synchronous_commit')})."
    yield from found or [DATABASE.ok(says)]


def _standbys(connection: Connection) -> Findings:
    rows = connection.execute(_SQL["standbys"].encode()).fetchall()
    for name, state, lag in rows:
        yield _standby(str(name), str(state), None if lag is None else float(lag))
    wanted = _settings(connection).get("synchronous_standby_names")
    if wanted and not any(state in ("sync", "quorum") for _, state, _ in rows):
        yield DATABASE.failure(
            f"A commit waits for a standby ({wanted}) and none is there: posts hang.",
            "Start it, or take it out of synchronous_standby_names.",
        )


def _standby(name: str, state: str, lag: float | None) -> Finding:
    if lag is not None and lag > _LATE:
        says = f"The standby {name} is {lag:.0f} s behind ({state})."
        return DATABASE.warning(says, "Look at its disk and network; a failover would lose that.")
    return DATABASE.ok(f"The standby {name} follows ({state}).")


def _load(connection: Connection) -> Findings:
    rows = connection.execute(_SQL["long_transactions"].encode(), [_LONG]).fetchall()
    for pid, seconds in rows:
        yield DATABASE.warning(
            f"Another client has a transaction open for {float(seconds):.0f} s (process {pid}).",
            f"Old rows stay because of it: end it, if need be by pg_terminate_backend({pid}).",
        )


def _clock(connection: Connection) -> Findings:
    began = time.time()
    row: Any = connection.execute(_SQL["clock"].encode()).fetchone()
    apart = float(row[0]) - (began + time.time()) / 2
    says = f"It is {abs(apart):.3f} s {'behind' if apart > 0 else 'ahead of'} the database's"
    advice = f"{SET_CLOCK} On the database's machine too."
    if abs(apart) > _TOO_FAR_APART:
        yield CLOCK.failure(f"{says}: sign-ins will be refused or last too long.", advice)
    elif abs(apart) > _APART:
        yield CLOCK.warning(f"{says}.", advice)
    else:
        yield CLOCK.ok(f"{says}.")


def _room(connection: Connection, settings: Settings) -> Findings:
    row: Any = connection.execute(_SQL["connections"].encode()).fetchone()
    most, used = map(int, row)
    needed = (_PER_NODE if settings.bus else _PER_NODE + _PER_LINE) * settings.workers
    says = f"{used} of {most} connections are in use, and one start of this takes {needed}"
    if most < needed or most - used < 1:
        yield DATABASE.failure(f"{says}.", "Raise max_connections of the server.")
    elif most - used < needed:
        advice = "Raise max_connections, unless these are the nodes of now."
        yield DATABASE.warning(f"{says}.", advice)
    else:
        yield DATABASE.ok(f"{says}.")
