"""What faults did in the tests of a run, as a table: `results/faults.md`."""

import json
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

KEPT = Path("results/faults.json")  # of earlier runs: what isn't tested again stays in the table
TABLE = Path("results/faults.md")

_HEAD = """\
| Fault | Where | Times | Repaired, p50 | max | Acknowledged | Lost | Doubled |
|---|---|---|---|---|---|---|---|
"""

Outcomes = dict[str, list[dict[str, Any]]]


def write(rows: Iterable[str]) -> str | None:
    """Takes what tests reported into the table; the table, if there is anything new."""
    new: Outcomes = {}
    for text in rows:
        row = json.loads(text)
        new.setdefault(f"{row['fault']} | {row['where']}", []).append(row)
    if not new:
        return None
    known: Outcomes = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    known.update(new)
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(known))
    TABLE.write_text(_HEAD + "".join(_line(*item) for item in sorted(known.items())))
    return _HEAD + "".join(_line(*item) for item in sorted(new.items()))


def _line(name: str, rows: list[dict[str, Any]]) -> str:
    times = [row["repaired"] for row in rows]
    sums = [sum(row[what] for row in rows) for what in ("acknowledged", "lost", "doubled")]
    figures = [f"{median(times):.2f} s", f"{max(times):.2f} s", *map(str, sums)]
    return f"| {name} | {len(rows)} | {' | '.join(figures)} |\n"
