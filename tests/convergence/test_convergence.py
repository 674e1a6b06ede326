"""What somebody loaded, and the events since, is what they would load now: for every action.

Random histories, from seeds; some people with a socket, some who poll. They read when they like,
lose connections, go back to older copies of what they had, and always have to arrive.
"""

import asyncio
import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

from feedline.errors import Refusal
from tests.convergence.devices import Device, PollDevice, SocketDevice
from tests.convergence.steps import STEPS, Life
from tests.convergence.world import NAMES, World, world_in

STEPS_OF_A_HISTORY = 1_000
QUICK = settings.get_current_profile_name() == "quick"
SEEDS = range(1, 4) if QUICK else range(10)
SECONDS = 20.0  # for what takes milliseconds


async def settle(world: World, devices: list[Device]) -> None:
    """Until everything that happened has come to everybody."""
    await world.tell_likes()
    async with asyncio.timeout(SECONDS):
        while True:
            before = sum(device.delivered for device in devices)
            for device in devices:
                await device.read(1_000_000)
            quiet = await world.is_quiet() and all(device.is_idle for device in devices)
            if quiet and sum(device.delivered for device in devices) == before:
                return
            await asyncio.sleep(0)


async def go_on(world: World, life: Life, steps: int) -> None:
    """Some people do something at the same time."""

    async def step() -> None:
        with suppress(Refusal):
            await world.write(life.step)

    await asyncio.gather(*(step() for _ in range(steps)))
    world.clock.now += life.rng.choice([0, 1, 40, 300])


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_snapshot_and_the_events_since_are_the_snapshot_of_now(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    async with world_in(tmp_path / "feed.db") as world:
        life = Life(random.Random(chance.random()), world.ids)
        devices: list[Device] = [
            kind(world, name, random.Random(chance.random()))
            for name in NAMES
            for kind in (SocketDevice, PollDevice)
        ]
        for device in devices:
            await device.start()
        done = 0
        while done < STEPS_OF_A_HISTORY:
            steps = chance.randint(1, 6)
            await go_on(world, life, steps)
            done += steps
            for device in devices:
                await device.live()
            if chance.random() < 0.1 or done >= STEPS_OF_A_HISTORY:
                await settle(world, devices)
                for device in devices:
                    found = await device.differences()
                    where = f"seed {seed}, step {done}, {type(device).__name__} of {device.name}"
                    assert not found, f"{where}: {found[0]}\n{life.last}"
        assert life.done.keys() == STEPS.keys()
        for device in devices:
            device.drop()
