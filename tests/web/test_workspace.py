"""The TypeScript side has its own tests and checks; they are part of these."""

from pathlib import Path

import pytest

from hatch_build import npm

WEB = Path(__file__).parents[2] / "web"

pytestmark = [pytest.mark.web, pytest.mark.timeout(300)]


def test_types_and_lint() -> None:
    npm(WEB, "run", "check")


def test_client_hooks_and_page() -> None:
    npm(WEB, "test")
