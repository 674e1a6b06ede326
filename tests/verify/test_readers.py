"""Readers of ``feedline verify``, without a deployment: when they leave a connection."""

import asyncio
from collections.abc import AsyncGenerator

import httpx
import pytest

from feedline.verify import people
from feedline.verify.deployment import Route
from feedline.verify.ledger import Reading
from feedline.verify.people import Reader
from feedline.verify.record import Record
from feedline.verify.transports import TRANSPORTS, Message, Subscription

PATIENCE = 30.0


class Line:
    """A transport on which each connection brings one more place of the log, and then nothing."""

    def __init__(self) -> None:
        self.cursors: list[str] = []
        self.opened = asyncio.Event()

    async def __call__(self, what: Subscription) -> AsyncGenerator[Message]:
        self.cursors.append(what.cursor)
        yield Message("caught_up", f"epoch-{len(self.cursors)}")
        self.opened.set()
        await asyncio.Event().wait()


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setattr(people, "_BEHIND", 0.0)
    found = Line()
    monkeypatch.setitem(TRANSPORTS, "SSE", found)
    return found


async def test_a_connection_that_stays_silent_while_there_is_something_is_left(line: Line) -> None:
    record = Record(0.0)
    async with httpx.AsyncClient() as http:
        reading = Reading("reader 1", "SSE")
        reader = Reader(reading, record, Route(["http://a"], 0), http, "token", "epoch-0")
        task = asyncio.create_task(reader.read(["public"]))
        async with asyncio.timeout(PATIENCE):
            await line.opened.wait()
            for _ in range(10):  # there is nothing that it has not
                reader.look()
                await asyncio.sleep(0)
            assert line.cursors == ["epoch-0"]
            record.newest = 2
            while not reader.has_reached(2):
                reader.look()
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert line.cursors == ["epoch-0", "epoch-1"]
    assert [outage.who for outage in record.outages] == ["SSE"]
