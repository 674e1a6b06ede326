"""Replicas of a PostgreSQL database: there, of the same installation, and close behind."""

from contextlib import closing
from typing import NamedTuple

import psycopg

from feedline.config import Settings
from feedline.doctor.findings import Finding, Findings, Subject
from feedline.store.postgres_connections import SQL, Connection, address_of, connect

REPLICAS = Subject("replicas")
_FAR = 16 << 20  # bytes behind; a segment of the server's own log
_READS = "Until then the primary answers its reads."


class _Known(NamedTuple):
    """What the primary says: by what the installation is known, and how far it is."""

    epoch: str
    secret: bytes
    wal: int
    head: int


def check_replicas(primary: Connection, settings: Settings) -> Findings:
    if not settings.database_replicas:
        return
    try:
        known = _known(primary)
    except psycopg.Error:
        return  # there is no schema yet, which is told
    for url in settings.database_replicas:
        yield _judged(url, known)


def _known(primary: Connection) -> _Known:
    (wal,) = primary.execute(SQL["passed"].encode()).fetchone() or (0,)
    _, _, epoch, head, secret = primary.execute(SQL["replica"].encode()).fetchone() or ("",) * 5
    return _Known(str(epoch), bytes(secret), int(wal), int(head))


def _judged(url: str, known: _Known) -> Finding:
    name = address_of(url)
    try:
        with closing(connect(url, writes=False)) as connection:
            row = connection.execute(SQL["replica"].encode()).fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    except psycopg.Error as failure:
        says = str(failure).strip().splitlines()[0].rstrip(".")
        return REPLICAS.warning(f"{name}: {says}.", f"See to that server. {_READS}")
    is_standby, wal, epoch, head, secret = row or (False, 0, "", 0, b"")
    if (epoch, bytes(secret)) != (known.epoch, known.secret):
        return REPLICAS.failure(
            f"{name} is no copy of this installation.",
            "Name servers that follow the one of --database, with the same database in them.",
        )
    if not is_standby:
        return REPLICAS.failure(
            f"{name} is no standby: it takes writes of its own.",
            "Name a server that follows the primary; the primary itself need not be named.",
        )
    behind = max(0, known.wal - wal)
    says = (
        f"{name} follows, {behind / 1024:.0f} KiB and {max(0, known.head - head)} entries of the "
        "log behind"
    )
    if behind > _FAR:
        return REPLICAS.warning(f"{says}.", f"Look at its disk and network. {_READS}")
    return REPLICAS.ok(f"{says}.")
