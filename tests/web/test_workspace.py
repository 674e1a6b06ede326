"""The TypeScript side has its own tests and checks; they are part of these."""

import os
import sys
from pathlib import Path

import pytest

from hatch_build import npm

WEB = Path(__file__).parents[2] / "web"

pytestmark = [pytest.mark.web, pytest.mark.timeout(600)]


def test_types_and_lint() -> None:
    npm(WEB, "run", "check")


def test_client_hooks_and_page(monkeypatch: pytest.MonkeyPatch) -> None:
    # Histories of the real server are played to the client: its Python is this one.
    here = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", os.pathsep.join([here, os.environ.get("PATH", "")]))
    npm(WEB, "test")
