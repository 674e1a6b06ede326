"""``python -m bench``: runs the scenarios and prints what they found."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace
from http.client import HTTPException
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import results
from bench.build import build
from bench.errors import BenchError
from bench.machine import (
    allow_descriptors,
    choose_cores,
    describe,
    load,
    now,
    pinned,
    require_linux,
)
from bench.peers import PEERS
from bench.peers.kits import Kits
from bench.results import Result, Row
from bench.rig import Rig, Scale
from bench.scenarios import LONG, SCENARIOS, SHARED
from feedline.config import Settings

_SPARE_DESCRIPTORS = 500  # beside the sockets: files, pipes, the database
_PAGE = 120  # columns of what is not printed to a terminal
_QUICK = Scale(
    connections=500,
    rounds=10,
    seconds=1,
    posts=100,
    busy_posts=20,
    stream=200,
    healthy=50,
    likes=1_000,
    people=12_000,
    feed_posts=100_000,
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _terminated)
    try:
        return _run(options, Console() if sys.stdout.isatty() else Console(width=_PAGE))
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(options: argparse.Namespace, console: Console) -> int:
    require_linux()
    scale, cores = _scale(options), choose_cores()
    allow_descriptors(scale.connections + _SPARE_DESCRIPTORS)
    given = dict(options.setting)
    about = {
        **describe(cores),
        "scale": asdict(scale),
        "settings": given,
        "time": now(),
        "load_before": load(),
    }
    console.print(str(cores), style="dim", highlight=False)
    for name, value in given.items():
        console.print(f"with {name} = {value}", style="dim", highlight=False, markup=False)
    names = options.scenarios or _usual(options.database)
    with tempfile.TemporaryDirectory(prefix="feedline-bench-") as folder, _progress() as progress:
        task = progress.add_task("compiling the load programs", total=len(names))
        kits, peers = Kits(options.cache.resolve()), tuple(PEERS) if options.peers else ()
        programs = build(Path(folder))
        rig = Rig(
            programs,
            cores,
            scale,
            Path(folder),
            progress,
            task,
            kits,
            peers,
            options.database,
            options.replica,
            options.bus,
            given,
        )
        with pinned(cores.load):
            found = [_measure(rig, name) for name in names]
    for result in found:
        results.show(console, result)
    if options.json:
        results.write(options.json, {**about, "load_after": load()}, found)
    return 1 if any(result.failure for result in found) else 0


def _measure(rig: Rig, name: str) -> Result:
    """One scenario; one that is broken does not keep the others from being measured."""
    scenario = SCENARIOS[name]
    rows: Sequence[Row] = ()
    failure: str | None = None
    try:
        rows = scenario.run(rig)
    except (BenchError, OSError, HTTPException) as error:
        failure = str(error) or repr(error)
    rig.progress.advance(rig.task)
    return Result(name, scenario.title, rows, failure)


def _progress() -> Progress:
    # On standard error: standard output holds the tables alone.
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _scale(options: argparse.Namespace) -> Scale:
    given = {field.name: getattr(options, field.name, None) for field in fields(Scale)}
    wanted = {name: value for name, value in given.items() if value is not None}
    return replace(_QUICK if options.quick else Scale(), **wanted)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure what one core of this machine holds. Slow is a figure; "
        "the exit status is 1 only when something was lost or broken.",
    )
    known = "; ".join(f"{name}: {scenario.title}" for name, scenario in SCENARIOS.items())
    parser.add_argument(
        "scenarios",
        nargs="*",
        type=_scenario,
        metavar="SCENARIO",
        help=f"all when none is named. {known}",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there as well")
    parser.add_argument(
        "--peers",
        action="store_true",
        help="fanout and publish: measure the servers that people would pick instead as well",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="FOLDER",
        default=Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        / "feedline-bench",
        help="where the peers are installed, once (default %(default)s)",
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        default="",
        help="a PostgreSQL server (postgresql://...) on which databases are made and dropped",
    )
    parser.add_argument(
        "--replica",
        metavar="URL",
        default="",
        help="replicas: a server (postgresql://...) that follows that of --database",
    )
    parser.add_argument(
        "--bus", metavar="URL", default="", help="nodes: a Redis or Valkey between them"
    )
    parser.add_argument(
        "--setting",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of every Feedline that is measured, as telemetry=false; "
        "FEEDLINE_ variables of this shell are not passed on",
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, in 20 seconds")
    default = Scale()
    for name, most, what in (
        ("connections", 50_000, "sockets that are served"),
        ("rounds", 1_000, "posts of the fan-out"),
        ("writers", 1_000, "concurrent writers"),
        ("seconds", 600, "length of each run of writers"),
        ("posts", 100_000, "posts of the author whose latency is measured"),
        ("busy_posts", 3_000, "the same while all sockets are served"),
        ("stream", 50_000, "sockets of the firehose"),
        ("healthy", 50_000, "sockets beside a stalled one"),
        ("likes", 100_000, "likes of one post, in ten seconds"),
        ("people", 1_000_000, "people of the large installation"),
        ("feed_posts", 10_000_000, "posts of the large installation"),
    ):
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=_number(most),
            metavar="N",
            help=f"{what} (default {getattr(default, name):,})",
        )
    return parser


def _usual(database: str) -> list[str]:
    return [name for name in SCENARIOS if name not in LONG and (database or name not in SHARED)]


def _scenario(name: str) -> str:
    if name not in SCENARIOS:
        raise argparse.ArgumentTypeError(f"'{name}' is none of {', '.join(SCENARIOS)}")
    return name


def _setting(text: str) -> tuple[str, str]:
    name, is_given, value = text.partition("=")
    name = name.strip().replace("-", "_")
    if not is_given or name not in {field.name for field in fields(Settings)}:
        raise argparse.ArgumentTypeError(f"'{text}' is no NAME=VALUE of a setting")
    return name, value


def _number(most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = int(text)
        if not 1 <= value <= most:
            raise argparse.ArgumentTypeError(f"{value} is not between 1 and {most:,}")
        return value

    return parse


def _terminated(_signal: int, _frame: object) -> NoReturn:
    # As an exception, so that every child is ended on the way out.
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
