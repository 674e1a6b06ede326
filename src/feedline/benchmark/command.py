"""What people see of it: progress, a table, and one line in plain words."""

import sys
from collections.abc import Callable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from feedline.benchmark.run import WRITERS, Figures, measure
from feedline.errors import BenchmarkBroken


def bench(sockets: int, seconds: float) -> None:
    """Measures and prints. Raises StartupError if it cannot be measured here."""
    if sys.platform != "linux":
        raise BenchmarkBroken("It reads /proc: run it on Linux.")
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:

        def step(name: str, parts: int) -> Callable[[], None]:
            task = progress.add_task(name, total=parts)
            return lambda: progress.advance(task)

        figures = measure(sockets, seconds, step)
    console = Console(highlight=False)
    console.print(_table(figures))
    if not figures.pinned:
        console.print("There is one core for server and load: the figures are no more than a hint.")
    console.print(verdict(figures))


def verdict(figures: Figures) -> str:
    """In plain words what the figures mean."""
    return (
        f"One core of this machine makes about {_round(figures.posts_per_second)} posts a second "
        f"durable and hands out about {_round(1e6 / figures.delivery_cpu_us)} single deliveries a "
        f"second; {figures.sockets:,} readers see a post within {figures.delivery.p99:.0f} ms, and "
        f"each costs {figures.memory_kib:.0f} KiB."
    )


def _table(figures: Figures) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column("what")
    for name in ("figure", "p50", "p99"):
        table.add_column(name, justify="right", no_wrap=True)
    rows = (
        (f"durable posts, {WRITERS} writers", f"{figures.posts_per_second:,.0f} posts/s", None),
        ("from POST to its 201, the same", "", figures.acknowledgement),
        ("from POST to the author's own socket, idle", "", figures.author),
        (f"from POST to each of {figures.sockets:,} sockets", "", figures.delivery),
        ("CPU of the server for each delivery", f"{figures.delivery_cpu_us:.1f} µs", None),
        ("memory of the server for each socket", f"{figures.memory_kib:.1f} KiB", None),
    )
    for what, figure, spread in rows:
        shown = (f"{spread.p50:.1f} ms", f"{spread.p99:.1f} ms") if spread else ("", "")
        table.add_row(what, figure, *shown)
    return table


def _round(value: float) -> str:
    """To two digits: more would not hold from run to run."""
    return f"{float(f'{value:.2g}'):,.0f}"
