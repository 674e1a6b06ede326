"""The one table of settings: every row has its help, its flag and its variable."""

import ast
import inspect
from pathlib import Path
from typing import get_type_hints

import cyclopts
import pytest

from feedline import cli, config
from feedline.config import Settings
from feedline.feed.drafts import DraftLimits

TYPES = get_type_hints(Settings)

# For each type of setting: something that is no default, as it is written and as it is meant.
SAMPLES: dict[object, tuple[str, object]] = {
    str: ("localhost", "localhost"),
    int: ("7", 7),
    float: ("0.5", 0.5),
    bool: ("true", True),
    Path: ("elsewhere", Path("elsewhere")),
    tuple[str, ...]: ("a b", ("a", "b")),
}


def variable(name: str) -> str:
    return f"FEEDLINE_{name.upper()}"


def flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def serve_settings(*tokens: str) -> Settings:
    """The settings with which `feedline serve` would run."""
    _, bound, _ = cli.app.parse_args(["serve", *tokens], exit_on_error=False, print_error=False)
    settings = bound.arguments.get("settings", Settings())
    assert isinstance(settings, Settings)
    return settings


def helps() -> dict[str, str]:
    """The docstring below each field."""
    table = ast.parse(inspect.getsource(config)).body[-1]
    assert isinstance(table, ast.ClassDef)
    found = {}
    for field, text in zip(table.body, table.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(
                value=ast.Constant(value=str(said))
            ):
                found[name] = said
    return found


@pytest.fixture
def listing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """What `feedline serve --help` prints, wide enough to keep each setting on one line."""
    monkeypatch.setenv("COLUMNS", "400")
    cli.app(["serve", "--help"], result_action="return_value")
    return capsys.readouterr().out


def test_every_setting_says_what_it_is_for() -> None:
    assert list(helps()) == list(TYPES)
    for said in helps().values():
        assert said.endswith(".")


def test_the_command_line_lists_every_setting(listing: str) -> None:
    for name, said in helps().items():
        line = next(line for line in listing.splitlines() if f"{flag(name)} " in line)
        assert said in line
        assert f"[env var: {variable(name)}]" in line


@pytest.mark.parametrize("name", TYPES)
def test_every_setting_can_be_set_in_the_environment(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, meant = SAMPLES[TYPES[name]]
    assert getattr(Settings(), name) != meant
    monkeypatch.setenv(variable(name), written)
    assert getattr(serve_settings(), name) == meant


@pytest.mark.parametrize("name", TYPES)
def test_every_setting_can_be_set_by_its_flag(name: str) -> None:
    written, meant = SAMPLES[TYPES[name]]
    values = written.split()
    tokens = [f"{flag(name)}={value}" for value in values]
    assert getattr(serve_settings(*tokens), name) == meant


def test_a_flag_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDLINE_PORT", "1111")
    assert serve_settings("--port", "2222").port == 2222


def test_without_anything_the_defaults_are_used() -> None:
    assert serve_settings() == Settings()


@pytest.mark.parametrize("name", [name for name in TYPES if TYPES[name] in (int, float)])
def test_a_number_has_to_be_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable(name), "many")
    with pytest.raises(cyclopts.CycloptsError):
        serve_settings()


def test_the_limits_of_posts_are_the_domain_s_own() -> None:
    settings, limits = Settings(), DraftLimits()
    assert settings.title_limit == limits.title
    assert settings.text_limit == limits.text
    assert settings.tags_limit == limits.tags
    assert settings.tag_limit == limits.tag
