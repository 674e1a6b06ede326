"""What the doctor's tests share."""

from collections.abc import Callable

import pytest

from feedline.config import Settings
from feedline.doctor.findings import Finding, Findings

Check = Callable[[Settings], Findings]


class Found:
    """The findings of one check."""

    def __init__(self, findings: list[Finding]) -> None:
        self.all = findings

    @property
    def levels(self) -> set[str]:
        return {finding.level for finding in self.all}

    def one(self, *words: str) -> Finding:
        """The only finding that says all these words."""
        fits = [each for each in self.all if all(word in each.says for word in words)]
        assert len(fits) == 1, self.all
        return fits[0]

    def bad(self, level: str, *words: str) -> Finding:
        """The same; it is of this level, and says what to do."""
        finding = self.one(*words)
        assert finding.level == level, finding
        assert finding.advice
        return finding


@pytest.fixture
def found() -> Callable[..., Found]:
    """Runs a check on settings that differ from the defaults in these."""
    return lambda check, **changed: Found(list(check(Settings(**changed))))
