"""Cursors: positions in the log as clients carry them."""

from dataclasses import dataclass

_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in one log: its epoch and the sequence number of the last event before it."""

    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The cursor that ``text`` spells, or None if it spells none."""
        epoch, dash, digits = text[:_LONGEST].rpartition("-")
        if not (dash and epoch and digits.isascii() and digits.isdigit()) or len(text) > _LONGEST:
            return None
        seq = int(digits)
        return cls(epoch, seq) if seq < 2**63 else None


class Position:
    """Where a write stands in the log: its cursor, which is known for certain at the commit.

    A database that several nodes write to gives out places in the log last of all, so a
    command can hand its position on but not look at it.
    """

    __slots__ = ("_cursor",)

    def __init__(self, cursor: str | None = None) -> None:
        self._cursor = cursor

    def settle(self, cursor: str) -> None:
        self._cursor = cursor

    def __str__(self) -> str:
        if self._cursor is None:
            raise RuntimeError("A position is known at the commit.")
        return self._cursor
