"""Coverage-guided fuzzing of one parser, for as long as you like.

``python -m tests.fuzz.by_hand message -max_total_time=60``; everything after the parser's name is
for libFuzzer. It needs ``pip install atheris``, which the project does without.
"""

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

NAMES = [
    "upgrade",
    "frames",
    "message",
    "cursor",
    "query",
    "page",
    "cookies",
    "authorization",
    "origin",
    "body",
]


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        sys.exit(f"Name a parser: {', '.join(NAMES)}.")
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["feedline", "tests.fuzz"]):
        parsers = importlib.import_module("tests.fuzz.parsers")
    name = sys.argv[1]
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(parsers.SEEDS[name]):
            (Path(corpus) / str(number)).write_bytes(seed)
        found = f"-artifact_prefix={tempfile.gettempdir()}/"
        options = [sys.argv[0], found, *sys.argv[2:], corpus]
        atheris.Setup(options, parsers.PARSERS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
