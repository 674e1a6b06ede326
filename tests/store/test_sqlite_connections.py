"""How a SQLite database is opened."""

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from feedline.store.queries import load_queries
from feedline.store.sqlite_connections import migrate, open_reader, open_writer


@pytest.mark.parametrize("opened", [open_writer, open_reader])
def test_a_join_is_compiled_once_whatever_its_values(
    tmp_path: Path, opened: Callable[[Path], apsw.Connection]
) -> None:
    migrate(tmp_path / "feed.db")
    connection, compiled = opened(tmp_path / "feed.db"), []

    def note(*what: object) -> int:
        compiled.append(what)
        return apsw.SQLITE_OK

    connection.authorizer = note  # SQLite asks it while it compiles
    post = load_queries("sqlite.sql")["post"]
    connection.execute(post, ("viewer", "post")).fetchall()
    assert compiled
    compiled.clear()
    connection.execute(post, ("another", "other")).fetchall()
    assert compiled == []
    connection.close()
