"""Fixtures for all rooms."""

import gc
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.browser import sightings
from tests.processes import ServerProcess, serving
from tests.system import fault_table

# The same examples in each run, and no clock: a busy machine is slow and not wrong.
steady = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("steady", steady)
settings.register_profile("quick", steady, max_examples=15)
settings.load_profile("steady")

FAILED = Path(__file__).parents[1] / "results/failures/failed.txt"

Figures = Callable[[str], None]


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Figures:
    """Takes lines for the end of the run's report."""
    return lambda line: record_property("figure", line)


def remember_failed(terminalreporter: pytest.TerminalReporter) -> None:
    """Keep what failed for the last lines of `make test`, which runs pytest twice."""
    reports = terminalreporter.getreports("failed") + terminalreporter.getreports("error")
    if not reports or hasattr(terminalreporter.config, "workerinput"):
        return
    FAILED.parent.mkdir(parents=True, exist_ok=True)
    with FAILED.open("a") as file:
        for report in reports:
            lines = report.longreprtext.splitlines()
            said = [line[:200] for line in lines if line.startswith("E ")] or lines[:1]
            where = [line for line in lines if line.startswith("tests/")][-3:]
            told = [f"FAILED {report.nodeid} ({report.when})", *said[:4], *where]
            file.write("\n".join([*told, ""]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    remember_failed(terminalreporter)
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    properties = [each for report in reports for each in report.user_properties]
    for name, line in properties:
        if name == "figure":
            terminalreporter.write_line(str(line))
    faults = fault_table.write(str(row) for name, row in properties if name == "fault")
    if faults:
        terminalreporter.write(faults)
    seen = sightings.summary(terminalreporter.getreports(""))
    if seen:
        terminalreporter.write_line(seen)


def pytest_collection_finish() -> None:
    """Thousands of tests stay until the end: the garbage collector need not look at them again."""
    gc.freeze()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A real server with default settings, fresh for each test."""
    async with serving(tmp_path / "data") as process:
        yield process
