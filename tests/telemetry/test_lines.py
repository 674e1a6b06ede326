import io
import logging
from threading import Event

import pytest

from feedline.telemetry import lines
from feedline.telemetry.lines import LineWriter, RateLimit

PATIENCE = 30.0


class Pipe(io.StringIO):
    """Takes nothing until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = Event()
        self.opened = Event()

    def write(self, text: str) -> int:
        self.begun.set()
        assert self.opened.wait(PATIENCE)
        return super().write(text)


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("feedline.test", logging.INFO, "", 0, text, None, None)


def test_a_pipe_that_takes_nothing_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    pipe = Pipe()
    writer = LineWriter(pipe, waiting=3)
    writer.emit(record("0"))
    assert pipe.begun.wait(PATIENCE)  # it is out of the queue
    for number in range(1, 6):
        writer.emit(record(str(number)))
    pipe.opened.set()
    writer.close()
    assert pipe.getvalue().split() == ["0", "1", "2", "3"]
    (told,) = [entry for entry in caplog.records if entry.message == "lines left out"]
    assert told.fields == {"left_out": 2}  # type: ignore[attr-defined]


def test_what_waits_is_written_before_the_end_and_a_closed_pipe_is_no_error() -> None:
    pipe = io.StringIO()
    writer = LineWriter(pipe)
    writer.emit(record("first"))
    writer.emit(record("second"))
    writer.close()
    assert pipe.getvalue() == "first\nsecond\n"
    closed = io.StringIO()
    closed.close()
    other = LineWriter(closed)
    other.emit(record("nowhere"))
    other.close()


def test_so_many_lines_a_second_and_the_next_one_tells_how_many_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(lines, "monotonic", lambda: now[0])
    limit = RateLimit(2)
    assert [limit.filter(record("a")) for _ in range(5)] == [True, True, False, False, False]
    now[0] += 1
    entry = record("b")
    entry.__dict__["fields"] = {"kept": 1}
    assert limit.filter(entry)
    assert entry.__dict__["fields"] == {"kept": 1, "left_out": 3}
    after = record("c")
    assert limit.filter(after)
    assert not hasattr(after, "fields")
