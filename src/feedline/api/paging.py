"""Pages of a list, newest first; ``page`` is opaque to clients and tells where the last ended."""

from collections.abc import Sequence
from typing import Annotated, Protocol, TypeVar

import msgspec

from feedline.feed.instants import KEPT_ID, Millis, Place

Limit = Annotated[int, msgspec.Meta(ge=1, le=100, description="Most entries of the answer.")]
Page = Annotated[
    str,
    msgspec.Meta(
        # In Python, $ lets a last newline through.
        pattern=rf"^([0-9]{{1,15}}\.{KEPT_ID})?$(?!\n)",
        description="`next` of the page before; empty for the first.",
    ),
]


class Listed(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def created_at(self) -> Millis: ...


Row = TypeVar("Row", bound=Listed)


class PageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a list."""

    limit: Limit = 20
    page: Page = ""

    @property
    def before(self) -> Place | None:
        """The place after which this page begins, None for the first."""
        instant, _, id_ = self.page.partition(".")
        return Place(int(instant), id_) if instant else None


def cut(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], str | None]:
    """One page of ``limit + 1`` rows read, and ``next``: None where the list ends."""
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], f"{last.created_at}.{last.id}"
