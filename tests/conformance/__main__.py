"""``python -m tests.conformance``: runs Autobahn's fuzzing client and shows the score."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.conformance.autobahn import (
    CASES,
    PASSED,
    NoSuite,
    Verdicts,
    by_section,
    ensure_wstest,
    failed,
    fuzz,
    summary,
)

RECORDED = Path(__file__).with_name("recorded.json")
SECTIONS = {
    "1": "framing",
    "2": "pings and pongs",
    "3": "reserved bits",
    "4": "opcodes",
    "5": "fragmentation",
    "6": "UTF-8",
    "7": "close handling",
    "9": "limits and performance",
    "10": "miscellaneous",
}


def score_table(verdicts: Verdicts) -> Table:
    """The score, a row for each section."""
    table = Table(title="RFC 6455, Autobahn's cases without compression")
    for heading in ("section", "", *(name.lower() for name in PASSED), "failed"):
        table.add_column(heading, justify="left" if heading in ("section", "") else "right")
    rows = {name: dict(said) for name, said in by_section(verdicts).items()}
    rows["all"] = summary(verdicts)["score"]
    for name, said in rows.items():
        counts = [said.get(verdict, 0) for verdict in PASSED]
        counts.append(sum(said.values()) - sum(counts))
        if name == "all":
            table.add_section()
        table.add_row(name, SECTIONS.get(name, ""), *(str(count) for count in counts))
    return table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("cases", nargs="*", default=["*"], help="such as '6.*'; all by default")
    parser.add_argument("--json", type=Path, help="where to write the summary")
    parser.add_argument("--record", action="store_true", help=f"write {RECORDED.name}")
    options = parser.parse_args()
    console = Console()
    try:
        with console.status("Autobahn's fuzzing client is installed, the first time"):
            wstest = ensure_wstest()
    except NoSuite as problem:
        console.print(str(problem), markup=False, soft_wrap=True)
        return 2
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, console.status("running the cases"):
        verdicts = asyncio.run(fuzz(wstest, Path(folder), options.cases))
    console.print(score_table(verdicts))
    console.print(f"{len(verdicts)} of {CASES} cases in {time.monotonic() - begin:.0f} s")
    text = json.dumps(summary(verdicts), indent=2) + "\n"
    for target in filter(None, (options.json, RECORDED if options.record else None)):
        target.write_text(text)
    for case in failed(verdicts):
        console.print(f"{case}: {verdicts[case]}", markup=False)
    return 1 if failed(verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
