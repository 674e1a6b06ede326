"""Where an installation keeps what it knows: which database, and the secret beside it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from feedline.api.tokens import load_secret
from feedline.errors import (
    DatabaseAddressUnclear,
    DataDirectoryUnusable,
    ExtraMissing,
    NoDatabase,
    ReplicasUnclear,
)
from feedline.store.base import Store
from feedline.store.database import Database
from feedline.store.lock import DataLock
from feedline.store.sqlite import SqliteStore

_SCHEMES = ("postgresql://", "postgres://")
_ABANDONED = 24 * 3_600  # seconds; no upload takes as long


@dataclass(frozen=True, slots=True)
class Storage:
    """An installation's place: a directory of its own, and for several nodes a database."""

    data: Annotated[Path, Parameter(env_var="FEEDLINE_DATA")] = Path("data")
    """Directory of the installation."""

    database: Annotated[str, Parameter(env_var="FEEDLINE_DATABASE")] = ""
    """Address of a PostgreSQL database (postgresql://...); empty: SQLite in the directory."""

    replicas: Annotated[tuple[str, ...], Parameter(parse=False)] = ()
    """Addresses of servers that follow that database; the server's, no command reads there."""

    @property
    def is_shared(self) -> bool:
        """Whether other nodes may use the same database."""
        return bool(self.database)

    def new_store(self, *, queue_limit: int = 10_000) -> Database:
        """A store that is not started yet. Raises StartupError."""
        if not self.is_shared:
            if self.replicas:
                raise ReplicasUnclear
            return SqliteStore(self.data / "feedline.db", queue_limit=queue_limit)
        if not self.database.startswith(_SCHEMES):
            raise DatabaseAddressUnclear
        if not all(address.startswith(_SCHEMES) for address in self.replicas):
            raise ReplicasUnclear
        try:
            from feedline.store.postgres import PostgresStore
        except ModuleNotFoundError:
            raise ExtraMissing("postgres", "--database") from None
        return PostgresStore(self.database, replicas=self.replicas, queue_limit=queue_limit)

    def existing_store(self) -> Database:
        """The store of an installation that is there. Raises NoDatabase."""
        if not self.is_shared and not (self.data / "feedline.db").exists():
            raise NoDatabase(str(self.data))
        return self.new_store()

    async def secret(self, store: Store) -> bytes:
        """What signs sign-ins: every node that shares the database has the same."""
        return await store.shared_secret() or load_secret(self.data)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Makes the directory. SQLite's is for one server alone; raises StartupError."""
        if self.is_shared:
            try:
                self.data.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                problem = error.strerror or str(error)
                raise DataDirectoryUnusable(str(self.data), problem) from error
            yield
        else:
            with DataLock(self.data):
                yield

    def clear_arriving(self) -> None:
        """Makes the folder for files on their way in; what ended half-way there is forgotten."""
        arriving = self.data / "arriving"
        arriving.mkdir(exist_ok=True)
        for path in arriving.iterdir():
            # Other nodes may be receiving files in the same folder now.
            if not self.is_shared or path.stat().st_mtime < time.time() - _ABANDONED:
                path.unlink(missing_ok=True)
