"""What the pages of a run told of the posts that came onto them: by which way, and how many."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

PREFIX = "seen by "
LIVE, ELSEWHERE = {"realtime"}, {"fallback", "refresh"}


def properties(reports: Iterable[dict[str, Any]]) -> list[tuple[str, object]]:
    """Bodies of `POST /api/telemetry`, as properties of a test."""
    paths = Counter(one["path"] for report in reports for one in report.get("visible", []))
    return [(f"{PREFIX}{path}", count) for path, count in paths.items()]


def summary(reports: Iterable[pytest.TestReport]) -> str | None:
    """One line about the tests of these reports that took nothing away from their browsers."""
    seen: Counter[str] = Counter()
    for report in reports:
        if report.when == "teardown" and "faults" not in report.keywords:
            for name, value in report.user_properties:
                if name.startswith(PREFIX):
                    seen[name.removeprefix(PREFIX)] += int(str(value))
    live = sum(seen[path] for path in LIVE)
    all_of_them = live + sum(seen[path] for path in ELSEWHERE)
    if not all_of_them:
        return None
    return f"posts that pages told of: {live} of {all_of_them} came live ({live / all_of_them:.2%})"
