"""An installation opens and closes at any moment."""

import asyncio
from pathlib import Path

import pytest
from argon2.profiles import CHEAPEST

from feedline.api.passwords import Hasher
from feedline.app import _end, running
from feedline.config import Settings


async def test_it_ends_however_soon_it_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hasher.__init__, "__defaults__", (CHEAPEST,))
    for steps in range(6):
        async with asyncio.timeout(30), running(Settings(data=tmp_path)):
            for _ in range(steps):
                await asyncio.sleep(0)


async def test_a_cancellation_that_is_lost_is_repeated() -> None:
    async def deaf() -> None:
        try:
            await asyncio.sleep(3_600)
        except asyncio.CancelledError:
            await asyncio.sleep(3_600)

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await _end([task])
    assert task.cancelled()
