"""The database: there, of the right version, and keeping what it takes."""

from datetime import UTC, datetime

import apsw

from feedline.config import Settings
from feedline.doctor.findings import Finding, Findings, Subject
from feedline.errors import DatabaseAddressUnclear, ExtraMissing
from feedline.storage import Storage
from feedline.store.database import now_millis
from feedline.store.queries import load_migrations, load_queries
from feedline.store.sqlite_connections import DATABASE_FAILURES, oldest_version

DATABASE = Subject("database")
CLOCK = Subject("clock")
SET_CLOCK = "Let a time service set the clock: systemd-timesyncd or chrony."
_AHEAD = 1_000  # milliseconds


def check_database(settings: Settings) -> Findings:
    if not settings.database:
        yield from _sqlite(settings)
        return
    try:
        Storage(settings.data, settings.database).new_store()
    except (ExtraMissing, DatabaseAddressUnclear):
        return  # the versions and the settings tell
    from feedline.doctor.postgres import check_postgres

    yield from check_postgres(settings)


def judged_schema(version: int, known: int, oldest: int) -> Findings:
    """What to do about the version of a schema; 0 is none.

    ``oldest``: the oldest version whose Feedline may use a newer one.
    """
    if version == 0:
        yield DATABASE.ok("There is no schema yet; the first start makes it.")
    elif version > known >= oldest:
        yield DATABASE.warning(
            f"The schema has version {version}, and this Feedline knows {known}: it can use it.",
            "That is fine for as long as an upgrade or a downgrade takes.",
        )
    elif version > known:
        yield DATABASE.failure(
            f"The schema has version {version}, and this Feedline knows {known}.",
            "Install the newer Feedline that wrote it, or go back to a backup.",
        )
    elif version < known:
        yield DATABASE.warning(
            f"The schema has version {version}, this Feedline wants {known}.",
            "Make a backup; then `feedline migrate`, or the next start, brings it up to date.",
        )
    else:
        yield DATABASE.ok(f"The schema has version {version}.")


def _sqlite(settings: Settings) -> Findings:
    path = settings.data / "feedline.db"
    try:
        if not path.exists():
            yield DATABASE.ok(f"{path} is made at the first start.")
            yield _today()
            return
        # With nobody's log beside it, a file is read as it is: a plain reader would make one.
        has_log = path.with_name(f"{path.name}-wal").exists()
        uri = f"{path.absolute().as_uri()}?mode=ro" + ("" if has_log else "&immutable=1")
        connection = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
        try:
            yield from _read(connection)
        finally:
            connection.close()
    except (*DATABASE_FAILURES, PermissionError) as failure:
        yield DATABASE.failure(
            f"{path} can't be read: {failure}.",
            "Run this as the user that serves. If the file is damaged, restore a backup.",
        )


def _read(connection: apsw.Connection) -> Findings:
    connection.set_busy_timeout(1_000)
    version, known = connection.pragma("user_version"), len(load_migrations())
    yield from judged_schema(version, known, oldest_version(connection) if version > known else 0)
    if version:
        rows = connection.execute(load_queries("doctor.sql")["newest_instant"])
        newest = max((int(at) for (at,) in rows), default=0)
        yield from _clock(newest)


def _clock(newest: int) -> Findings:
    ahead = newest - now_millis()
    if ahead > _AHEAD:
        yield CLOCK.warning(f"The newest event is {ahead / 1000:.0f} s ahead of it.", SET_CLOCK)
    else:
        yield _today()


def _today() -> Finding:
    return CLOCK.ok(f"It is {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC.")
