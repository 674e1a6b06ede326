"""A line to Redis or Valkey: PUBLISH and SUBSCRIBE on one channel."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from feedline.bus.addresses import client_maker, close_client
from feedline.bus.echoing import Broker, Line

CONNECT_SECONDS = 3.0


class RedisLine:
    """Letters go out in one write, and come in as messages of the subscription."""

    carries_entries = True

    def __init__(self, client: Redis, subscription: PubSub, channel: str) -> None:
        self._client = client
        self._subscription = subscription
        self._channel = channel

    async def send(self, letters: list[bytes]) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for letter in letters:
            pipeline.publish(self._channel, letter)
        await pipeline.execute()

    async def receive(self) -> bytes:
        while True:
            message = await self._subscription.get_message(timeout=None)
            if message is not None:
                data: bytes = message["data"]
                return data


def redis_broker(url: str, channel: str) -> Broker:
    """The one at an address. Raises BusUnusable."""
    connect = client_maker(url)
    return Broker(lambda: _line(connect, channel), (RedisError,))


@asynccontextmanager
async def _line(connect: Callable[[], Redis], channel: str) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        client = connect()
        stack.push_async_callback(close_client, client)
        subscription = client.pubsub(ignore_subscribe_messages=True)
        stack.push_async_callback(subscription.aclose)
        async with asyncio.timeout(CONNECT_SECONDS):
            await subscription.subscribe(channel)
        yield RedisLine(client, subscription, channel)
