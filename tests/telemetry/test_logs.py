import io
import logging
import re

import pytest

from feedline.telemetry.logs import LineFormatter


@pytest.fixture
def log() -> tuple[logging.Logger, io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    logger = logging.Logger("feedline.test")  # noqa: LOG001 - apart from the others' handlers
    logger.addHandler(handler)
    return logger, stream


def test_an_entry_is_level_time_logger_message_and_pairs(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, stream = log
    logger.warning("it is %s", "so", extra={"fields": {"port": 8000, "why": "no reason"}})
    assert re.fullmatch(
        r"WARNING \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z feedline\.test it is so"
        r' port=8000 why="no reason"\n',
        stream.getvalue(),
    )


@pytest.mark.parametrize("text", ["a\nERROR forged", "a\r\nb", "a\x1b[31mb", "a\u2028b"])
def test_nobody_can_forge_an_entry(log: tuple[logging.Logger, io.StringIO], text: str) -> None:
    logger, stream = log
    logger.info(text, extra={"fields": {"name": text, "empty": ""}})
    entry = stream.getvalue()
    assert entry.count("\n") == 1
    assert "\r" not in entry
    assert "\x1b" not in entry
    assert "\u2028" not in entry
    assert 'empty=""' in entry


def test_a_traceback_stays_on_the_line(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = log
    try:
        int("broken")
    except ValueError:
        logger.exception("failed")
    entry = stream.getvalue()
    assert entry.count("\n") == 1
    assert 'trace="Traceback' in entry
    assert "ValueError: invalid literal for int() with base 10: 'broken'" in entry
