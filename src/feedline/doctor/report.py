"""The findings, for people and for programs."""

import msgspec
from rich.console import Console
from rich.markup import escape

from feedline.doctor.examination import is_healthy
from feedline.doctor.findings import Finding, Level

_COLOURS: dict[Level, str] = {"ok": "green", "warning": "yellow", "failure": "bold red"}
_MARKS: dict[Level, str] = {"ok": "✓", "warning": "!", "failure": "✗"}
_WORD = max(map(len, _MARKS))


def show(findings: list[Finding], console: Console) -> None:
    """Lines with marks and colours on a terminal, with words elsewhere."""
    column = max(len(finding.check) for finding in findings)
    for finding in findings:
        _show_one(finding, column, console)
    counts = [sum(finding.level == level for finding in findings) for level in _MARKS]
    says = "{} ok, {} to be looked at, {} to be repaired.".format(*counts)
    console.print(f"\n{says}", highlight=False)


def as_json(findings: list[Finding]) -> str:
    answer = {"healthy": is_healthy(findings), "findings": findings}
    return msgspec.json.format(msgspec.json.encode(answer)).decode()


def _show_one(finding: Finding, column: int, console: Console) -> None:
    colour = _COLOURS[finding.level]
    head = _MARKS[finding.level] if console.is_terminal else finding.level.ljust(_WORD)
    line = f"[{colour}]{head}[/]  [bold]{finding.check.ljust(column)}[/]  {escape(finding.says)}"
    console.print(line, highlight=False, soft_wrap=True)
    if finding.advice:
        indent = " " * (len(head) + column + 4)
        advice = f"{indent}[{colour}]->[/] {escape(finding.advice)}"
        console.print(advice, highlight=False, soft_wrap=True)
