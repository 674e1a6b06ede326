"""``feedline bench``, as a shell sees it."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from feedline.benchmark.command import verdict
from feedline.benchmark.run import Figures, Spread

SECONDS = 60  # far more than it takes


def run(*options: str, limit: int | None = None, **environment: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error, in one line each."""

    def allow() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-m", "feedline", "bench", *options],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        preexec_fn=allow,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "120", **environment},
    )
    return done.returncode, " ".join(done.stdout.split()), " ".join(done.stderr.split())


@pytest.mark.system
def test_it_measures_and_leaves_nothing_behind(tmp_path: Path) -> None:
    status, out, _ = run("--sockets", "30", "--seconds", "0.5", TMPDIR=str(tmp_path))
    assert status == 0
    for words in ("16 writers", "posts/s", "each of 30 sockets", "KiB", "One core of this machine"):
        assert words in out
    assert list(tmp_path.iterdir()) == []
    assert not _servers_in(tmp_path)


@pytest.mark.system
def test_settings_of_an_installation_do_not_matter(tmp_path: Path) -> None:
    status, _, _ = run(
        *("--sockets", "1", "--seconds", "0.2"),
        FEEDLINE_DATA=str(tmp_path / "data"),
        FEEDLINE_CONNECTIONS="1",
        FEEDLINE_PORT="1",
    )
    assert status == 0
    assert not (tmp_path / "data").exists()


@pytest.mark.system
def test_too_few_files_are_a_sentence_that_says_what_to_do() -> None:
    status, out, error = run("--sockets", "900", limit=256)
    assert (status, out) == (1, "")
    assert "need 1,100 open files, and 256 are allowed" in error
    assert "ulimit -n 1100" in error
    assert "Traceback" not in error


@pytest.mark.system
@pytest.mark.parametrize("options", [("--sockets", "0"), ("--sockets", "many")])
def test_what_makes_no_sense_is_refused(options: tuple[str, str]) -> None:
    status, out, error = run(*options)
    assert status != 0
    assert not out
    assert "--sockets" in error


def test_the_verdict_is_in_plain_words() -> None:
    figures = Figures(
        sockets=1_000,
        pinned=True,
        posts_per_second=5_432,
        acknowledgement=Spread(3, 9),
        author=Spread(1, 2),
        memory_kib=9.4,
        delivery=Spread(10, 21.4),
        delivery_cpu_us=10,
    )
    assert "about 5,400 posts" in verdict(figures)
    assert "about 100,000 single deliveries" in verdict(figures)
    assert "1,000 readers see a post within 21 ms" in verdict(figures)


def test_percentiles_are_of_the_samples() -> None:
    assert Spread.of([3.0]) == Spread(3, 3)
    assert Spread.of([float(n) for n in range(100, 0, -1)]) == Spread(51, 100)


def _servers_in(folder: Path) -> list[str]:
    """Command lines of processes that name the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found
