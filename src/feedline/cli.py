"""The command line."""

import logging
import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import cyclopts
from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from feedline import __version__, administration, demo, server
from feedline.benchmark.command import bench as run_bench
from feedline.config import Settings
from feedline.doctor.examination import examine, is_healthy
from feedline.doctor.report import as_json, show
from feedline.errors import Refusal, StartupError
from feedline.explain.command import explain
from feedline.feed.instants import rfc3339
from feedline.keeping import commands as keeping
from feedline.keeping import user_commands
from feedline.storage import Storage
from feedline.telemetry.logs import set_up_logging
from feedline.trial.plan import TrialPlan, experiment_of
from feedline.trial.show import show_experiments, show_report
from feedline.verify.command import verify as run_verify
from feedline.verify.plan import Plan

logger = logging.getLogger("feedline")

app = cyclopts.App(
    name="feedline",
    help="""A self-hosted, real-time post feed.

    Try it with `feedline serve --demo`, then open http://127.0.0.1:8000.

    Every setting of the server is a variable too: FEEDLINE_PORT=8080 for `serve --port 8080`.
    """,
    version=__version__,
    version_flags=["--version"],
    default_parameter=Parameter(
        negative_iterable=(), show_default=lambda value: "none" if value in ("", ()) else value
    ),
)
user = cyclopts.App(name="user", help="Look after people.")
app.command(user)
admin = cyclopts.App(name="admin", help="Look after those who may delete anything.")
app.command(admin)
service_token = cyclopts.App(name="token", help="Look after the tokens of other programs.")
app.command(service_token)
realtime = cyclopts.App(name="realtime", help="Switch live delivery off and on, while all runs.")
app.command(realtime)
experiment = cyclopts.App(name="experiment", help="Give some people other settings, and measure.")
app.command(experiment)
keeping.add_to(app)
app.command(explain)
user_commands.add_to(user)

Place = Annotated[Storage, Parameter(name="*")]
_PLACE = Storage()
# Settings alone: what a command is told to do, and to whom, must not come from somewhere unseen.
_VARIABLES = cyclopts.config.Env("FEEDLINE_", command=False)

_DEFAULTS = Settings()
_PLAN = Plan()
_TRIAL_PLAN = TrialPlan()


@app.command(config=_VARIABLES)
def serve(settings: Annotated[Settings, Parameter(name="*")] = _DEFAULTS) -> None:
    """Serve the page, the API and the sockets until Ctrl+C or SIGTERM.

    The first start makes the data directory, the database and the secret that signs sign-ins.
    Nothing needs to be configured.
    """
    set_up_logging(settings.log_level, settings.log_format)
    server.serve(settings, partial(_greet, settings))


@app.command
def migrate(*, storage: Place = _PLACE) -> None:
    """Bring the database up to date for this version. `serve` does the same at its start."""
    version = administration.migrate(storage)
    Console().print(f"The database has schema version {version}.")


@app.command
def copy(
    data: Annotated[Path, Parameter(env_var="FEEDLINE_DATA")],
    database: Annotated[str, Parameter(env_var="FEEDLINE_DATABASE")],
) -> None:
    """Copy an installation from SQLite to PostgreSQL, for several nodes. Stop its server first.

    Everything is copied, or nothing. People stay signed in; what is open loads again. Files stay
    where they are, in the directory's folder `media`.

    Parameters
    ----------
    data
        Directory of the installation.
    database
        Address of a database that is empty: postgresql://...
    """
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Copying", total=None)

        def report(table: str, rows: int, total: int) -> None:
            progress.update(task, completed=rows, total=total, description=f"Copying {table}")

        copied = administration.copy(data, database, report)
    Console().print(f"{copied:,} rows copied, and counted on both sides.", highlight=False)


@app.command(config=_VARIABLES)
def doctor(
    *,
    settings: Annotated[Settings, Parameter(name="*")] = _DEFAULTS,
    json: Annotated[bool, Parameter(negative="", show_env_var=False)] = False,
) -> None:
    """Look at an installation and say what to do. Changes nothing; a server may run meanwhile.

    Give it the options and variables of `serve`. The exit status is 1 if something has to be
    repaired.

    Parameters
    ----------
    json
        Print the findings as JSON.
    """
    findings = examine(settings)
    if json:
        print(as_json(findings))  # noqa: T201 - for programs
    else:
        show(findings, Console())
    sys.exit(not is_healthy(findings))


@user.command
def token(
    name: str,
    *,
    storage: Place = _PLACE,
    token_hours: Annotated[
        int, Parameter(env_var="FEEDLINE_TOKEN_HOURS", help="Hours that it lasts.")
    ] = _DEFAULTS.token_hours,
) -> None:
    """Sign a person in and print the token alone, for trying things with curl.

    curl -H "Authorization: Bearer $(feedline user token ann)" http://127.0.0.1:8000/api/me

    Parameters
    ----------
    name
        The person's username.
    """
    print(administration.user_token(storage, name, token_hours))  # noqa: T201 - for use in scripts


@admin.command
def add(name: str, *, storage: Place = _PLACE) -> None:
    """Make an admin of a person who has signed up.

    Parameters
    ----------
    name
        The person's username.
    """
    administration.add_admin(storage, name)
    Console().print(f"{name} is an admin now.", highlight=False)


@admin.command
def remove(name: str, *, storage: Place = _PLACE) -> None:
    """Make somebody who is an admin a person like others.

    Parameters
    ----------
    name
        The person's username.
    """
    administration.remove_admin(storage, name)
    Console().print(f"{name} is no admin any more.", highlight=False)


