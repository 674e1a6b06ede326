"""The one table of settings: every row has its help, its flag and its variable."""

import ast
import inspect
from pathlib import Path
from typing import get_type_hints

import cyclopts
import pytest

from feedline import cli, config
from feedline.config import LogFormat, LogLevel, Role, Settings
from feedline.feed.drafts import DraftLimits
from feedline.storage import Storage

TYPES = get_type_hints(Settings)


def sample(number: int, name: str) -> tuple[list[str], object]:
    """Something that is no default and no other setting's: as it is written, and as it is meant."""
    samples: dict[object, tuple[str, object]] = {
        str: (f"host{number}", f"host{number}"),
        int: (f"{7_000 + number}", 7_000 + number),
        float: (f"{number}.5", number + 0.5),
        bool: ("false", False) if getattr(Settings(), name) is True else ("true", True),
        Path: (f"folder{number}", Path(f"folder{number}")),
        Role: ("gateway", "gateway"),
        LogFormat: ("json", "json"),
        LogLevel: ("error", "error"),
        tuple[str, ...]: (f"a{number} b", (f"a{number}", "b")),
    }
    written, meant = samples[TYPES[name]]
    return written.split(), meant


SAMPLES = {name: sample(number, name) for number, name in enumerate(TYPES)}
CHANGED = Settings(**{name: meant for name, (_, meant) in SAMPLES.items()})  # type: ignore[arg-type]


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


def test_samples_differ_from_what_is_there_anyway() -> None:
    for name, (_, meant) in SAMPLES.items():
        assert getattr(Settings(), name) != meant


def test_every_setting_can_be_set_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, (written, _) in SAMPLES.items():
        monkeypatch.setenv(variable(name), " ".join(written))
    assert serve_settings() == CHANGED


def test_every_setting_can_be_set_by_its_flag() -> None:
    flags = [f"{flag(name)}={one}" for name, (written, _) in SAMPLES.items() for one in written]
    assert serve_settings(*flags) == CHANGED


def test_a_flag_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDLINE_PORT", "1111")
    assert serve_settings("--port", "2222").port == 2222


def test_without_anything_the_defaults_are_used() -> None:
    assert serve_settings() == Settings()


def test_no_variable_says_what_a_command_does_nor_to_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NAME", "YES", "REPLACE", "FILE", "USER", "TOKEN", "REPLICAS", "JSON", "LIMIT"):
        monkeypatch.setenv(f"FEEDLINE_{name}", "true")
    for tokens in (["user", "delete", "ann"], ["restore", "x.tar"], ["user", "list"], ["verify"]):
        _, bound, _ = cli.app.parse_args(tokens, exit_on_error=False, print_error=False)
        assert not bound.arguments.keys() - {"name", "file"}
    with pytest.raises(cyclopts.CycloptsError, match="user"):
        cli.app.parse_args(["explain", "1"], exit_on_error=False, print_error=False)


def test_the_place_of_an_installation_is_a_variable_for_all_commands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FEEDLINE_DATA", "elsewhere")
    monkeypatch.setenv("FEEDLINE_DATABASE", "postgresql://one/feedline")
    for tokens in (["user", "delete", "ann"], ["restore", "x.tar"], ["explain", "1", "--user=x"]):
        _, bound, _ = cli.app.parse_args(tokens, exit_on_error=False, print_error=False)
        place = Storage(Path("elsewhere"), "postgresql://one/feedline")
        assert bound.arguments["storage"] == place
    _, bound, _ = cli.app.parse_args(["copy"], exit_on_error=False, print_error=False)
    assert bound.args == (Path("elsewhere"), "postgresql://one/feedline")


@pytest.mark.parametrize("kind", [int, float, bool])
def test_what_is_of_another_type_is_refused(kind: object, monkeypatch: pytest.MonkeyPatch) -> None:
    name = next(name for name in TYPES if TYPES[name] is kind)
    monkeypatch.setenv(variable(name), "many")
    with pytest.raises(cyclopts.CycloptsError):
        serve_settings()


def test_the_limits_of_posts_are_the_domain_s_own() -> None:
    settings, limits = Settings(), DraftLimits()
    assert settings.title_limit == limits.title
    assert settings.text_limit == limits.text
    assert settings.tags_limit == limits.tags
    assert settings.tag_limit == limits.tag
