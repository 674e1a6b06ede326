"""Figures, as a table for people and as JSON for programs."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """What one subject (Feedline, the floor) did in one case; the unit is the end of each name."""

    subject: str
    case: str
    figures: dict[str, float]
    missing: str | None = None  # why there are no figures
    notes: Sequence[str] = ()  # what is no figure

    @property
    def label(self) -> str:
        return f"{self.subject}, {self.case}" if self.case else self.subject


@dataclass(frozen=True, slots=True)
class Result:
    scenario: str
    title: str
    rows: Sequence[Row]
    failure: str | None = None


def show(console: Console, result: Result) -> None:
    console.print(f"\n[bold]{result.scenario}[/bold]: {result.title}", highlight=False)
    if result.rows:
        console.print(_table(result.rows))
    for row in result.rows:
        if row.missing:
            console.print(f"{row.label}: {row.missing}", markup=False, highlight=False)
        for note in row.notes:
            console.print(f"{row.label}: {note}", markup=False, highlight=False)
    if result.failure:
        console.print(f"FAILED: {result.failure}", style="red", markup=False, highlight=False)


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 0, 0, 1))
    table.add_column(no_wrap=True)
    rows = [row for row in rows if row.figures]
    columns = [[row.label for row in rows]]
    for name in dict.fromkeys(name for row in rows for name in row.figures):
        cells = [_cell(row.figures.get(name)) for row in rows]
        # On a narrow terminal the headings wrap; a number is never cut.
        table.add_column(_heading(name), justify="right", min_width=max(map(len, cells)))
        columns.append(cells)
    for line in zip(*columns, strict=True):
        table.add_row(*line)
    return table


def _heading(name: str) -> str:
    return name.replace("_us", "_µs").replace("_", " ")


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{0 if value >= 1_000 else 2}f}"


def write(path: Path, about: dict[str, object], results: Iterable[Result]) -> None:
    content = {**about, "results": [asdict(result) for result in results]}
    path.write_text(json.dumps(content, indent=2) + "\n")
