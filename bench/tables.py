"""``python -m bench.tables results.json [more.json...] page.md``: writes results into a page.

A scenario of a later file stands in the place of the same one of an earlier file, and says so.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_MARKS = re.compile(r"(?<=<!-- results -->\n).*(?=<!-- end of results -->)", re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.tables", description=__doc__)
    parser.add_argument("results", type=Path, nargs="+")
    parser.add_argument("page", type=Path)
    options = parser.parse_args(arguments)
    page = options.page.read_text()
    if not _MARKS.search(page):
        print(
            f"{options.page} has no <!-- results --> and <!-- end of results -->", file=sys.stderr
        )
        return 1
    text = markdown([json.loads(path.read_text()) for path in options.results])
    options.page.write_text(_MARKS.sub(lambda _: text, page))
    return 0


def markdown(runs: Sequence[Mapping[str, Any]]) -> str:
    """The machine, and a table for each scenario."""
    first, *later = runs
    results = {result["scenario"]: (first, result) for result in first["results"]}
    for run in later:
        results.update({result["scenario"]: (run, result) for result in run["results"]})
    lines = [*_about(first)]
    for run, result in results.values():
        lines += _result(result, None if run is first else run)
    return "\n".join(lines)


def _about(content: Mapping[str, Any]) -> Iterator[str]:
    machine, versions = content["machine"], content["versions"]
    before, after = content["load_before"], content["load_after"]
    yield (
        f"* **Machine:** {machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}; "
        f"{machine['layout']}."
    )
    yield f"* **Software:** {', '.join(f'{name} {found}' for name, found in versions.items())}."
    yield f"* **Commit:** `{content['commit']}`."
    yield f"* **Time:** {content['time']}. Load average before: {before}; after: {after}."
    yield ""


def _result(result: Mapping[str, Any], later: Mapping[str, Any] | None) -> Iterator[str]:
    yield f"### {result['scenario']}"
    yield ""
    yield f"{result['title'][0].upper()}{result['title'][1:]}."
    yield ""
    if later is not None:
        yield (
            f"From a run of its own: {later['time']}, commit `{later['commit']}`, load average "
            f"before: {later['load_before']}; after: {later['load_after']}."
        )
        yield ""
    rows = [row for row in result["rows"] if row["figures"]]
    names = list(dict.fromkeys(name for row in rows for name in row["figures"]))
    if rows:
        heads = [name.replace("_us", "_µs").replace("_", " ") for name in names]
        yield f"| | {' | '.join(heads)} |"
        yield f"|---|{'---:|' * len(names)}"
    for row in rows:
        label = ", ".join(filter(None, (row["subject"], row["case"])))
        yield f"| {label} | {' | '.join(_cell(row['figures'].get(name)) for name in names)} |"
    if rows:
        yield ""
    for row in result["rows"]:
        if row["missing"]:
            yield f"Not measured: {row['subject']}. {_sentence(row['missing'])}"
            yield ""
        for note in row.get("notes", ()):
            yield f"* {note}"
        if row.get("notes"):
            yield ""
    if result["failure"]:
        yield f"**Failed:** {result['failure']}"
        yield ""


def _sentence(reason: str) -> str:
    first = reason.splitlines()[0].rstrip(".;: ")
    return f"{first[0].upper()}{first[1:]}."


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{0 if value >= 1_000 else 2}f}"


if __name__ == "__main__":
    sys.exit(main())
