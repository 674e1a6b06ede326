"""Shows the record of administrative actions."""

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from feedline.feed.audit import Actor, AuditEntry, Subject


def show_audit(entries: list[AuditEntry], console: Console, *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(entries), indent=2).decode())  # noqa: T201
        return
    table = Table("when", "who", "did", "to", "details", box=None, header_style="bold")
    for entry in entries:
        table.add_row(*map(escape, _cells(entry)))
    console.print(table if entries else "Nothing was done that matches.")


def _cells(entry: AuditEntry) -> tuple[str, str, str, str, str]:
    details = ", ".join(f"{name}={value}" for name, value in entry.details.items())
    subject = "" if entry.subject is None else _named(entry.subject)
    return entry.at[:19].replace("T", " "), _named(entry.actor), entry.action, subject, details


def _named(one: Actor | Subject) -> str:
    return f"{one.kind} {one.name or one.id}"
