"""The commands that keep an installation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.progress import Progress

from feedline import administration
from feedline.feed.audit import AuditQuery
from feedline.keeping.archive import Manifest
from feedline.keeping.audit import show_audit
from feedline.keeping.backup import check_backup, take_backup
from feedline.keeping.restore import restore as put_back
from feedline.storage import Storage

Place = Annotated[Storage, Parameter(name="*")]
Bucket = Annotated[str, Parameter(env_var="FEEDLINE_MEDIA_BUCKET")]
Switch = Annotated[bool, Parameter(negative="")]
_PLACE = Storage()


def add_to(app: cyclopts.App) -> None:
    for command in (audit, backup, restore):
        app.command(command)


def audit(
    *,
    action: str = "",
    by: str = "",
    on: str = "",
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=100_000))] = 50,
    json: Switch = False,
    storage: Place = _PLACE,
) -> None:
    """Show what admins, other programs and the command line did, the newest first.

    Parameters
    ----------
    action
        Only this action, such as post.delete.
    by
        Only what they did: a username, the name of a service token, or of who ran a command.
    on
        Only what was done to this person, or to what has this id.
    limit
        Most actions that are shown.
    json
        Print them as JSON.
    """
    query = AuditQuery(action=action or None, actor=by, subject=on, limit=limit)
    show_audit(administration.audit(storage, query), Console(), as_json=json)


def backup(
    file: Path, *, verify: Switch = False, media_bucket: Bucket = "", storage: Place = _PLACE
) -> None:
    """Write everything of an installation into one file, while its server goes on.

    The file holds all texts, the password hashes and the secret: keep it as carefully as the
    installation. It is for its owner alone (mode 0600).

    Parameters
    ----------
    file
        The archive to make. One that is there is never written over.
    verify
        Read it again afterwards, to its end, and compare.
    media_bucket
        Bucket of the files, if they are in one: they are not copied then.
    """
    with _reporting() as report:
        manifest = take_backup(storage, file, media_bucket, report)
        if verify:
            check_backup(file, report)
    _show(manifest, f"{file} is {'whole, and ' if verify else ''}as of {manifest.taken_at}")
    Console(stderr=True).print("It holds password hashes and the secret. Keep it safe.")


def restore(
    file: Path, *, check: Switch = False, replace: Switch = False, storage: Place = _PLACE
) -> None:
    """Put a backup in place, where nothing is yet. Stop the server, or all nodes, first.

    What was written after the backup is not there any more. Open pages load again by themselves.

    Parameters
    ----------
    file
        An archive of `feedline backup`, from either database.
    check
        Only read it to its end, compare, and say what is in it.
    replace
        Put it in the place of what is there.
    """
    with _reporting() as report:
        if check:
            manifest = check_backup(file, report)
        else:
            manifest = put_back(file, storage, report, replace=replace)
    what = "is whole: the installation" if check else "is in place: the installation"
    _show(manifest, f"{file} {what} as of {manifest.taken_at}")


def _show(manifest: Manifest, beginning: str) -> None:
    counts = manifest.counts
    posts, people = counts.get("posts", 0), counts.get("users", 0)
    files = sum(name.startswith("media/") for name in manifest.files)
    console = Console(highlight=False)
    console.print(f"{beginning}, {posts:,} posts, {people:,} people, {files:,} files.")
    if manifest.missing:
        console.print(
            f"{len(manifest.missing):,} files are not in it: they were not in the folder (--data)."
        )
    if manifest.bucket:
        console.print(f"Files are in the bucket {manifest.bucket}, and not in the backup.")


@contextmanager
def _reporting() -> Iterator[Callable[[str, int, int], None]]:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Starting", total=None)

        def report(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total)

        yield report
