"""Where in the log a replay can begin."""

from dataclasses import dataclass

from feedline.feed.cursor import Cursor


@dataclass(frozen=True, slots=True)
class LogSpan:
    """Which positions of the log a replay may start from: ``floor <= position <= head``."""

    epoch: str
    floor: int
    head: int

    def start(self, cursor: str | None, now: int) -> tuple[int, str | None]:
        """Where to begin for a cursor; with the reason for a resync if it can't be served."""
        if cursor is None:
            return now, None
        wanted = Cursor.parse(cursor)
        if wanted is None or wanted.epoch != self.epoch:
            return now, "unknown_epoch"
        if wanted.seq > max(self.head, now):
            return now, "cursor_ahead"
        if wanted.seq < self.floor:
            return now, "cursor_expired"
        return wanted.seq, None
