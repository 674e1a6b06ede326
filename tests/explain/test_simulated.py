"""What is told of a connection is what it was sent, however many things go wrong at once.

The real hub, sessions and fan-out run in the simulation, and what they write down is compared with
the bytes that were handed to each socket.
"""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
import pytest

from feedline.explain.facts import Facts, Follows, PersonFacts, PostFacts
from feedline.explain.journey import Journey, journey_of
from feedline.feed.cursor import Cursor
from feedline.feed.trails import NodeRun, Trail
from feedline.hub.trails import OpenTrail, Trails
from tests.simulation.clock import run_virtually
from tests.simulation.nodes import Client, Node, SimSocket
from tests.simulation.story import FOLLOWED, Story
from tests.simulation.world import Weather

SEEDS = int(os.environ.get("FEEDLINE_TEST_SEEDS", "60"))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.getLogger("feedline").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("feedline").setLevel(logging.NOTSET)


@dataclass
class Sent:
    """A connection, and the places in the log of all events that its socket was handed."""

    user_id: str
    socket: SimSocket
    seqs: set[int] = field(default_factory=set)


class Recorder:
    """Has every node write down, and looks at every socket itself."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.marks: dict[OpenTrail, list[object]] = {}
        self.all: list[Trails] = []

    def watch(self, node: Node) -> None:
        loop = asyncio.get_running_loop()
        run = NodeRun(id=f"run{len(self.all)}", name=node.name, pid=1, started_at=0, seen_at=0)
        trails = Trails(run, lambda: int(loop.time() * 1000), node.hub.level)
        node.hub.trails = trails
        self.all.append(trails)
        node.run(self._keep_taking(trails))
        opens = node.__class__.open.__get__(node)

        def open_(client: Client, user_id: str, weather: Weather) -> SimSocket:
            socket: SimSocket = opens(client, user_id, weather)
            self._look_at(Sent(user_id, socket))
            return socket

        node.open = open_  # type: ignore[method-assign]

    def _look_at(self, sent: Sent) -> None:
        self.sent.append(sent)
        send = sent.socket.send

        def noted(body: bytes) -> None:
            message = msgspec.json.decode(body)
            if message["type"] == "post_created":
                cursor = Cursor.parse(message["cursor"])
                assert cursor is not None
                sent.seqs.add(cursor.seq)
            send(body)

        sent.socket.send = noted  # type: ignore[method-assign]

    async def _keep_taking(self, trails: Trails) -> None:
        while True:
            await asyncio.sleep(0.7)
            self.take(trails)

    def take(self, trails: Trails) -> None:
        for one in trails._waiting.changed:
            self.marks.setdefault(one, []).extend(one._marks)
        trails.take()


def told(seed: int) -> Counter[str]:
    """Runs a seed and compares; how often there was which outcome."""
    recorder = Recorder()
    story = Story(seed, recorder.watch)

    async def run() -> Counter[str]:
        await story.run()
        await asyncio.sleep(2)  # what was cut last is lost by now
        for trails in recorder.all:
            recorder.take(trails)
        return compared(recorder, story)

    return run_virtually(run())


def compared(recorder: Recorder, story: Story) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for sent in recorder.sent:
        open_trail = sent.socket.connection._trail
        if not hasattr(open_trail, "trail"):
            assert not sent.seqs
            continue
        marks = recorder.marks.get(open_trail, [])
        trail = msgspec.structs.replace(open_trail.trail, marks=marks)
        for seq, author in enumerate(story._log.authors, 1):
            journey = of_post(trail, seq, author, story._log.at[seq - 1])
            outcomes[journey.outcome] += 1
            problem = f"{journey.outcome} of {seq} by {author}: {trail}, but was sent {sent.seqs}"
            assert journey.is_sent == (seq in sent.seqs), problem
    return outcomes


def of_post(trail: Trail, seq: int, author: str, at: float) -> Journey:
    follows = author in FOLLOWED and trail.user_id == "fan"
    person = PersonFacts(trail.user_id, trail.user_id, followed_since=0 if follows else None)
    post = PostFacts(f"p{seq}", author, author, seq, int(at * 1000))
    run = NodeRun(id=trail.node_id, name="", pid=1, started_at=0, seen_at=2**62)
    facts = Facts(2**62, 0, post, person, nodes={run.id: run})
    return journey_of(trail, facts, Follows(facts))


def test_what_is_told_is_what_was_sent() -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(SEEDS):
        try:
            outcomes += told(seed)
        except AssertionError as failure:
            raise AssertionError(f"seed {seed}: {failure}") from failure
    # Without these the runs would have had nothing to find.
    for outcome in ("live", "replayed", "listed", "resynced", "closed", "no_channel"):
        assert outcomes[outcome] > SEEDS, outcomes
