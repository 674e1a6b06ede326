"""What the doctor says of a real bus, and of one that isn't there."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from feedline.doctor import bus
from feedline.doctor.bus import check_bus
from tests.doctor.conftest import Found
from tests.valkey import valkey

Look = Callable[..., Found]

SHARED = {"database": "postgresql://x"}


def test_none_is_fine_for_one_node_and_the_database_for_several(found: Look) -> None:
    assert found(check_bus).one("one node needs none").level == "ok"
    assert found(check_bus, **SHARED).one("over the database").level == "ok"


@pytest.mark.system
async def test_one_that_is_there(
    found: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "_SLOW", bus._SECONDS)  # this machine may be busy
    async with valkey(tmp_path) as server:
        looked = await asyncio.to_thread(found, check_bus, **SHARED, bus=server.url)
        assert looked.levels == {"ok"}
        looked.one("Valkey ", "comes back within")
        alone = await asyncio.to_thread(found, check_bus, bus=server.url)
        alone.bad("warning", "no database")
        await server.said("CONFIG", "SET", "requirepass", "right")
        url = server.url.replace("//", "//:wrong-word@")
        refused = await asyncio.to_thread(found, check_bus, **SHARED, bus=url)
        assert "password" in refused.bad("failure", "does not answer").advice
        assert "wrong-word" not in repr(refused.all)


@pytest.mark.system
async def test_one_that_hangs(found: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "_SECONDS", 0.1)
    async with valkey(tmp_path) as server:
        server.freeze()
        looked = await asyncio.to_thread(found, check_bus, **SHARED, bus=server.url)
        looked.bad("failure", "does not answer")
        server.thaw()


def test_one_that_is_not_there(found: Look) -> None:
    finding = found(check_bus, **SHARED, bus="redis://:pass@127.0.0.1:1").bad(
        "failure", "127.0.0.1:1"
    )
    assert "pass@" not in repr(finding)


def test_an_address_that_is_none(found: Look) -> None:
    found(check_bus, **SHARED, bus="kafka://x").bad("failure", "refuses to start")


def test_a_bus_far_away_without_a_password() -> None:
    assert [each.level for each in bus._open_to_see("redis://bus.example.com:6379")] == ["warning"]
    for url in ("rediss://:p@bus.example.com", "redis://127.0.0.1:1", "redis://u:p@x"):
        assert list(bus._open_to_see(url)) == []


def test_a_slow_bus() -> None:
    assert bus._timed({"redis_version": "7"}, 0.1).level == "warning"
