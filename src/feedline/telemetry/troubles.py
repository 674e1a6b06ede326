"""The warnings and errors that a process logged a moment ago, for its operators to see."""

import logging
from collections import deque
from dataclasses import dataclass, replace

MOST = 20  # that are held until somebody takes them; of more, the newest
_LONGEST = 200  # characters of a message


@dataclass(frozen=True, slots=True)
class Trouble:
    """A line of the log, without its fields and its traceback: ``count`` times in a row."""

    at: float
    """Seconds since 1970."""
    level: str
    logger: str
    message: str
    count: int = 1


class Troubles(logging.Handler):
    """Holds what is logged from a warning on, until it is taken."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._held: deque[Trouble] = deque(maxlen=MOST)

    def emit(self, record: logging.LogRecord) -> None:
        """Called by any thread, one at a time (:meth:`logging.Handler.handle` has a lock)."""
        found = Trouble(record.created, record.levelname, record.name, _message(record))
        last = self._held[-1] if self._held else None
        if last is not None and (last.logger, last.message) == (found.logger, found.message):
            self._held[-1] = replace(found, count=last.count + 1)
        else:
            self._held.append(found)

    def take(self) -> list[Trouble]:
        """What was logged since the last time."""
        self.acquire()
        try:
            held = list(self._held)
            self._held.clear()
        finally:
            self.release()
        return held


def _message(record: logging.LogRecord) -> str:
    message = record.getMessage()
    if record.exc_info and record.exc_info[0] is not None:
        message = f"{message}: {record.exc_info[0].__name__}"
    return " ".join(message.split())[:_LONGEST]
