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