@service_token.command
def create(name: str = "", *, storage: Place = _PLACE) -> None:
    """Make a token for another program and print it alone. It can't be shown again.

    Parameters
    ----------
    name
        What to call it in the list.
    """
    print(administration.create_service_token(storage, name))  # noqa: T201 - for use in scripts


@service_token.command(name="list")
def list_tokens(*, storage: Place = _PLACE) -> None:
    """Print the service tokens, one a line: id, time of creation, name."""
    for row in administration.service_tokens(storage):
        print(row.id, rfc3339(row.created_at), row.name)  # noqa: T201 - for use in scripts


@service_token.command
def revoke(token_id: str, *, storage: Place = _PLACE) -> None:
    """Take a service token away. A server that runs refuses it from then on.

    Parameters
    ----------
    token_id
        Its id in the list.
    """
    administration.revoke_service_token(storage, token_id)


@realtime.command
def on(*, storage: Place = _PLACE) -> None:
    """Turn live delivery on: everybody comes back within some seconds, and misses nothing."""
    administration.turn_realtime(storage, is_on=True)
    Console().print("Live delivery is on.", highlight=False)


@realtime.command
def off(*, storage: Place = _PLACE) -> None:
    """Turn live delivery off on all nodes: sockets end, and pages load lists now and then.

    It stays off until it is turned on again, also after restarts.
    """
    administration.turn_realtime(storage, is_on=False)
    Console().print("Live delivery is off. Turn it on with `feedline realtime on`.")


@realtime.command
def status(*, storage: Place = _PLACE) -> None:
    """Print whether live delivery is on or off, and since when."""
    policy = administration.policy(storage)
    since = f" since {rfc3339(policy.changed_at)}" if policy.changed_at else ""
    print(f"{'on' if policy.is_on else 'off'}{since}")  # noqa: T201 - for use in scripts


@experiment.command(name="create")
def start_trial(
    name: str,
    *,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative="")],
    plan: Annotated[TrialPlan, Parameter(name="*")] = _TRIAL_PLAN,
    storage: Place = _PLACE,
) -> None:
    """Start an experiment: half of those who take part get other settings, on all nodes.

    feedline experiment create without-live --set realtime=off

    Parameters
    ----------
    name
        What to call it; who is in which half follows from it.
    settings
        What is different, as NAME=VALUE: `realtime=off`, `transport=sse`, or one of the client:
        `batchUpdateDelayMs=500`, `maxPendingPosts=20`.
    """
    begun = administration.start_trial(storage, experiment_of(name, settings, plan))
    Console().print(f"{begun.name} runs. See `feedline experiment report`.", highlight=False)


@experiment.command(name="status")
def show_trials(*, storage: Place = _PLACE) -> None:
    """Print all experiments, the newest first."""
    show_experiments(administration.experiments(storage), Console())


@experiment.command(name="stop")
def stop_trial(*, storage: Place = _PLACE) -> None:
    """End the experiment that runs: everybody has the same again. Its report stays."""
    ended = administration.stop_trial(storage)
    Console().print(f"{ended.name} has ended.", highlight=False)


@experiment.command(name="report")
def report_trial(
    name: str = "",
    *,
    storage: Place = _PLACE,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Print what came of an experiment: both halves, intervals of 95 %, and whether they are fair.

    Parameters
    ----------
    name
        Which one; the newest one by default.
    json
        Print it as JSON.
    """
    show_report(administration.evidence(storage, name), Console(), as_json=json)


@app.command
def bench(
    *,
    sockets: Annotated[int, Parameter(validator=Number(gte=1, lte=10_000))] = 1_000,
    seconds: Annotated[float, Parameter(validator=Number(gt=0, lte=60))] = 4,
) -> None:
    """Measure what one core of this machine holds, with a server of its own. Takes 20 seconds.

    Parameters
    ----------
    sockets
        Sockets that are served at the same time.
    seconds
        Length of the run of writers.
    """
    run_bench(sockets, seconds)


@app.command(name="verify")
def prove(
    *urls: str,
    plan: Annotated[Plan, Parameter(name="*")] = _PLAN,
    report: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Put a deployment to the test: authors publish, readers follow, you may pull plugs meanwhile.

    The exit status is 0 only if nothing that was acknowledged was lost, doubled or out of order.

    Parameters
    ----------
    urls
        Where it is: a balancer, or its nodes one by one.
    report
        File for a chart of the run (SVG).
    json
        Print the outcome as JSON.
    """
    sys.exit(not run_verify(urls, plan, report, as_json=json))


@app.command
def version() -> None:
    """Print the version alone."""
    print(__version__)  # noqa: T201 - for use in scripts


def main() -> None:
    """Runs the command line; what went wrong is said in a sentence."""
    os.umask(0o077)  # what is made here is for its owner: the database holds password hashes
    try:
        app()
    except (StartupError, Refusal) as error:
        _give_up(str(error))
    except PermissionError as error:  # of whatever is in the data directory
        if error.filename is None:
            raise
        _give_up(f"Can't use {error.filename}: {error.strerror}. Be the user that serves.")


def _give_up(said: str) -> NoReturn:
    # Wrapped by the terminal alone: in a log a sentence is one line.
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[bold red]feedline:[/] {escape(said)}")
    sys.exit(1)


def _greet(settings: Settings, address: str) -> None:
    if settings.log_format == "json":
        fields = {"address": address, "version": __version__, "data": settings.data.resolve()}
        logger.info("open", extra={"fields": fields})
        return
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[bold]Feedline {__version__}[/] is open at [bold cyan]{address}[/]")
    console.print(f"Data in {settings.data.resolve()}. Stop with Ctrl+C.")
    if settings.demo:
        contents = demo.load()
        names = ", ".join(contents.people)
        console.print(f"Demo people: {names}. Their password is [bold]{contents.password}[/].")
