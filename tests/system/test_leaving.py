"""A node that is told to stop: it serves on until others know, and nobody is left unanswered."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import cycle
from pathlib import Path

import httpx
import pytest
import websockets

from tests.postgres import databases
from tests.processes import Person, ServerProcess, serving
from tests.system.checker import require
from tests.system.follower import Follower
from tests.system.writer import Ledger, all_texts

pytestmark = pytest.mark.system

PATIENCE = 40.0
LOOK = 0.05  # seconds before the balancer asks the next node
DRAIN = {"FEEDLINE_DRAIN_SECONDS": "5", "FEEDLINE_HEARTBEAT_SECONDS": "0.5"}  # 50 looks
LONG = {"FEEDLINE_DRAIN_SECONDS": "600"}  # it ends when it is asked again
PIECE = 1 << 16


class Balancer:
    """Sends each connection to a node that says that it is ready, in turn."""

    def __init__(self, nodes: list[ServerProcess]) -> None:
        self._nodes = cycle(nodes)
        self._carried: set[asyncio.Task[None]] = set()

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._carried.add(asyncio.create_task(self._carry(reader, writer)))

    async def all_ended(self) -> None:
        await asyncio.gather(*self._carried)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await self._connected()
        await asyncio.gather(_pass_on(reader, there_writer), _pass_on(there_reader, writer))

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Asks at this moment: what was so a while ago says nothing on a busy machine."""
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            while True:
                node = next(self._nodes)
                if await _is_ready(client, node):
                    with suppress(OSError):
                        return await asyncio.open_connection("127.0.0.1", node.port)
                await asyncio.sleep(LOOK)


async def _is_ready(client: httpx.AsyncClient, node: ServerProcess) -> bool:
    with suppress(httpx.TransportError):
        return (await client.get(f"{node.url}/readyz")).status_code == 200
    return False


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction; its end is passed on."""
    with suppress(ConnectionError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    with suppress(ConnectionError):
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def balanced(nodes: list[ServerProcess]) -> AsyncIterator[ServerProcess]:
    """What people take for the server: the first node, seen through the balancer."""
    front, balancer = ServerProcess(Path()), Balancer(nodes)
    listener = await asyncio.start_server(balancer.take, "127.0.0.1", front.port)
    yield front
    for client in front.clients:
        await client.aclose()
    listener.close()
    await balancer.all_ended()


async def test_a_node_that_is_to_stop_serves_on_until_others_know(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", environment=LONG) as server:
        ann = await Person.register(server, "ann")
        await ann.publish("first")  # on a connection that stays open
        async with (
            ann.socket() as reader,
            httpx.AsyncClient(base_url=server.url, timeout=30) as prober,
        ):
            await reader.send(json.dumps({"type": "connect", "channels": ["public"]}))
            assert json.loads(await reader.recv())["type"] == "connected"
            os.kill(server.pid, signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                while (ready := await prober.get("/readyz")).status_code == 200:
                    await asyncio.sleep(0.01)
            assert (ready.status_code, ready.json()["checks"]["draining"]) == (503, "yes")
            answer = await ann.http.post("/api/posts", json={"text": "second"})
            assert (answer.status_code, answer.headers["connection"]) == (201, "close")
            async with ann.socket() as newcomer:  # whoever did not hear of it yet
                await newcomer.send(json.dumps({"type": "connect"}))
                assert json.loads(await newcomer.recv())["type"] == "connected"
            os.kill(server.pid, signal.SIGTERM)
            texts = [json.loads(text) async for text in _until_closed(reader)]
        assert reader.close_code == 1012
        said = [text["post"]["content"]["text"] for text in texts if text["type"] == "post_created"]
        assert said == ["second"]
        assert await server.ended() == 0


async def _until_closed(socket: websockets.ClientConnection) -> AsyncIterator[str]:
    with suppress(websockets.ConnectionClosed):
        while True:
            yield str(await socket.recv())


async def test_asked_twice_it_waits_for_nobody(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", environment=LONG) as server:
        os.kill(server.pid, signal.SIGTERM)
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as prober:
            async with asyncio.timeout(PATIENCE):
                while (await prober.get("/readyz")).status_code == 200:
                    await asyncio.sleep(0.01)
        assert await server.stop() == 0


@pytest.mark.timeout(150)
async def test_nodes_are_restarted_one_by_one_and_no_request_is_left_unanswered(
    tmp_path: Path,
) -> None:
    ledger, end = Ledger(), asyncio.Event()
    url = databases().fresh()
    async with AsyncExitStack() as stack:
        nodes = [
            await stack.enter_async_context(
                serving(tmp_path / name, "--database", url, environment=DRAIN)
            )
            for name in ("one", "two")
        ]
        front = await stack.enter_async_context(balanced(nodes))
        people = [await Person.register(front, f"author{n}") for n in range(4)]
        begin = (await people[0].http.get("/api/posts")).json()["cursor"]
        followers = [Follower(person, ["public"], begin) for person in people[:2]]
        following = [asyncio.create_task(follower.follow()) for follower in followers]
        writing = [asyncio.create_task(ledger.keep_publishing(p, end)) for p in people]
        for node in nodes:
            await ledger.reach(len(ledger.answers) + 20)
            assert await node.stop() == 0
            await node.start()
        await ledger.reach(len(ledger.answers) + 20)
        end.set()
        await asyncio.gather(*writing)
        final = (await people[0].http.get("/api/posts")).json()["cursor"]
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(follower.reach(final) for follower in followers))
        for task in following:
            task.cancel()
        stored = await all_texts(people[0])
    databases().drop(url)
    assert (ledger.broken, set(ledger.statuses)) == (0, {201})
    require(ledger, followers, stored, begin, final)
