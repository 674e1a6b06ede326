"""The commands that look after accounts."""

import sys
from pathlib import Path
from typing import Annotated

import cyclopts
import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from feedline.feed.accounts import Account
from feedline.keeping import people
from feedline.keeping.export import export_to
from feedline.media.places import files_at
from feedline.storage import Storage

Place = Annotated[Storage, Parameter(name="*")]
Bucket = Annotated[str, Parameter(env_var="FEEDLINE_MEDIA_BUCKET")]
Endpoint = Annotated[str, Parameter(env_var="FEEDLINE_MEDIA_ENDPOINT")]
Switch = Annotated[bool, Parameter(negative="")]
_PLACE = Storage()


def add_to(user: cyclopts.App) -> None:
    for command in (show, disable, enable, rename, password, sign_out, export, delete):
        user.command(command)
    user.command(list_people, name="list")


def list_people(
    search: str = "",
    *,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=100_000))] = 100,
    json: Switch = False,
    storage: Place = _PLACE,
) -> None:
    """List people, the newest first.

    Parameters
    ----------
    search
        How their username begins.
    limit
        Most people that are listed.
    json
        Print them as JSON.
    """
    _print(people.people(storage, search, limit), as_json=json)


def show(name: str, *, json: Switch = False, storage: Place = _PLACE) -> None:
    """Show a person's account.

    Parameters
    ----------
    name
        The person's username.
    json
        Print it as JSON.
    """
    _print([people.person(storage, name)], as_json=json)


def disable(name: str, *, storage: Place = _PLACE) -> None:
    """Shut a person out: they are signed out everywhere, and can't sign in. Their posts stay.

    Parameters
    ----------
    name
        The person's username.
    """
    people.disable(storage, name)


def enable(name: str, *, storage: Place = _PLACE) -> None:
    """Let a person who was shut out sign in again.

    Parameters
    ----------
    name
        The person's username.
    """
    people.enable(storage, name)


def rename(name: str, new: str, *, storage: Place = _PLACE) -> None:
    """Change the name that is shown of a person; the username stays.

    Parameters
    ----------
    name
        The person's username.
    new
        What they are to be called.
    """
    people.rename(storage, name, new)


def password(name: str, *, stdin: Switch = False, storage: Place = _PLACE) -> None:
    """Give a person a new, random password and print it alone. They are signed out everywhere.

    Parameters
    ----------
    name
        The person's username.
    stdin
        Read the password from standard input instead.
    """
    given = sys.stdin.readline().rstrip("\n") if stdin else None
    made = people.set_password(storage, name, given)
    if given is None:
        print(made)  # noqa: T201 - for use in scripts


def sign_out(name: str, *, storage: Place = _PLACE) -> None:
    """End all of a person's sign-ins, and close their sockets.

    Parameters
    ----------
    name
        The person's username.
    """
    people.sign_out(storage, name)


def export(
    name: str,
    file: Path,
    *,
    media_bucket: Bucket = "",
    media_endpoint: Endpoint = "",
    storage: Place = _PLACE,
) -> None:
    """Write everything that a person has here into a zip: JSON, and their files.

    Parameters
    ----------
    name
        The person's username.
    file
        The zip to make. One that is there is never written over.
    media_bucket
        Bucket of the files, if they are in one.
    media_endpoint
        Address of what speaks like S3, if it is not Amazon's.
    """
    files = files_at(storage.data, media_bucket, media_endpoint)
    export_to(storage, name, file, files)
    Console().print(f"All of {escape(name)} is in {escape(str(file))}.", highlight=False)


def delete(name: str, *, yes: Switch = False, storage: Place = _PLACE) -> None:
    """Delete a person and all of theirs for good: posts, comments, likes, follows, files, log.

    Parameters
    ----------
    name
        The person's username.
    yes
        Do it. Without this it is only said what would go.
    """
    account = people.person(storage, name)
    console = Console(highlight=False)
    if not yes:
        console.print(f"{escape(name)} has {account.posts_count:,} posts. Add --yes to delete all.")
        sys.exit(1)
    people.delete(storage, name)
    console.print(f"{escape(name)} is gone, and all of theirs. A server removes the files.")


def _print(accounts: list[Account], *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(accounts), indent=2).decode())  # noqa: T201
        return
    columns = ("username", "name", "state", "role", "posts", "followers", "signed in", "since")
    table = Table(*columns, box=None, header_style="bold")
    for one in accounts:
        counts = (f"{n:,}" for n in (one.posts_count, one.followers_count, one.sessions))
        table.add_row(
            escape(one.username),
            escape(one.name),
            one.state,
            one.role,
            *counts,
            one.created_at[:10],
        )
    Console().print(table)
