"""The load programs are C, so that the load costs less than what it measures."""

import shutil
import subprocess
from pathlib import Path

from bench.errors import BenchError

PROGRAMS = ("wsload", "httpload", "floor")

_SOURCES = Path(__file__).parent


def build(folder: Path) -> dict[str, Path]:
    """Compile the load programs into ``folder``."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise BenchError(
            "no C compiler found (cc, gcc or clang): install one, "
            "for example with `apt-get install gcc libc6-dev`"
        )
    return {name: _compile(compiler, name, folder) for name in PROGRAMS}


def _compile(compiler: str, name: str, folder: Path) -> Path:
    program = folder / name
    command = [compiler, "-O2", "-o", str(program), str(_SOURCES / f"{name}.c")]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise BenchError(f"{name}.c does not compile here:\n{answer.stderr.strip()}")
    return program
