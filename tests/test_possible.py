"""Settings that nobody can mean are refused before anything is touched."""

from dataclasses import fields, replace

import pytest

from feedline.config import Settings
from feedline.errors import SettingImpossible
from feedline.possible import impossible

NUMBERS = [name for name, kind in Settings.__annotations__.items() if kind in (int, float)]


def test_as_it_comes_all_is_possible() -> None:
    assert not [*impossible(Settings())]
    assert len(NUMBERS) > len(fields(Settings)) / 2


@pytest.mark.parametrize("value", [-1, float("nan")])
def test_no_number_is_below_zero(value: float) -> None:
    for name in NUMBERS:
        settings = replace(Settings(), **{name: value})  # type: ignore[arg-type]
        (problem,) = impossible(settings)
        assert isinstance(problem, SettingImpossible)
        assert f"as --{name.replace('_', '-')}. " in str(problem)


def test_what_is_meant_is_let_in() -> None:
    meant = Settings(
        allowed_origins=("https://example.com", "http://[::1]:8080"),
        trusted_proxies=("*", "10.0.0.1", "fd00::/8"),
        connections_per_address=0,
    )
    assert not [*impossible(meant)]
