from typing import Any

import pytest
from prometheus_client import Counter

from feedline.telemetry.metrics import Metrics
from feedline.telemetry.slow import slow_events
from feedline.telemetry.stages import Stages
from tests.telemetry.test_stages import NOW, Event


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [entry.__dict__["fields"] for entry in caplog.records if entry.name == "feedline.slow"]


def count_of(counter: Counter) -> float:
    [family] = counter.collect()
    return family.samples[0].value


def land(stages: Stages, event: Event, committed: float) -> None:
    stages.committed([committed], event.seq, event.seq, committed)
    stages.dispatched(event)
    stages.landed(event)


def test_an_event_that_took_too_long_is_told_once_with_its_stages(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stages, counted = Stages(), Metrics().slow_events
    stages.on_landed.append(slow_events(0.5, counted.inc))
    land(stages, Event(7, first=NOW + 0.1, last=NOW + 0.3, sockets=4), NOW - 0.25)
    assert lines(caplog) == [
        {
            "seq": 7,
            "commit_to_dispatch_ms": 250,
            "sockets": 4,
            "dispatch_to_first_ms": 100,
            "dispatch_to_last_ms": 300,
        }
    ]
    assert count_of(counted) == 1


def test_one_that_did_not_is_not(caplog: pytest.LogCaptureFixture) -> None:
    stages, counted = Stages(), Metrics().slow_events
    stages.on_landed.append(slow_events(0.5, counted.inc))
    land(stages, Event(7, first=NOW + 0.1, last=NOW + 0.2, sockets=4), NOW - 0.25)
    assert lines(caplog) == []
    assert count_of(counted) == 0


def test_one_that_was_late_and_concerned_nobody_is_told_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stages, counted = Stages(), Metrics().slow_events
    stages.on_landed.append(slow_events(0.5, counted.inc))
    land(stages, Event(8), NOW - 2)
    assert lines(caplog) == [{"seq": 8, "commit_to_dispatch_ms": 2000, "sockets": 0}]
