"""Addresses of the bus: what is understood, and what is refused with a sentence."""

from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.asyncio.sentinel import SentinelConnectionPool

from feedline.bus.addresses import client_maker
from feedline.errors import BusUnusable
from tests.bus.nodes import CHANNEL, Node, becomes, redis_bus
from tests.valkey import ValkeyProcess, valkey


def test_a_plain_address() -> None:
    options = client_maker("redis://ann:p%40ss@bus:7000/3")().connection_pool.connection_kwargs
    wanted = {"host": "bus", "port": 7000, "db": 3, "username": "ann", "password": "p@ss"}
    assert {name: options[name] for name in wanted} == wanted


def test_an_address_with_tls() -> None:
    pool = client_maker("rediss://bus")().connection_pool
    assert pool.connection_class.__name__ == "SSLConnection"


def test_the_address_of_sentinels() -> None:
    url = "rediss+sentinel://ann:p%40ss@one,two:7000,[::1]:7001/main/3"
    pool = client_maker(url)().connection_pool
    assert isinstance(pool, SentinelConnectionPool)
    known = [
        tuple(sentinel.connection_pool.connection_kwargs[name] for name in ("host", "port"))
        for sentinel in pool.sentinel_manager.sentinels
    ]
    assert known == [("one", 26379), ("two", 7000), ("::1", 7001)]
    assert pool.service_name == "main"
    assert pool.connection_class.__name__ == "SentinelManagedSSLConnection"
    options = pool.connection_kwargs
    assert (options["username"], options["password"], options["db"]) == ("ann", "p@ss", 3)


@pytest.mark.parametrize(
    "url",
    [
        "http://bus",
        "bus",
        "redis://bus:port",
        "redis+sentinel://bus",
        "redis+sentinel:///main",
        "redis+sentinel://bus:port/main",
        "redis+sentinel://bus/main/one",
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(BusUnusable, match="--bus"):
        client_maker(url)


@pytest.mark.system
async def test_the_master_is_found_by_a_sentinel(tmp_path: Path) -> None:
    async with valkey(tmp_path / "valkey") as master:
        config = f"sentinel monitor main 127.0.0.1 {master.port} 1\n"
        sentinel = ValkeyProcess(tmp_path / "sentinel", sentinel=config)
        await sentinel.start()
        node = Node(redis_bus(f"redis+sentinel://127.0.0.1:{sentinel.port}/main"))
        await node.start()
        await becomes(node.bus, "ok")
        async with Redis.from_url(master.url) as client:
            assert CHANNEL.encode() in await client.pubsub_channels()
        await node.bus.stop()
        await sentinel.kill()
