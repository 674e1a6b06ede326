"""Logs: one line an entry, on standard error: level, time, logger, message, key=value.

What goes in is chosen by the caller; passwords, tokens and what people write are never passed.
"""

import json
import logging
import sys
from datetime import UTC, datetime

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/+@[]")


class LineFormatter(logging.Formatter):
    """Formats a record as one line, whatever is in it; a traceback becomes ``trace="..."``.

    ``extra={"fields": {...}}`` adds the key=value pairs.
    """

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = dict(getattr(record, "fields", {}))
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        pairs = "".join(f" {key}={_value(value)}" for key, value in fields.items())
        message = _one_line(record.getMessage())
        return f"{record.levelname} {when[:-6]}Z {record.name} {message}{pairs}"


def set_up_logging(level: str = "INFO") -> None:
    """Sends everything of ``level`` and above to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _value(value: object) -> str:
    text = str(value)
    return text if text and _PLAIN.issuperset(text) else json.dumps(text)


def _one_line(text: str) -> str:
    """Line breaks and other control characters spelled out: nobody can forge an entry."""
    return text if text.isprintable() else json.dumps(text)[1:-1]
