"""Authors and readers who go on while things break, and the verdict on what they have."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.postgres import databases
from tests.processes import Person, ServerProcess, serving
from tests.system.checker import judged, require
from tests.system.cluster import Roamer
from tests.system.follower import Follower, place
from tests.system.writer import Ledger, all_texts, posts
from tests.valkey import valkey

AUTHORS = 3
AT_ONCE = 16  # posts on their way where many are needed
PAUSE = 0.04  # seconds between two posts of an author
PATIENCE = 45.0  # seconds for what takes two, on a machine that has other things to do
SETTINGS = {"FEEDLINE_HEARTBEAT_SECONDS": "0.5"}  # a silent reader learns that it has everything


@dataclass(frozen=True)
class Outcome:
    """What one fault did, once it was over."""

    fault: str
    where: str
    repaired: float
    """Seconds until a post that was begun after it was acknowledged, and everybody had all."""
    keys: tuple[str, ...]
    """Posts that were acknowledged from shortly before it until then."""


@dataclass
class Trial:
    """People at work on some nodes."""

    nodes: list[ServerProcess]
    where: str
    authors: list[Roamer]
    readers: list[Follower]
    begin: str
    ledger: Ledger = field(default_factory=lambda: Ledger(pause=PAUSE))
    outcomes: list[Outcome] = field(default_factory=list)

    @asynccontextmanager
    async def fault(self, name: str, before: int = 10) -> AsyncIterator[None]:
        """Something breaks in the block and is mended at its end; authors go on all the time."""
        since = len(self.ledger.answers)
        await self.more(before)
        yield
        repaired = await self.repaired()
        keys = tuple(self.ledger.answers)[since:]
        self.outcomes.append(Outcome(name, self.where, repaired, keys))

    async def more(self, count: int) -> None:
        """Waits for so many further posts."""
        async with asyncio.timeout(PATIENCE):
            await self.ledger.reach(len(self.ledger.answers) + count)

    async def write_at_once(self, count: int) -> None:
        """So many further posts, without a pause."""
        numbers = iter(range(count))
        await asyncio.gather(*(self._write_all(numbers) for _ in range(AT_ONCE)))

    async def _write_all(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            await self.ledger.publish(self.authors[number % AUTHORS], f"more-{number}")

    async def repaired(self) -> float:
        """Seconds until posts are taken again and every reader has what was acknowledged."""
        since = time.monotonic()
        await self.more(len(self.authors) + 1)  # so at least one was begun after this moment
        last = list(self.ledger.answers.values())[-len(self.authors) - 1 :]
        newest = max((json.loads(answer)["cursor"] for answer in last), key=place)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(reader.reach(newest) for reader in self.readers))
        return time.monotonic() - since

    async def verdict(self) -> "Verdict":
        """What is there in the end, by REST and at every reader. Nobody writes any more."""
        final = (await posts(self.authors[0]))["cursor"]
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(reader.reach(final) for reader in self.readers))
        return Verdict(self, await all_texts(self.authors[0]), final)


class Verdict:
    """Nothing acknowledged may be missing, nothing may be there twice, all have one order."""

    def __init__(self, trial: Trial, stored: list[str], final: str) -> None:
        self._trial = trial
        self._stored = stored
        self._final = final
        found = judged(trial.ledger.sent, trial.readers, stored)
        self._lost = {finding.key for finding in found.lost}
        self._doubled = {finding.key for finding in found.doubled}

    def lost(self, keys: Sequence[str]) -> int:
        """How many of these are missing somewhere."""
        return len(self._lost.intersection(keys))

    def doubled(self, keys: Sequence[str]) -> int:
        return len(self._doubled.intersection(keys))

    def require(self) -> None:
        """Raises AssertionError."""
        trial = self._trial
        require(trial.ledger, trial.readers, self._stored, trial.begin, self._final)
        if len(trial.nodes) == 1:  # else lists go by the time of creation, the log by commits
            assert trial.readers[0].texts() == self._stored, "lists have another order than the log"
        for node in trial.nodes:
            assert [line for line in node.log if "Traceback" in line] == []


Report = Callable[[str], None]


@asynccontextmanager
async def trial(
    nodes: list[ServerProcess], where: str, report: Report, *, patience: float = 15, seed: int = 0
) -> AsyncIterator[Trial]:
    """People at work for the time of a block; after it nothing may be lost, doubled or late."""
    authors = [
        Roamer(await Person.register(nodes[0], f"author{n}"), nodes, seed + n, patience)
        for n in range(AUTHORS)
    ]
    begin = (await authors[0].http.get("/api/posts")).json()["cursor"]
    readers = [
        Follower(Roamer(author, [node], n, patience), ["public"], begin)
        for n, (author, node) in enumerate(zip(authors * len(nodes), nodes, strict=False))
    ]
    at_work = Trial(nodes, where, authors, readers, begin)
    reading = [asyncio.create_task(reader.follow()) for reader in readers]
    end = asyncio.Event()
    writing = [asyncio.create_task(at_work.ledger.keep_publishing(p, end)) for p in authors]
    try:
        yield at_work
        end.set()
        await asyncio.wait_for(asyncio.gather(*writing), PATIENCE)
        verdict = await at_work.verdict()
    finally:
        for task in (*reading, *writing):
            task.cancel()
        await asyncio.gather(*reading, *writing, return_exceptions=True)
    for outcome in at_work.outcomes:
        report(_row(outcome, verdict))
    verdict.require()


def _row(outcome: Outcome, verdict: Verdict) -> str:
    return json.dumps(
        {
            "fault": outcome.fault,
            "where": outcome.where,
            "repaired": round(outcome.repaired, 3),
            "acknowledged": len(outcome.keys),
            "lost": verdict.lost(outcome.keys),
            "doubled": verdict.doubled(outcome.keys),
        }
    )


@asynccontextmanager
async def nodes_on(
    kind: str,
    folder: Path,
    program: tuple[str, ...] = ("feedline",),
    settings: Mapping[str, str] = MappingProxyType({}),
    last: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[list[ServerProcess]]:
    """One node on SQLite, or two on PostgreSQL and a bus.

    The last one has a program and an environment of its own.
    """
    environment = {**SETTINGS, **settings}
    own: dict[str, Any] = {"program": program, "environment": {**environment, **last}}
    async with AsyncExitStack() as stack:
        start = stack.enter_async_context
        if kind == "SQLite":
            yield [await start(serving(folder / "data", **own))]
            return
        url = databases().fresh()
        stack.callback(databases().drop, url)
        bus = await start(valkey(folder / "valkey"))
        options = ("--database", url, "--bus", bus.url)
        first = serving(folder / "one", *options, environment=environment)
        second = serving(folder / "two", *options, **own)
        yield list(await asyncio.gather(start(first), start(second)))
