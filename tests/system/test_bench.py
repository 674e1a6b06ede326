"""``python -m bench``: what of it needs no C compiler, and all of it where there is one."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import chart, results, tables
from bench.results import Result, Row
from bench.scenarios import SCENARIOS

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
SECONDS = 100
COMPILER = any(map(shutil.which, ("cc", "gcc", "clang")))


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, "COLUMNS": "160", **environment},
    )


def test_a_scenario_runs_or_says_what_is_missing(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    small = ("--quick", "--connections", "50", "--rounds", "3", "--json", str(found))
    ran = run("bench", "fanout", "memory", *small)
    if not COMPILER:
        assert ran.returncode == 1
        assert "no C compiler found" in ran.stderr
        return
    assert ran.returncode == 0, ran.stderr
    content = json.loads(found.read_text())
    assert [result["scenario"] for result in content["results"]] == ["fanout", "memory"]
    assert not any(result["failure"] for result in content["results"])
    assert content["machine"]["cpu"]
    assert content["versions"]["Feedline"]


def test_without_a_compiler_it_says_what_to_install(tmp_path: Path) -> None:
    ran = run("bench", "memory", PATH=str(tmp_path))
    assert ran.returncode == 1
    assert "no C compiler found" in ran.stderr
    assert "apt-get install" in ran.stderr


def test_nodes_need_a_database_that_they_can_share() -> None:
    ran = run("bench", "nodes")
    assert ran.returncode == 1
    missing = "Several nodes need a --database" if COMPILER else "no C compiler found"
    assert missing in ran.stdout + ran.stderr


def test_an_unknown_scenario_is_refused_with_those_there_are() -> None:
    ran = run("bench", "flying")
    assert ran.returncode == 2
    assert all(name in ran.stderr for name in SCENARIOS)


def test_a_chart_is_made_of_results(tmp_path: Path) -> None:
    rows = [
        Row("feedline", "", {"cpu_us": 9.1, "ratio": 1.16}),
        Row("floor", "", {"cpu_us": 7.8, "ratio": 1.0}),
        Row("Slow & <odd>", "", {"cpu_us": 300.0, "ratio": 38.5}),
        Row("Missing", "", {}, "is in no registry"),
    ]
    source, target = tmp_path / "results.json", tmp_path / "chart.svg"
    results.write(source, {}, [Result("fanout", "one post at a time", rows)])
    assert chart.main([str(source), str(target)]) == 0
    svg = target.read_text()
    assert "Slow &amp; &lt;odd&gt;" in svg
    assert "Missing" not in svg
    assert all(figure in svg for figure in ("1.16", "1.00", "38.5"))
    widths = [float(width) for width in re.findall(r'class="bar[^"]*"[^>]* width="([\d.]+)"', svg)]
    assert len(widths) == 3
    assert max(widths) == widths[-1]


def test_tables_are_written_into_a_page(tmp_path: Path) -> None:
    about: dict[str, object] = {
        "machine": {"cpu": "A", "cores": 2, "kernel": "6", "layout": "server on core 0"},
        "versions": {"CPython": "3.11"},
        **{name: name for name in ("commit", "time", "load_before", "load_after")},
    }
    rows = [
        Row("feedline", "64 writers", {"posts_per_s": 5432.1, "cpu_us": 1.5}),
        Row("Missing", "", {}, "is in no registry"),
    ]
    source, page = tmp_path / "results.json", tmp_path / "page.md"
    results.write(source, about, [Result("publish", "writers", rows, "lost one")])
    page.write_text("Before.\n<!-- results -->\nold\n<!-- end of results -->\nAfter.\n")
    assert tables.main([str(source), str(page)]) == 0
    text = page.read_text()
    assert text.startswith("Before.\n<!-- results -->\n* **Machine:** A, 2 cores")
    assert text.endswith("<!-- end of results -->\nAfter.\n")
    assert "| feedline, 64 writers | 5,432 | 1.50 |" in text
    assert "Not measured: Missing. Is in no registry." in text
    assert "**Failed:** lost one" in text
    assert "old" not in text
    assert tables.main([str(source), str(source)]) == 1
    again = tmp_path / "again.json"
    results.write(again, {**about, "commit": "another"}, [Result("publish", "writers", rows[:1])])
    assert tables.main([str(source), str(again), str(page)]) == 0
    text = page.read_text()
    assert "From a run of its own: time, commit `another`" in text
    assert "**Failed:**" not in text


def test_every_scenario_is_told_in_the_readme() -> None:
    text = (ROOT / "bench/README.md").read_text()
    assert all(f"`{name}`" in text for name in SCENARIOS)
