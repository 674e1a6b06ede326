"""SQL lives in .sql files; this reads the named queries of one."""

import re
from functools import cache
from importlib.resources import files

BREAKS = "-- Breaks earlier versions"
"""How a migration begins past which a Feedline that does not know it may not use the database."""

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def load_queries(filename: str) -> dict[str, str]:
    """The queries of ``sql/<filename>``: each follows a line ``-- name: <name>``."""
    _, *parts = _NAME.split(read_sql("sql", filename))
    return dict(zip(parts[::2], (text.strip() for text in parts[1::2]), strict=True))


@cache
def load_migrations(folder: str = "migrations") -> list[str]:
    """The migrations in order; the first one makes schema version 1."""
    entries = (files("feedline.store") / folder).iterdir()
    names = sorted(entry.name for entry in entries if entry.name.endswith(".sql"))
    return [read_sql(folder, name) for name in names]


def oldest_usable(migrations: list[str]) -> int:
    """The oldest schema version whose Feedline may use a database with all of these."""
    breaking = [n for n, script in enumerate(migrations, 1) if script.startswith(BREAKS)]
    return max(breaking, default=1)


def read_sql(folder: str, filename: str) -> str:
    return (files("feedline.store") / folder / filename).read_text(encoding="utf-8")
