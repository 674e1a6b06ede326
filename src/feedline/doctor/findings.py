"""What a check says, and what to do about it."""

from collections.abc import Iterator
from typing import Literal

import msgspec

Level = Literal["ok", "warning", "failure"]


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    check: str
    level: Level
    says: str
    advice: str = ""
    """What to do; empty if all is well."""


Findings = Iterator[Finding]


class Subject:
    """Makes the findings of one check."""

    def __init__(self, check: str) -> None:
        self._check = check

    def ok(self, says: str) -> Finding:
        return Finding(self._check, "ok", says)

    def warning(self, says: str, advice: str) -> Finding:
        """It serves, but not as it should."""
        return Finding(self._check, "warning", says, advice)

    def failure(self, says: str, advice: str) -> Finding:
        """It does not serve, or may lose what it took."""
        return Finding(self._check, "failure", says, advice)
