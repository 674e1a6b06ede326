"""A line to PostgreSQL: NOTIFY and LISTEN on one channel, as a wake-up for those with no broker."""

import asyncio
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection, Notify

from feedline.bus.echoing import Broker, Line

CONNECT_SECONDS = 5
_NOTIFY = "SELECT pg_notify(%s, letter) FROM unnest(%s::text[]) AS letter"


class PostgresLine:
    """Two connections: one that listens can't be told anything meanwhile."""

    carries_entries = False  # a payload has 8,000 bytes, and each passes through the database

    def __init__(
        self, speaker: AsyncConnection[Any], notices: AsyncIterator[Notify], channel: str
    ) -> None:
        self._speaker = speaker
        self._notices = notices
        self._channel = channel

    async def send(self, letters: list[bytes]) -> None:
        texts = [b64encode(letter).decode() for letter in letters]
        await self._speaker.execute(_NOTIFY, (self._channel, texts))

    async def receive(self) -> bytes:
        try:
            return b64decode((await anext(self._notices)).payload, validate=True)
        except (NoBase64, ValueError):
            return b""  # which is no letter


def postgres_broker(url: str, channel: str) -> Broker:
    """The database that nodes share anyway."""
    return Broker(lambda: _line(url, channel), (psycopg.Error, StopAsyncIteration))


@asynccontextmanager
async def _line(url: str, channel: str) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        speaker, listener = [
            await AsyncConnection.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS)
            for _ in range(2)
        ]
        stack.push_async_callback(speaker.close)
        stack.push_async_callback(listener.close)
        async with asyncio.timeout(CONNECT_SECONDS):
            await listener.execute(psycopg.sql.SQL("LISTEN {}").format(_name(channel)))
        notices = listener.notifies()
        stack.push_async_callback(notices.aclose)
        yield PostgresLine(speaker, notices, channel)


def _name(channel: str) -> psycopg.sql.Identifier:
    return psycopg.sql.Identifier(channel)
