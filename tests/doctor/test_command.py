"""`feedline doctor` as a shell sees it: alone, beside a server, and where things are wrong."""

import ctypes
import json
import os
import pty
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.processes import Person, ServerProcess, serving

pytestmark = pytest.mark.system

_DROP = 24  # PR_CAPBSET_DROP of prctl(2)
_OVERRIDES = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: root writes wherever it wants


def doctor(*options: str, **named: Any) -> subprocess.CompletedProcess[str]:
    return feedline("doctor", *options, **named)


def feedline(*words: str, **named: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "feedline", *words],
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "80"},
        **{"capture_output": True, **named},
    )


def levels(ran: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """The worst that was said of each subject."""
    worst: dict[str, str] = {}
    order = ("ok", "warning", "failure")
    for finding in json.loads(ran.stdout)["findings"]:
        before = worst.get(finding["check"], "ok")
        worst[finding["check"]] = max(before, finding["level"], key=order.index)
    return worst


def test_before_the_first_start(tmp_path: Path) -> None:
    ran = doctor("--data", str(tmp_path / "data"), "--port", "0")
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert all(line.split()[0] in {"ok", "warning", "->"} for line in lines[:-2]), lines
    assert "0 to be repaired." in lines[-1]
    assert "\x1b" not in ran.stdout
    assert not (tmp_path / "data").exists()


async def test_beside_a_server(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as server:
        ann = await Person.register(server, "ann")
        ran = doctor(*_place(server), "--json")
        assert (ran.returncode, ran.stderr) == (0, "")
        assert json.loads(ran.stdout)["healthy"] is True
        said = {finding["says"] for finding in json.loads(ran.stdout)["findings"]}
        assert any(f"Process {server.pid}" in says for says in said)
        assert any("is ready" in says for says in said)
        await ann.publish("and it goes on")
        assert await server.stop() == 0
        before = sorted(path.name for path in server.data.iterdir())
        assert doctor(*_place(server)).returncode == 0
        assert sorted(path.name for path in server.data.iterdir()) == before
        await server.start()
        await ann.http.aclose()


def _place(server: ServerProcess) -> list[str]:
    return ["--data", str(server.data), "--port", str(server.port)]


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "secret").write_text("0" * 64)
    (data / "secret").chmod(0o644)
    away = ["--database", "postgresql://u:hush-hush@127.0.0.1:1/x", "--bus", "redis://127.0.0.1:1"]
    ran = doctor("--data", str(data), "--port", "70000", *away, "--json")
    assert ran.returncode == 1
    assert "hush-hush" not in ran.stdout + ran.stderr
    bad = {check for check, level in levels(ran).items() if level == "failure"}
    assert bad == {"database", "bus", "port"}
    alone = doctor("--data", str(data), "--port", "70000", "--json")
    assert {check for check, level in levels(alone).items() if level == "failure"} == {
        "port",
        "secret",
    }
    for finding in json.loads(ran.stdout)["findings"]:
        assert bool(finding["advice"]) == (finding["level"] != "ok"), finding


def test_a_directory_that_is_only_read(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o500)
    options = ("--data", str(data), "--port", "0", "--json")
    ran = doctor(*options, preexec_fn=_as_anybody)
    assert ran.returncode == 1
    assert levels(ran)["disk"] == "failure"
    assert "chown" in ran.stdout


def test_a_directory_of_which_nothing_is_seen(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o000)
    options = ("--data", str(data), "--port", "0", "--json")
    ran = doctor(*options, preexec_fn=_as_anybody)
    assert ran.returncode == 1
    assert levels(ran)["directory"] == levels(ran)["database"] == "failure"
    assert "broke" not in ran.stdout
    other = feedline("user", "list", "--data", str(data), preexec_fn=_as_anybody)
    assert other.returncode == 1
    assert other.stderr == (
        f"feedline: Can't use {data}/feedline.db: Permission denied. Be the user that serves.\n"
    )
    data.chmod(0o700)


def _as_anybody() -> None:
    """Root has no more rights to files than others; others have nothing to lose here."""
    prctl = ctypes.CDLL(None).prctl
    for capability in _OVERRIDES:
        prctl(_DROP, capability)


def test_few_descriptors(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))

    ran = doctor("--data", str(tmp_path), "--port", "0", "--json", preexec_fn=limit)
    assert ran.returncode == 1
    assert levels(ran)["descriptors"] == "failure"
    assert "LimitNOFILE" in ran.stdout


def test_a_terminal_gets_colours(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    command = [sys.executable, "-m", "feedline", "doctor", "--data", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=theirs, env=environment) as process:
        os.close(theirs)
        said = b""
        try:
            while piece := os.read(ours, 65_536):
                said += piece
        except OSError:  # how Linux says that the other end is closed
            pass
        assert process.wait(60) == 0
    os.close(ours)
    assert "✓".encode() in said
    assert b"\x1b[32m" in said
