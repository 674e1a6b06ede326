"""Logs: one line an entry, on standard error, as text or as JSON.

What goes in is chosen by the caller; passwords, tokens and what people write are never passed. An
error that nobody expected may quote them: of those the type and the place are told, not the words.
"""

import asyncio
import json
import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime
from typing import Any, Literal

import structlog

from feedline.errors import StartupError, Unavailable
from feedline.telemetry import slow
from feedline.telemetry.lines import LineWriter, RateLimit

LogFormat = Literal["text", "json"]
Entry = MutableMapping[str, Any]

ACCESS_LINES = 100  # a second about requests, and as many about connections
logger = logging.getLogger("feedline.telemetry")

_BUSY = ("feedline.access", "feedline.connections")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/+@[]{}")
_QUOTING_NOBODY = (StartupError, Unavailable, OSError)  # their words are ours, or the system's


def set_up_logging(level: str = "info", form: LogFormat = "text") -> None:
    """Sends our entries of ``level`` and above to standard error, of others only warnings.

    What libraries say of their work may quote what they work on.
    """
    handler = LineWriter(sys.stderr)
    handler.setFormatter(formatter(form))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("feedline").setLevel(level.upper())
    for name in _BUSY:
        logging.getLogger(name).filters = [RateLimit(ACCESS_LINES)]
    logging.getLogger(slow.LOGGER).filters = [RateLimit(slow.SLOW_LINES, seconds=10)]


def formatter(form: LogFormat) -> logging.Formatter:
    """Makes one line of a record, whatever is in it.

    ``extra={"fields": {...}}`` adds pairs, as does what is bound to the context by structlog.
    """
    render = as_json if form == "json" else as_text
    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.contextvars.merge_contextvars, _arrange, render]
    )


def report_failure(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What an event loop does with an error that nobody waits for; its own words would quote it."""
    logger.error("%s", context["message"], exc_info=context.get("exception"))


def _arrange(_: Any, __: str, entry: Entry) -> Entry:
    """Puts what every entry has first, then what its caller and the context add."""
    record: logging.LogRecord = entry.pop("_record")
    entry.pop("_from_structlog")
    message, failure = entry.pop("event"), entry.pop("exc_info", None)
    when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    arranged = {
        "time": f"{when[:-6]}Z",
        "level": record.levelname,
        "logger": record.name,
        "message": message,
        **entry,
        **getattr(record, "fields", {}),
    }
    if failure:
        arranged["trace"] = "".join(_told(failure[1]))
    return arranged


def as_json(_: Any, __: str, entry: Entry) -> str:
    return json.dumps(entry, default=str)


def as_text(_: Any, __: str, entry: Entry) -> str:
    head = f"{entry.pop('level')} {entry.pop('time')} {entry.pop('logger')}"
    message = _one_line(entry.pop("message"))
    return f"{head} {message}" + "".join(f" {key}={_value(entry[key])}" for key in entry)


def _told(error: BaseException) -> Iterator[str]:
    """A traceback with the words of those errors alone that quote nobody."""
    if error.__cause__ is not None:
        yield from _told(error.__cause__)
        yield "\nwhich was the cause of:\n\n"
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from _told(error.__context__)
        yield "\nwhile that was handled:\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    kind = type(error)
    words = f": {error}" if isinstance(error, _QUOTING_NOBODY) else ""
    yield f"{kind.__module__}.{kind.__qualname__}{words}\n"
    for part in getattr(error, "exceptions", ()):
        yield from _told(part)


def _value(value: object) -> str:
    text = str(value)
    return text if text and _PLAIN.issuperset(text) else json.dumps(text)


def _one_line(text: str) -> str:
    """Line breaks and other control characters spelled out: nobody can forge an entry."""
    return text if text.isprintable() else json.dumps(text)[1:-1]
