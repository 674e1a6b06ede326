"""Shows experiments and their reports in a terminal."""

from collections.abc import Callable, Sequence

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from feedline.feed.experiments import Experiment
from feedline.feed.instants import rfc3339
from feedline.feed.outcomes import edge_of
from feedline.trial.arms import Arm, Evidence
from feedline.trial.report import Report, report_of
from feedline.trial.results import Difference, Sample

_BAR = 24  # characters of the longest one
_TITLES = {
    "timeToVisible": "time to visible, ms",
    "fallbackRate": "fallback rate, %",
    "publishRate": "posts for each person",
}


def show_experiments(experiments: Sequence[Experiment], console: Console) -> None:
    if not experiments:
        console.print("There is none yet. See `feedline experiment create --help`.")
        return
    table = Table("name", "settings", "share", "started", "stopped", box=None, header_style="bold")
    for one in experiments:
        stopped = "runs" if one.stopped_at is None else _moment(one.stopped_at)
        share = f"{one.share:.0%}"
        table.add_row(one.name, escape(_settings(one)), share, _moment(one.started_at), stopped)
    console.print(table)


def show_report(evidence: Evidence, console: Console, *, as_json: bool) -> None:
    """Works the report out and prints it."""
    report = report_of(evidence)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())  # noqa: T201
        return
    experiment = evidence.experiment
    state = "runs" if experiment.stopped_at is None else f"until {_moment(experiment.stopped_at)}"
    console.print(
        f"[bold]{experiment.name}[/]: {escape(_settings(experiment))}, "
        f"since {_moment(experiment.started_at)}, {state}",
        highlight=False,
    )
    console.print(_arms(report.arms))
    if report.differences:
        console.print(_differences(report.differences))
    if report.advice is not None:
        console.print(escape(report.advice), highlight=False)
    elif not report.differences:
        console.print("Too few people yet to say anything of a difference.")
    if report.sample is not None:
        _show_sample(report.sample, experiment, console)
    _show_chart(report, console)


def _arms(arms: Sequence[Arm]) -> Table:
    table = Table("", *(arm.variant for arm in arms), box=None, header_style="bold")
    rows: tuple[tuple[str, Callable[[Arm], str]], ...] = (
        ("people", lambda arm: f"{arm.people:,}"),
        ("posts seen by readers", lambda arm: f"{arm.deliveries:,}"),
        ("time to visible, mean", lambda arm: _ms(arm.mean_ms)),
        ("  p50", lambda arm: _ms(arm.p50_ms)),
        ("  p95", lambda arm: _ms(arm.p95_ms)),
        ("fallback rate", lambda arm: _percent(arm.fallback_rate)),
        ("posts published", lambda arm: f"{arm.published:,}"),
    )
    for title, cell in rows:
        table.add_row(title, *map(cell, arms))
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _differences(differences: Sequence[Difference]) -> Table:
    table = Table(
        "difference", "treatment", "95 % interval", "relative", "effect", "p",
        box=None, header_style="bold",
    )  # fmt: skip
    for one in differences:
        scale = 100 if one.measure == "fallbackRate" else 1
        relative = "" if one.relative is None else f"{one.relative:+.1%}"
        size = "" if one.size is None else f"{one.size:.2f} ({one.size_name})"
        table.add_row(
            _TITLES[one.measure],
            _signed(one.difference * scale),
            f"{_signed(one.low * scale)} to {_signed(one.high * scale)}",
            relative,
            size,
            "< 0.001" if one.p < 0.001 else f"{one.p:.3f}",
        )
    return table


def _show_sample(sample: Sample, experiment: Experiment, console: Console) -> None:
    wanted = f"{sample.planned:,} people in each half find an effect of {experiment.effect:g}"
    console.print(
        f"Sample: {wanted} with a power of {experiment.power:.0%}; "
        f"{sample.reached:,} are there, for a power of {sample.power:.0%}.",
        highlight=False,
    )
    if sample.is_mismatched:
        console.print(
            f"[bold red]The halves are not those that chance makes (p = {sample.mismatch:.1g}): "
            "some people of one are not counted. Don't trust the differences.[/]"
        )
    else:
        console.print(f"The halves are as equal as chance makes them (p = {sample.mismatch:.2f}).")


def _show_chart(report: Report, console: Console) -> None:
    """How long readers waited, one line for each doubling."""
    halves = [_doublings(arm.bins) for arm in report.arms]
    used = [place for place in range(len(halves[0])) if any(half[place] for half in halves)]
    if not used:
        return
    shares = [[count / max(1, sum(half)) for count in half] for half in halves]
    longest = max(max(half) for half in shares)
    table = Table("until", *(arm.variant for arm in report.arms), box=None, header_style="bold")
    for place in range(used[0], used[-1] + 1):
        bars = ("\u2588" * round(_BAR * half[place] / longest) for half in shares)
        shown = (
            f"{bar:<{_BAR}} {half[place]:4.0%}" for bar, half in zip(bars, shares, strict=True)
        )
        table.add_row(_ms(edge_of(2 * place + 2)), *shown)
    console.print(table)


def _doublings(bins: Sequence[int]) -> list[int]:
    return [sum(bins[place : place + 2]) for place in range(0, len(bins), 2)]


def _settings(experiment: Experiment) -> str:
    return ", ".join(f"{name}={value}" for name, value in experiment.settings.items())


def _moment(at: int) -> str:
    return rfc3339(at)[:16].replace("T", " ")


def _ms(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f} ms" if value < 10_000 else f"{value / 1000:.0f} s"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _signed(value: float) -> str:
    return f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.2f}"
