"""A run: people are signed up, authors publish while readers follow, and then it is judged."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

import httpx
import msgspec

from feedline.errors import VerificationBroken
from feedline.verify.deployment import Caller, Route
from feedline.verify.ledger import Reading, judge
from feedline.verify.people import Account, Author, Reader, register, whose
from feedline.verify.plan import Plan
from feedline.verify.record import Outcome, Record, conclude
from feedline.verify.transports import TRANSPORTS, Content

_BEGIN_SECONDS = 20.0  # for the first requests; what can't be reached then is not there
_PATIENCE = 30.0  # after the end, for posts without an answer
_SETTLE = 60.0  # for readers to have everything: a dead connection is noticed after ten
_LINGER = 1.0  # to see what comes twice
_DELETE_SECONDS = 60.0
_DELETE_AT_ONCE = 8
_LOOK = 0.05

Told = Callable[[str, Record], None]
"""Is called all the time with what is being done."""


class _Row(msgspec.Struct):
    id: str
    content: Content


class _Rows(msgspec.Struct):
    posts: list[_Row]
    next: str | None
    cursor: str


class Run:
    """One run against the addresses of one installation."""

    def __init__(self, urls: Sequence[str], plan: Plan, http: httpx.AsyncClient) -> None:
        self._urls = list(urls)
        self._plan = plan
        self._http = http
        self._name = f"verify-{secrets.token_hex(3)}"
        self._routes = cycle(range(len(self._urls)))
        self.record = Record(time.monotonic())

    async def go(self, tell: Told) -> Outcome:
        """Raises VerificationBroken if it can't be put to the test."""
        tell("Signing people up", self.record)
        try:
            authors, reader, cursor = await self._begin(time.monotonic() + _BEGIN_SECONDS)
        except TimeoutError:
            raise VerificationBroken(f"{' and '.join(self._urls)} can't be reached.") from None
        try:
            end = await self._drive(authors, reader, cursor, tell)
            tell("Comparing with the lists", self.record)
            stored = [key for author in authors for key in await self._listed(author)]
        except TimeoutError:
            raise VerificationBroken("It could not be reached any more at the end.") from None
        finally:
            if not self._plan.keep:
                tell("Deleting what it made", self.record)
                await self._delete(authors, reader)
        verdict = judge(self.record.sent, self.record.readings, stored)
        return conclude(self.record, verdict, end)

    def _caller(self, token: str) -> Caller:
        return Caller(self._http, self._route(), self.record, token)

    def _route(self) -> Route:
        return Route(self._urls, next(self._routes))

    async def _begin(self, until: float) -> tuple[list[Account], Account, str]:
        """Authors, who reads, and the place from which all follow."""
        plan = self._plan
        if plan.token:
            myself = await whose(self._caller(plan.token), plan.token, until)
            authors, reader = [myself], myself
        else:
            names = [f"{self._name}-author{number}" for number in range(plan.authors)]
            signing = [register(self._caller(""), name, until) for name in names]
            reading = register(self._caller(""), f"{self._name}-reader", until)
            *authors, reader = await asyncio.gather(*signing, reading)
        answer = await self._caller(reader.token).call("GET", "/api/posts?limit=1", until=until)
        return authors, reader, msgspec.json.decode(answer.content, type=_Rows).cursor

    async def _drive(
        self, authors: Sequence[Account], reader: Account, cursor: str, tell: Told
    ) -> float:
        """Lets authors publish and readers follow; when all of that has ended."""
        channels = [f"creator:{author.id}" for author in authors]
        readers = [self._reader(number, reader, cursor) for number in range(self._plan.readers)]
        following = [asyncio.create_task(who.read(channels)) for who in readers]
        telling = asyncio.create_task(self._keep_looking(readers, tell))
        self.record.start = time.monotonic()
        try:
            writing = asyncio.gather(*self._writers(authors))
            await _unless_one_fails(writing, following)
            await _unless_one_fails(asyncio.ensure_future(self._settle(readers)), following)
            return time.monotonic()
        finally:
            for task in (*following, telling):
                task.cancel()
            await asyncio.gather(*following, telling, return_exceptions=True)

    def _reader(self, number: int, account: Account, cursor: str) -> Reader:
        transport = list(TRANSPORTS)[number % len(TRANSPORTS)]
        reading = Reading(f"reader {number + 1} ({transport})", transport)
        self.record.readings.append(reading)
        # Those of one transport begin at different addresses.
        route = Route(self._urls, number // len(TRANSPORTS))
        return Reader(reading, self.record, route, self._http, account.token, cursor)

    def _writers(self, authors: Sequence[Account]) -> list[asyncio.Task[None]]:
        """With one token all authors are one person, who does several things at a time."""
        plan, accounts = self._plan, cycle(authors)
        interval = plan.authors / plan.rate
        start = self.record.start
        names = [f"{self._name}-{number}" for number in range(plan.authors)]
        people = [Author(name, self._caller(next(accounts).token), self.record) for name in names]
        return [
            asyncio.create_task(
                who.write(start + number / plan.rate, interval, start + plan.seconds, _PATIENCE)
            )
            for number, who in enumerate(people)
        ]

    async def _keep_looking(self, readers: Sequence[Reader], tell: Told) -> None:
        while True:
            tell("Authors publish", self.record)
            for reader in readers:
                reader.look()
            await asyncio.sleep(_LOOK)

    async def _settle(self, readers: Sequence[Reader]) -> None:
        """Waits until everybody has everything, or has had the time for it."""
        last = max((post.place for post in self.record.sent.values()), default=0)
        deadline = time.monotonic() + _SETTLE
        while time.monotonic() < deadline and not all(  # noqa: ASYNC110 - many things may end it
            reader.has_reached(last) for reader in readers
        ):
            await asyncio.sleep(_LOOK)
        await asyncio.sleep(_LINGER)

    async def _listed(self, author: Account) -> list[str]:
        """What the lists have of somebody, as far back as this run goes. Raises TimeoutError."""
        first = min(
            (post.post_id for post in self.record.sent.values() if post.post_id), default=""
        )
        caller, until = self._caller(author.token), time.monotonic() + _PATIENCE
        found: list[str] = []
        query = {"creator": author.id, "limit": "100"}
        while True:
            answer = await caller.call("GET", "/api/posts", until=until, params=query)
            rows = msgspec.json.decode(answer.content, type=_Rows)
            found += [row.content.text for row in rows.posts]
            if rows.next is None or rows.posts[-1].id < first:
                return found
            query["page"] = rows.next

    async def _delete(self, authors: Sequence[Account], reader: Account) -> None:
        """Deletes the people who were signed up, and with them what they wrote, or else that."""
        gate, until = asyncio.Semaphore(_DELETE_AT_ONCE), time.monotonic() + _DELETE_SECONDS

        async def delete(account: Account, path: str, **named: Any) -> None:
            async with gate:
                with contextlib.suppress(TimeoutError, VerificationBroken):
                    caller = self._caller(account.token)
                    await caller.call("DELETE", path, until=until, **named)

        people = [account for account in (*authors, reader) if account.password]
        posts = [] if people else [post.post_id for post in self.record.sent.values()]
        await asyncio.gather(
            *(delete(who, "/api/me", json={"password": who.password}) for who in people),
            *(delete(reader, f"/api/posts/{post_id}") for post_id in posts if post_id),
        )


async def _unless_one_fails(
    waited: asyncio.Future[Any], readers: Sequence[asyncio.Task[None]]
) -> None:
    """Waits for something; a reader that ends meanwhile was not let in, and that is raised."""
    await asyncio.wait([waited, *readers], return_when=asyncio.FIRST_COMPLETED)
    for reader in readers:
        if reader.done():
            waited.cancel()
            await asyncio.gather(waited, return_exceptions=True)
            reader.result()
    await waited
