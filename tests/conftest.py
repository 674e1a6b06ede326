"""Fixtures for all rooms."""

import fcntl
import gc
import tempfile
from collections.abc import AsyncIterator, Callable, Generator
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
settings.register_profile("quick", steady, max_examples=10)
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


def allowed_seconds(item: pytest.Item) -> float:
    """Those with a bound of their own are the longest."""
    bound = item.get_closest_marker("timeout")
    return float(bound.args[0]) if bound else 0.0


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two light tests at once, and then the others, one by one: nobody waits for long."""
    light = [item for item in items if "light" in item.keywords]
    light.sort(key=allowed_seconds, reverse=True)
    # The longest two at the same time: a worker begins with the first two, another with the next.
    light[1:3] = light[2:0:-1]
    others = [item for item in items if "light" not in item.keywords]
    others.sort(key=lambda item: "alone" in item.keywords)
    items[:] = [*light, *others]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test that is alone waits until no other one runs that is, unless both are light."""
    run = getattr(item.config, "workerinput", {}).get("testrunuid")
    if run is None or "alone" not in item.keywords:
        return (yield)
    with Path(tempfile.gettempdir(), f"feedline-{run}").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_SH if "light" in item.keywords else fcntl.LOCK_EX)
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests stay until the end: the garbage collector need not look at them.

    What each of them leaves is little: looking for it a tenth as often is enough.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000)
        gc.enable()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    """A real server with default settings, fresh for each test."""
    async with serving(tmp_path / "data") as process:
        yield process
