"""Where lines go: a thread that writes them, and how many of a kind there may be."""

import logging
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import TextIO

WAITING = 10_000  # lines that are not written yet; some megabytes at the most
LAST_SECONDS = 2.0  # for what waits to be written when the process ends

logger = logging.getLogger("feedline.telemetry")


class LineWriter(logging.Handler):
    """Writes lines on a thread of its own: a pipe that nobody reads must hold up no request."""

    def __init__(self, stream: TextIO, waiting: int = WAITING) -> None:
        super().__init__()
        self._stream = stream
        self._most = waiting
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._left_out = 0
        self._thread = Thread(target=self._work, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        if self._lines.qsize() >= self._most:
            self._left_out += 1
            return
        try:
            self._lines.put(self.format(record))
        except Exception:  # noqa: BLE001 - what the standard library asks of a handler
            self.handleError(record)

    def close(self) -> None:
        """Gives what waits a moment to be written."""
        self._lines.put(None)
        self._thread.join(LAST_SECONDS)
        super().close()

    def _work(self) -> None:
        while (line := self._lines.get()) is not None:
            with suppress(OSError, ValueError):  # nobody reads any more, or it is closed
                self._stream.write(f"{line}\n")
                self._stream.flush()
            if self._left_out and self._lines.qsize() < self._most:
                left_out, self._left_out = self._left_out, 0
                logger.warning("lines left out", extra={"fields": {"left_out": left_out}})


class RateLimit(logging.Filter):
    """Lets so many lines through in a second; the next one after that says how many it left out."""

    def __init__(self, lines: int, seconds: float = 1.0) -> None:
        super().__init__()
        self._most = lines
        self._seconds = seconds
        self._since = 0.0
        self._lines = 0
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        now = monotonic()
        if now - self._since >= self._seconds:
            self._since, self._lines = now, 0
        if self._lines >= self._most:
            self._left_out += 1
            return False
        self._lines += 1
        if self._left_out:
            fields = getattr(record, "fields", {})
            record.fields = {**fields, "left_out": self._left_out}
            self._left_out = 0
        return True
