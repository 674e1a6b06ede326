"""What people see of it: progress, tables, a chart, and a verdict in one line."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from feedline.errors import ExtraMissing, VerificationBroken
from feedline.verify.chart import draw, sparkline
from feedline.verify.ledger import Finding
from feedline.verify.plan import Plan
from feedline.verify.record import Outcome, Record

_SHOWN = 10  # findings; the JSON has all of them


def verify(urls: Sequence[str], plan: Plan, report: Path | None, *, as_json: bool) -> bool:
    """Runs, prints, and says whether it is good. Raises StartupError if there is no verdict."""
    plan.check()
    places = [_place(url) for url in urls]
    if not places:
        raise VerificationBroken("Say where it is: feedline verify http://127.0.0.1:8000")
    outcome = _run(places, plan)
    title = _verdict(outcome)
    if report is not None:
        _write(report, draw(outcome, title))
    if as_json:
        print(_json(outcome))  # noqa: T201 - for programs
    else:
        _show(outcome, title, Console(highlight=False))
    return outcome.verdict.good


def _place(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise VerificationBroken(f"{url!r} is no address: give it as http://host:port")
    return url.rstrip("/")


def _run(urls: Sequence[str], plan: Plan) -> Outcome:
    try:
        import httpx

        from feedline.verify.run import Run
    except ModuleNotFoundError:
        raise ExtraMissing("client", "feedline verify") from None

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=plan.seconds)
        console.print(f"{plan.seconds:g} seconds. Pull a plug now, if you like; I go on.")

        def tell(what: str, record: Record) -> None:
            waiting = len(record.sent) - record.acknowledged
            words = f"{what}: {record.acknowledged:,} acknowledged, {waiting} waiting"
            progress.update(task, description=words, completed=time.monotonic() - record.start)

        async def run() -> Outcome:
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(limits=limits) as http:
                return await Run(urls, plan, http).go(tell)

        return asyncio.run(run())


def _verdict(outcome: Outcome) -> str:
    found = outcome.verdict
    if found.good:
        return (
            f"Of {found.acknowledged:,} acknowledged posts none was lost, doubled or out of order."
        )
    if not found.acknowledged:
        return "Nothing was acknowledged, so nothing is proven."
    return (
        f"Of {found.acknowledged:,} acknowledged posts: {len(found.lost):,} times lost, "
        f"{len(found.doubled):,} times doubled, {len(found.misordered):,} times out of order."
    )


def _write(report: Path, svg: str) -> None:
    try:
        report.write_text(svg)
    except OSError as error:
        raise VerificationBroken(f"Can't write {report}: {error.strerror}.") from error


def _json(outcome: Outcome) -> str:
    found = {"good": outcome.verdict.good, **msgspec.to_builtins(outcome)}
    return msgspec.json.format(msgspec.json.encode(found)).decode()


def _show(outcome: Outcome, title: str, console: Console) -> None:
    console.print(_counts(outcome))
    console.print(_transports(outcome))
    slowest = [max(part.slowest.values(), default=0.0) for part in outcome.slices]
    console.print(f"posts    {sparkline([part.posts for part in outcome.slices])}")
    console.print(f"slowest  {sparkline(slowest)}  {max(slowest):,.0f} ms\n")
    for name in ("lost", "doubled", "misordered"):
        _name(name, getattr(outcome.verdict, name), console)
    console.print(f"[bold {'green' if outcome.verdict.good else 'red'}]{title}[/]")


def _counts(outcome: Outcome) -> Table:
    found = outcome.verdict
    table = Table(box=SIMPLE_HEAD)
    table.add_column("what")
    table.add_column("count", justify="right")
    for what, count in (
        ("posts sent", found.sent),
        ("acknowledged", found.acknowledged),
        ("of them found by repeating the request", outcome.repeated),
        ("lost", len(found.lost)),
        ("doubled", len(found.doubled)),
        ("out of order", len(found.misordered)),
        ("requests that had to be repeated", outcome.failures),
        ("readers told to load again", outcome.resyncs),
    ):
        table.add_row(what, f"{count:,}")
    table.add_row("longest wait of an author", f"{outcome.writing_outage:.2f} s")
    return table


def _transports(outcome: Outcome) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column("transport")
    for name in ("readers", "deliveries", "p50", "p99", "longest outage"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in outcome.transports:
        spread = (f"{row.latency.p50:,.1f} ms", f"{row.latency.p99:,.1f} ms") if row.latency else ()
        shown = (*(spread or ("", "")), f"{row.longest_outage:.2f} s")
        table.add_row(row.transport, f"{row.readers}", f"{row.deliveries:,}", *shown)
    return table


def _name(what: str, findings: Sequence[Finding], console: Console) -> None:
    for finding in findings[:_SHOWN]:
        console.print(f"{what}: {finding.key} in {finding.where}")
    if len(findings) > _SHOWN:
        console.print(f"... and {len(findings) - _SHOWN:,} more")
