"""Writes down what a server told one person, and what it would have answered: for other clients.

python -m tests.convergence.record SEED STEPS, to stdout: a line of JSON for each moment.
"""

import asyncio
import json
import random
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from feedline.errors import Refusal
from feedline.hub.poll import Poll
from tests.convergence.snapshot import Json, View
from tests.convergence.steps import Life
from tests.convergence.world import World, world_in

NAME = "ann"


async def record(seed: int, steps: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        async with world_in(Path(folder, "feed.db")) as world:
            life = Life(random.Random(chance.random()), world.ids)
            me = world.people[NAME].user_id
            view = await world.view(me)
            tell({"me": me, "people": world.ids, "cursor": view.cursor})
            done = 0
            while done < steps:
                some = chance.randint(1, 4)
                await asyncio.gather(*(step(world, life) for _ in range(some)))
                done += some
                world.clock.now += chance.choice([1, 40, 300])
                await world.tell_likes()
                before, view = view, await world.view(me)
                tell({"steps": some, **change(before, view), "events": await told(world, before)})


async def step(world: World, life: Life) -> None:
    with suppress(Refusal):
        await world.write(life.step)


async def told(world: World, before: View) -> list[Json]:
    """What came since, on every channel of this person's."""
    identity = world.people[NAME]
    now = await world.view(identity.user_id)
    posts = [f"post:{id_}" for id_ in now.comments]
    channels = ["public", f"feed:{identity.user_id}", *posts]
    poll = Poll(identity, "127.0.0.1", hub=world.hub, store=world.store)
    try:
        await world.hub.reach(int(now.cursor.rpartition("-")[2]))
        found = await poll.ask(channels, before.cursor, 0)
    finally:
        poll.leave()
    assert not found.more
    return [json.loads(body) for body in found.bodies]


def change(before: View, now: View) -> dict[str, Any]:
    """What is another in a list than before; null for a post that is there no more."""
    posts = {id_: post for id_, post in now.posts.items() if before.posts.get(id_) != post}
    gone = dict.fromkeys(before.posts.keys() - now.posts.keys())
    return {"cursor": now.cursor, "posts": {**posts, **gone}, "home": now.home}


def tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    asyncio.run(record(int(sys.argv[1]), int(sys.argv[2])))
