"""A database of PostgreSQL for one server, on a server that is there."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from psycopg.conninfo import make_conninfo

from bench.errors import BenchError


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The address of a database that is dropped again. Raises BenchError."""
    name = f"feedline_bench_{uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name}")
    try:
        yield address_of(server, name)
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def address_of(server: str, name: str) -> str:
    """The address of a database on a server."""
    known = psycopg.conninfo.conninfo_to_dict(make_conninfo(server, dbname=name))
    user, host, port = (known.get(part, "") for part in ("user", "host", "port"))
    return f"postgresql://{user}@{host}:{port or 5432}/{name}"


def _execute(server: str, statement: str) -> None:
    try:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(statement.encode())
    except psycopg.Error as failure:
        raise BenchError(f"{statement.split(' ', 2)[0].lower()}: {failure}") from failure
