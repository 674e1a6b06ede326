import asyncio
import io
import json
import logging
import re
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from structlog.contextvars import bound_contextvars

from feedline.errors import Unavailable
from feedline.telemetry import logs
from feedline.telemetry.logs import LogFormat, formatter, report_failure

Log = tuple[logging.Logger, io.StringIO]

WORDS = "what somebody wrote"


def log_as(form: LogFormat) -> Log:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(form))
    logger = logging.Logger("feedline.test")  # noqa: LOG001 - apart from the others' handlers
    logger.addHandler(handler)
    return logger, stream


@pytest.fixture
def log() -> Log:
    return log_as("text")


def test_an_entry_is_level_time_logger_message_and_pairs(log: Log) -> None:
    logger, stream = log
    logger.warning("it is %s", "so", extra={"fields": {"port": 8000, "why": "no reason"}})
    assert re.fullmatch(
        r"WARNING \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z feedline\.test it is so"
        r' port=8000 why="no reason"\n',
        stream.getvalue(),
    )


def test_an_entry_as_json_has_the_same() -> None:
    logger, stream = log_as("json")
    logger.warning("it is %s", "so", extra={"fields": {"port": 8000, "why": "no reason"}})
    entry = json.loads(stream.getvalue())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry.pop("time"))
    assert entry == {
        "level": "WARNING",
        "logger": "feedline.test",
        "message": "it is so",
        "port": 8000,
        "why": "no reason",
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_bound_to_the_context_is_in_each_entry(form: LogFormat) -> None:
    logger, stream = log_as(form)
    with bound_contextvars(request="r1"):
        logger.info("within")
    logger.info("after")
    assert [re.findall("r1", line) for line in stream.getvalue().splitlines()] == [["r1"], []]


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "text", ["a\nERROR forged", "a\r\nb", "a\x1b[31mb", "a\u2028b", "\ud800", "a\0b"]
)
def test_nobody_can_forge_an_entry(form: LogFormat, text: str) -> None:
    logger, stream = log_as(form)
    logger.info(text, extra={"fields": {"name": text, "empty": ""}})
    entry = stream.getvalue()
    assert entry.count("\n") == 1
    assert not re.search("[\r\x1b\u2028\ud800\0]", entry)
    assert 'empty=""' in entry or '"empty": ""' in entry


def _quote() -> NoReturn:
    raise ValueError(WORDS)


def _rethrow() -> NoReturn:
    try:
        _quote()
    except ValueError as error:
        raise Unavailable("The disk is full.") from error


def _stumble() -> NoReturn:
    try:
        _quote()
    except ValueError:
        raise KeyError(WORDS) from None


def _handle() -> NoReturn:
    try:
        _quote()
    except ValueError:
        raise KeyError(WORDS)  # noqa: B904 - as it happens in a handler


def _group() -> NoReturn:
    raise ExceptionGroup(WORDS, [ValueError(WORDS)])


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    ("fail", "told"),
    [
        (_quote, ["builtins.ValueError"]),
        (
            _rethrow,
            [
                "ValueError",
                "the cause of",
                "feedline.errors.refusals.Unavailable: The disk is full",
            ],
        ),
        (_stumble, ["builtins.KeyError"]),
        (_handle, ["ValueError", "while that was handled", "KeyError"]),
        (_group, ["ExceptionGroup", "ValueError"]),
    ],
)
def test_a_traceback_is_in_the_entry_and_quotes_nobody(
    form: LogFormat, fail: Callable[[], None], told: list[str]
) -> None:
    logger, stream = log_as(form)
    try:
        fail()
    except Exception:
        logger.exception("failed")
    entry = stream.getvalue()
    assert entry.count("\n") == 1
    assert "Traceback" in entry
    assert f"in {fail.__name__}" in entry
    for words in told:
        assert words in entry
    assert WORDS not in entry


def test_an_error_in_the_loop_quotes_nobody(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    caplog.handler.setFormatter(formatter("text"))
    failing: Any = loop.create_future()
    failing.set_exception(ValueError(WORDS))
    context = {"message": "never retrieved", "exception": failing.exception(), "future": failing}
    report_failure(loop, context)
    loop.close()
    assert "never retrieved" in caplog.text
    assert "ValueError" in caplog.text
    assert WORDS not in caplog.text


def test_levels_are_ours_and_libraries_only_warn(monkeypatch: pytest.MonkeyPatch) -> None:
    root, ours = logging.getLogger(), logging.getLogger("feedline")
    before = (root.level, root.handlers[:], ours.level)
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    try:
        root.handlers = []
        logs.set_up_logging("debug", "json")
        logging.getLogger("feedline.x").debug("mine")
        logging.getLogger("library").info("quoting")
        logging.getLogger("library").warning("worried")
        root.handlers[0].close()
    finally:
        root.setLevel(before[0])
        root.handlers = before[1]
        ours.setLevel(before[2])
        for name in ("feedline.access", "feedline.connections", "feedline.slow"):
            logging.getLogger(name).filters = []
    said = [json.loads(line)["message"] for line in stream.getvalue().splitlines()]
    assert said == ["mine", "worried"]
