"""Autobahn's fuzzing client: what it needs, one run of it, and its verdicts.

Its program, ``wstest``, runs on Python 2.7 only, so it gets an environment of its own, in a
folder of the user's cache. The interpreter is ``FEEDLINE_PYTHON27``, ``python2.7`` of the path, or
one of pyenv.
"""

import asyncio
import json
import os
import platform
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.conformance.echo import echoing

SUITE = "autobahntestsuite==25.10.1"
COMPRESSION = ("12.*", "13.*")  # permessage-deflate, which is not offered
CASES = 301  # that are left
INSTALL_SECONDS = 600
RUN_SECONDS = 300

OK = ("OK",)
PASSED = ("OK", "NON-STRICT", "INFORMATIONAL")

# The last virtualenv that can make an environment for Python 2.7.
_VIRTUALENV = "virtualenv<20.22"

Verdicts = dict[str, dict[str, str]]


class NoSuite(RuntimeError):
    """The fuzzing client can't be had here."""


def python27() -> Path | None:
    """An interpreter for the fuzzing client, if there is one on this machine."""
    named = os.environ.get("FEEDLINE_PYTHON27")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = (
        [named] if named else [shutil.which("python2.7"), *pyenv.glob("versions/2.7.*/bin/python")]
    )
    return next((Path(path) for path in found if path and _is_python27(path)), None)


def _is_python27(path: str | Path) -> bool:
    """Whether it runs; pyenv's shims are there even where what they stand for is not."""
    command = [path, "-c", "import sys; sys.exit(sys.version_info[:2] != (2, 7))"]
    return not subprocess.run(command, capture_output=True, timeout=10, check=False).returncode


def cache() -> Path:
    """Where the environment of the fuzzing client is kept."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "feedline" / SUITE.replace("==", "-")


def ensure_wstest() -> Path:
    """The fuzzing client, installed if it is not there yet. Raises NoSuite."""
    folder = cache()
    wstest = folder / "suite/bin/wstest"
    if (folder / "whole").exists():
        return wstest
    interpreter = python27()
    if interpreter is None:
        raise NoSuite("There is no Python 2.7 here. Name one with FEEDLINE_PYTHON27.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tools, suite = folder / "tools", folder / "suite"
    _run(sys.executable, "-m", "venv", str(tools))
    _run(str(tools / "bin/pip"), "install", "--quiet", _VIRTUALENV)
    _run(str(tools / "bin/virtualenv"), "--quiet", "-p", str(interpreter), str(suite))
    _run(str(suite / "bin/pip"), "install", "--quiet", SUITE)
    (folder / "whole").touch()
    return wstest


def _run(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
    )
    if done.returncode:
        raise NoSuite(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")


async def fuzz(wstest: Path, folder: Path, cases: Sequence[str] = ("*",)) -> Verdicts:
    """Runs the cases against an echo server; for each, its ``behavior`` and ``behaviorClose``."""
    async with echoing(folder / "data") as echo:
        specification = folder / "fuzzing.json"
        specification.write_text(
            json.dumps(
                {
                    "outdir": str(folder / "reports"),
                    "servers": [{"agent": "feedline", "url": f"ws://127.0.0.1:{echo.port}/ws"}],
                    "cases": list(cases),
                    "exclude-cases": list(COMPRESSION),
                    "exclude-agent-cases": {},
                }
            )
        )
        await _fuzz(wstest, specification, folder)
        assert not echo.log, "the server complained:\n" + "".join(echo.log)
    verdicts: Verdicts = json.loads((folder / "reports/index.json").read_text())["feedline"]
    return {case: verdicts[case] for case in sorted(verdicts, key=_order)}


async def _fuzz(wstest: Path, specification: Path, folder: Path) -> None:
    with (folder / "wstest.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            str(wstest),
            *("-m", "fuzzingclient", "-s", str(specification)),
            cwd=folder,
            stdout=log,
            stderr=log,
        )
        try:
            status = await asyncio.wait_for(process.wait(), RUN_SECONDS)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert status == 0, (folder / "wstest.log").read_text()[-2000:]


def _order(case: str) -> tuple[int, ...]:
    return tuple(int(part) for part in case.split("."))


# ---- what came of it


def failed(verdicts: Verdicts) -> list[str]:
    """The cases that are not passed, by what was said or by how the connection was closed."""
    return [case for case, verdict in verdicts.items() if not _passed(verdict)]


def _passed(verdict: dict[str, str]) -> bool:
    return verdict["behavior"] in PASSED and verdict["behaviorClose"] in PASSED


def by_section(verdicts: Verdicts) -> dict[str, Counter[str]]:
    """How many cases of each section came out how."""
    sections: dict[str, Counter[str]] = {}
    for case, verdict in verdicts.items():
        said = verdict["behavior"] if verdict["behaviorClose"] in PASSED else "FAILED"
        sections.setdefault(case.split(".")[0], Counter())[said] += 1
    return sections


def summary(verdicts: Verdicts) -> dict[str, Any]:
    """A run in few lines: the score, what is not plainly right, and what ran."""
    sections = by_section(verdicts)
    total = sum(sections.values(), Counter())
    return {
        "cases": len(verdicts),
        "score": dict(sorted(total.items())),
        "failed": failed(verdicts),
        "sections": {name: dict(sorted(said.items())) for name, said in sections.items()},
        "notPlainlyRight": {
            case: [verdict["behavior"], verdict["behaviorClose"]]
            for case, verdict in verdicts.items()
            if verdict["behavior"] not in OK or verdict["behaviorClose"] not in OK
        },
        "versions": {
            "suite": SUITE.replace("==", " "),
            "python": platform.python_version(),
            **{name: version(name) for name in ("feedline", "uvicorn", "uvloop")},
        },
    }
