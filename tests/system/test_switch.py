"""The switch of live delivery on several nodes, with a bus and without one."""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from feedline.administration import add_admin, turn_realtime
from feedline.storage import Storage
from tests.conftest import Figures
from tests.gateway.live import Live, eventually
from tests.processes import Person, ServerProcess, serving
from tests.system.cluster import Cluster, cluster

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.light]

OFF = 4011
WITH_BUS = 2.0  # seconds from the switch to the end of the last socket
WITHOUT = 5.0  # one look at the log, which is one second, and what a busy machine adds


async def test_all_nodes_obey_with_a_bus_and_without_one(tmp_path: Path, figures: Figures) -> None:
    async with cluster(tmp_path, 2) as nodes:
        first, second = nodes.nodes
        storage = Storage(first.data, nodes.database.url("postgres"))
        ann, boss = await Person.register(first, "ann"), await Person.register(second, "boss")
        await asyncio.to_thread(add_admin, storage, "boss")
        with_bus = await _seconds_until_all_end(nodes, ann, boss)
        assert with_bus < WITH_BUS
        cursor = await _publish_while_off(boss)
        await boss.http.put("/api/admin/realtime", json={"realtime": "on"})
        await nodes.bus.kill()
        without = await _seconds_until_all_end(nodes, ann, boss, cursor=cursor, missed=3)
        assert without < WITHOUT
        # A node that starts later has not heard of it, and knows.
        place = ("--database", nodes.database.url("postgres"))
        async with serving(tmp_path / "late", *place) as late, _at(late, ann).socket() as one:
            assert await Live(one).closed() == OFF
        await asyncio.to_thread(turn_realtime, storage, is_on=True)
        await _go_live_everywhere(nodes, ann)
    figures(
        f"live delivery switched off on two nodes: every socket had ended after {with_bus:.2f} s, "
        f"without the bus after {without:.2f} s"
    )


async def _seconds_until_all_end(
    nodes: Cluster, ann: Person, boss: Person, cursor: str | None = None, missed: int = 0
) -> float:
    """Somebody is live at each node, and reads what they missed; then it is switched off."""
    async with AsyncExitStack() as stack:
        sockets = []
        for node in nodes.nodes:
            socket = await _entered(stack, node, ann)
            await socket.connect("public", **({"cursor": cursor} if cursor else {}))
            assert len(await socket.hear_posts(missed)) == missed
            await socket.expect("caught_up")
            sockets.append(socket)
        before = time.monotonic()
        answer = await boss.http.put("/api/admin/realtime", json={"realtime": "off"})
        assert answer.status_code == 200
        codes = await asyncio.gather(*(socket.closed() for socket in sockets))
        assert codes == [OFF] * len(codes)
        return time.monotonic() - before


async def _entered(stack: AsyncExitStack, node: ServerProcess, ann: Person) -> Live:
    """A socket at a node, as soon as that has heard that it may be."""
    there = _at(node, ann)

    async def is_on() -> bool:
        return bool((await there.http.get("/api/realtime")).json() == {"realtime": "on"})

    await eventually(is_on, WITHOUT)
    return Live(await stack.enter_async_context(there.socket()))


def _at(node: ServerProcess, person: Person) -> Person:
    """Somebody who is signed in already, at another node."""
    return Person(node, person.token, person.user)


async def _publish_while_off(author: Person) -> str:
    cursor = str((await author.http.get("/api/posts", params={"limit": 1})).json()["cursor"])
    for number in range(3):
        await author.publish(f"while off {number}")
    return cursor


async def _go_live_everywhere(nodes: Cluster, ann: Person) -> None:
    async with AsyncExitStack() as stack:
        for node in nodes.nodes:
            await _entered(stack, node, ann)
