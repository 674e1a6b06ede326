"""The bus on Redis against a real Valkey, through a network that fails."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from feedline.bus import echoing
from feedline.bus.echoing import MOST_WAITING, EchoingBus
from feedline.bus.letters import LARGEST, Kind, Letters
from tests.bus.nodes import (
    CHANNEL,
    PATIENCE,
    SECRET,
    Batch,
    Node,
    Numbers,
    becomes,
    notices,
    redis_bus,
)
from tests.faults import FaultProxy, faulty
from tests.valkey import ValkeyProcess, valkey

pytestmark = pytest.mark.system


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes a second in earnest takes a tenth of it here.

    But a machine that stands still for a moment is not taken for a bus that is gone.
    """
    monkeypatch.setattr(echoing, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(echoing, "ECHO_SECONDS", PATIENCE)
    monkeypatch.setattr(echoing, "LONGEST_PAUSE", 0.2)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ValkeyProcess]:
    async with valkey(tmp_path / "valkey") as server:
        yield server


@pytest.fixture
async def network(server: ValkeyProcess) -> AsyncIterator[FaultProxy]:
    """The way of one node to the server."""
    async with faulty(server.port) as proxy:
        yield proxy


@pytest.fixture
async def near(server: ValkeyProcess) -> AsyncIterator[Node]:
    """A node with a good way to the server."""
    async for node in _started(redis_bus(server.url)):
        yield node


@pytest.fixture
async def far(network: FaultProxy) -> AsyncIterator[Node]:
    """A node with a way that fails."""
    async for node in _started(redis_bus(f"redis://127.0.0.1:{network.port}")):
        yield node


async def _started(bus: EchoingBus[Batch]) -> AsyncIterator[Node]:
    node = Node(bus)
    await node.start()
    await becomes(bus, "ok")
    yield node
    await bus.stop()


async def test_every_node_is_told_in_order(near: Node, far: Node) -> None:
    batches = [[number] for number in range(200)]
    for batch in batches:
        near.bus.publish(batch)
    far.bus.publish([1000])
    assert await far.has([199]) == [[1000], *batches]
    assert sorted(await near.has([1000])) == [*batches, [1000]]


async def test_notes_go_to_the_others_only(near: Node, far: Node) -> None:
    near.bus.tell(b"note")
    far.bus.tell(b"back")
    await far.until(lambda node: node.notes == [b"note"])
    await near.until(lambda node: node.notes == [b"back"])


async def test_whoever_connects_looks_at_the_log_once(near: Node) -> None:
    assert near.looks == 1


async def test_what_is_too_long_is_told_as_news(near: Node, far: Node) -> None:
    looks = far.looks
    near.bus.publish(list(range(LARGEST // 4)))
    await far.until(lambda node: node.looks > looks)
    assert far.batches == []


@pytest.mark.parametrize("fault", ["cut", "reset", "half_open", "kill", "freeze", "kick"])
async def test_a_failure_is_noticed_and_got_over(
    fault: str,
    server: ValkeyProcess,
    network: FaultProxy,
    near: Node,
    far: Node,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "feedline.bus")
    looks, looks_near = far.looks, near.looks
    await _fail(fault, server, network)
    if fault not in ("cut", "reset", "kick"):
        await notices(far.bus)
        far.bus.publish([1])
        assert far.batches == [[1]], "its own sockets wait for nothing"
    await _heal(fault, server, network)
    await far.until(lambda node: node.looks > looks)
    if fault in ("kill", "kick"):  # which end the connection of the other one too
        await near.until(lambda node: node.looks > looks_near)
    await becomes(far.bus, "ok")
    await becomes(near.bus, "ok")
    far.bus.publish([2])
    near.bus.publish([3])
    await near.has([2])
    await far.has([3])
    said = [record.levelname for record in caplog.records]
    assert said.count("WARNING") == said.count("INFO") in (1, 2), "said once each way"


async def _fail(fault: str, server: ValkeyProcess, network: FaultProxy) -> None:
    match fault:
        case "kill":
            await server.kill()
        case "freeze":
            server.freeze()
        case "kick":
            await server.said("CLIENT", "KILL", "TYPE", "pubsub")
        case _:
            getattr(network, fault)()


async def _heal(fault: str, server: ValkeyProcess, network: FaultProxy) -> None:
    match fault:
        case "kill":
            await server.start()
        case "freeze":
            server.thaw()
        case _:
            network.heal()


async def test_a_server_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    server = ValkeyProcess(tmp_path)
    node = Node(redis_bus(server.url))
    await node.start()
    node.bus.publish([1])
    assert node.batches == [[1]]
    assert node.bus.state == "degraded"
    await server.start()
    await becomes(node.bus, "ok")
    assert node.bus.traffic.dropped == 1
    await node.bus.stop()
    await server.kill()


async def test_a_slow_network_is_degraded_and_nothing_piles_up(
    network: FaultProxy, far: Node
) -> None:
    network.faults.latency = 5
    await notices(far.bus)
    for number in range(MOST_WAITING * 2):
        far.bus.publish([number])
    assert len(far.batches) == MOST_WAITING * 2
    assert far.bus.traffic.dropped >= MOST_WAITING


async def test_bytes_of_others_are_refused_and_counted(
    server: ValkeyProcess, near: Node, far: Node
) -> None:
    stranger, friend = Letters(b"another secret"), Letters(SECRET)
    good = friend.write(Kind.ENTRIES, Numbers().encode([7]))
    forged = [
        b"",
        b"\x00" * 100,
        good[:-1],
        good + b"x",
        bytes([good[0] ^ 1]) + good[1:],
        stranger.write(Kind.ENTRIES, Numbers().encode([1])),
        friend.write(Kind.ENTRIES, b"no batch"),
        friend.write(Kind.ENTRIES, b"x" * (LARGEST + 1)),
    ]
    async with Redis.from_url(server.url) as client:
        for data in (*forged, good):
            await client.publish(CHANNEL, data)
    for node in (near, far):
        assert await node.has([7]) == [[7]]
        assert node.bus.traffic.refused == len(forged)
        assert node.bus.state == "ok"
