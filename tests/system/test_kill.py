"""`kill -9`, again and again: what was acknowledged is there, once, and readers miss nothing."""

import asyncio
import contextlib
import json
import random
from pathlib import Path

import pytest

from tests.conftest import Figures
from tests.processes import Person, serving
from tests.system.checker import judged, require
from tests.system.follower import Follower
from tests.system.writer import Ledger, all_texts

pytestmark = pytest.mark.system

KILLS = 25
WRITERS = 8
SEED = 20_260_122


@pytest.mark.timeout(300)  # a bound for a busy machine
async def test_25_kills_lose_nothing_and_double_nothing(tmp_path: Path, figures: Figures) -> None:
    rng = random.Random(SEED)
    ledger, end = Ledger(), asyncio.Event()
    # A reader whose channels are silent learns by a heartbeat that it has everything.
    settings = {"FEEDLINE_HEARTBEAT_SECONDS": "0.5"}
    async with serving(tmp_path / "data", environment=settings) as server:
        people = [await Person.register(server, f"author{n}") for n in range(WRITERS)]
        reader = await Person.register(server, "reader")
        begin = (await reader.http.get("/api/posts")).json()["cursor"]
        everything = Follower(reader, ["public"], begin)
        own_feed = Follower(people[0], [f"feed:{people[0].id}"], begin)
        following = [asyncio.create_task(f.follow()) for f in (everything, own_feed)]
        writing = [asyncio.create_task(ledger.keep_publishing(p, end)) for p in people]

        for _ in range(KILLS):
            await ledger.reach(len(ledger.answers) + rng.randint(1, 40))
            await server.kill()
            await server.start()
        end.set()
        await asyncio.gather(*writing)
        final = (await reader.http.get("/api/posts")).json()["cursor"]
        async with asyncio.timeout(60):
            await asyncio.gather(everything.reach(final), own_feed.reach(final))
        await _cancel(following)
        stored = await all_texts(reader)
        for person in (*people, reader):
            await person.http.aclose()

    figures(
        f"{KILLS} kills, {len(ledger.answers)} posts acknowledged, "
        f"{ledger.broken} requests without an answer, {ledger.repeated} answers repeated; "
        f"readers connected {everything.connections} and {own_feed.connections} times"
    )
    require(ledger, [everything], stored, begin, final)
    assert everything.texts() == stored, "lists have another order than the log"
    own = {key: sent for key, sent in ledger.sent.items() if key.startswith("author0-")}
    assert judged(own, [own_feed], stored).good
    assert own_feed.resyncs == 0
    assert set(own_feed.texts()) == set(own), "a feed has what others wrote"
    _check_events_against_answers(everything, ledger)
    # Without these the test would have had nothing to find.
    assert ledger.broken >= KILLS
    assert ledger.repeated > 0
    assert min(everything.connections, own_feed.connections) > KILLS // 2
    assert not [line for line in server.log if "Traceback" in line]


def _check_events_against_answers(follower: Follower, ledger: Ledger) -> None:
    """Each acknowledgement names the post and the position that the log has."""
    for event in follower.events:
        answer = json.loads(ledger.answers[event["post"]["content"]["text"]])
        assert event["post"]["id"] == answer["post"]["id"]
        assert event["cursor"] == answer["cursor"]


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
