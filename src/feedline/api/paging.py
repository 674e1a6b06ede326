"""Pages of a list, newest first; ``page`` is opaque to clients and tells where the last ended."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

import msgspec

Limit = Annotated[int, msgspec.Meta(ge=1, le=100, description="Most entries of the answer.")]
# An id's 16 bytes in base64url (RFC 4648 section 5).
Page = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([A-Za-z0-9_-]{22})?$(?!\n)",  # in Python, $ lets a last newline through
        description="`next` of the page before; empty for the first.",
    ),
]


class Identified(Protocol):
    @property
    def id(self) -> str: ...


Row = TypeVar("Row", bound=Identified)


class PageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a list."""

    limit: Limit = 20
    page: Page = ""

    @property
    def before(self) -> str | None:
        """The id after which this page begins, None for the first."""
        return str(UUID(bytes=urlsafe_b64decode(f"{self.page}=="))) if self.page else None


def cut(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], str | None]:
    """One page of ``limit + 1`` rows read, and ``next``: None where the list ends."""
    if len(rows) <= limit:
        return rows, None
    shown = rows[:limit]
    return shown, urlsafe_b64encode(UUID(shown[-1].id).bytes).decode().rstrip("=")
