"""The contract only grows: what was said before is understood, and nobody misses anything."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from feedline.feed.events import AnyEvent
from feedline.wire import messages

CONTRACT = Path(__file__).parents[2] / "contract"
EARLIER = sorted((CONTRACT / "earlier").iterdir())


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def lost(before: Any, now: Any, path: str = "") -> list[str]:
    """What a reader of before would look for in vain, or find to be something else."""
    if isinstance(before, dict) and isinstance(now, dict):
        gone = [f"{path}.{name}" for name in before.keys() - now.keys()]
        kept = before.keys() & now.keys()
        return gone + [
            one for name in kept for one in lost(before[name], now[name], f"{path}.{name}")
        ]
    if isinstance(before, list) and isinstance(now, list):
        return lost(before[0], now[0], f"{path}[]") if before and now else []
    is_same = before is None or now is None or type(before) is type(now)
    return [] if is_same else [path]


@pytest.mark.parametrize("folder", EARLIER, ids=lambda folder: folder.name)
@pytest.mark.parametrize("section", ["posts", "problems", "client", "server", "events"])
def test_each_message_of_before_has_all_of_its_parts(folder: Path, section: str) -> None:
    now = read(CONTRACT, "messages")[section]
    for before in read(folder, "messages")[section]:
        name = before.get("type", "")  # a post has none, a problem one for all of them
        alike = [example for example in now if example.get("type", "") == name]
        assert any(lost(before, example) == [] for example in alike), before


@pytest.mark.parametrize("folder", EARLIER, ids=lambda folder: folder.name)
def test_each_answer_and_each_code_of_before_is_there(folder: Path) -> None:
    assert lost(read(folder, "messages")["answers"], read(CONTRACT, "messages")["answers"]) == []
    for table, rows in read(folder, "codes").items():
        assert all(row in read(CONTRACT, "codes")[table] for row in rows)


@pytest.mark.parametrize("folder", EARLIER, ids=lambda folder: folder.name)
def test_what_is_in_logs_of_before_is_told_as_it_was(folder: Path) -> None:
    for example in read(folder, "messages")["events"]:
        event = {name: value for name, value in example.items() if name != "replay"}
        decoded = msgspec.json.decode(json.dumps(event), type=AnyEvent)
        assert json.loads(msgspec.json.encode(decoded)) == event


@pytest.mark.parametrize("folder", EARLIER, ids=lambda folder: folder.name)
def test_what_clients_of_before_say_is_understood(folder: Path) -> None:
    for example in read(folder, "messages")["client"]:
        said = msgspec.to_builtins(messages.parse(json.dumps(example)))
        assert example.items() <= said.items()


def test_what_is_missed_is_found() -> None:
    before = {"a": 1, "b": [{"c": "x", "d": None}], "e": "text"}
    assert lost(before, {**before, "new": 1, "e": None}) == []
    assert sorted(lost(before, {"a": "1", "b": [{"c": "x"}], "e": "text"})) == [".a", ".b[].d"]
