"""The dashboard of one node: samples every two seconds, told to whoever may see them, and kept."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Literal, NamedTuple, Protocol

from feedline.dashboard.board import FORGOTTEN_AFTER, KEPT_MISHAPS, TICK_SECONDS, Board
from feedline.dashboard.minutes import MINUTE, Minutes, kept
from feedline.dashboard.points import Figures, FiguresAnswer, Past, past_of
from feedline.dashboard.sampler import Probe, Sampler
from feedline.dashboard.samples import decode, encode
from feedline.errors import Unavailable
from feedline.feed.channels import ADMIN
from feedline.feed.instants import Millis
from feedline.feed.joining import is_admin
from feedline.feed.visibility import Viewer
from feedline.store.base import Snapshot, Store
from feedline.wire import messages

KEEP_TICKS = 5  # between writes of the minute: at most that much is lost by a kill
BUSLESS_TICKS = 2  # the same while other nodes find them in the database only
PROBE_SECONDS = 1.5  # a database that takes longer for a tiny read counts as down
TRUSTED_SECONDS = 300.0  # for which rights that were read hold while none can be
CACHED: Millis = 10_000  # what is past hardly changes, and a day of it is much to read

Span = Literal["live", "hour", "day"]


class _Extent(NamedTuple):
    length: Millis
    step: Millis


class _Waiting(NamedTuple):
    """Reports without an answer, and the id of the last that came."""

    number: int
    newest: str | None


_SPANS: dict[Span, _Extent] = {
    "hour": _Extent(60 * MINUTE, MINUTE),
    "day": _Extent(24 * 60 * MINUTE, 5 * MINUTE),
}

logger = logging.getLogger("feedline.dashboard")


class Watcher(Protocol):
    """A live connection that has the channel ``admin``."""

    @property
    def viewer(self) -> Viewer: ...

    def tell(self, body: bytes) -> None:
        """Sends a message, if the connection can take one now."""

    def recheck(self) -> None:
        """Ends channels that this person may not have any more."""


class Dashboard:
    """``watchers``: who has the channel here. ``tell``: says something to the other nodes."""

    def __init__(
        self,
        sampler: Sampler,
        store: Store,
        *,
        watchers: Callable[[], Iterable[Watcher]],
        tell: Callable[[bytes], None],
        clock: Callable[[], Millis],
    ) -> None:
        self._sampler = sampler
        self._store = store
        self._watchers = watchers
        self._tell = tell
        self._clock = clock
        self._board = Board()
        self._minutes = Minutes()
        self._made: dict[Span, tuple[Millis, Past]] = {}
        self._keeping: asyncio.Task[None] | None = None
        self._ticks = 0
        self._admins: frozenset[str] = frozenset()
        self._admins_read = -TRUSTED_SECONDS
        self._reports = _Waiting(0, None)

    # ---- over time

    async def run(self) -> None:
        """Samples until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time() + TICK_SECONDS
        while True:
            await asyncio.sleep(max(0.0, due - TICK_SECONDS / 2 - loop.time()))
            await self._end_former_admins()
            await asyncio.sleep(max(0.0, due - loop.time()))
            late = (loop.time() - due) * 1000
            due = max(due + TICK_SECONDS, loop.time())
            try:
                await self.tick(late)
            except Exception:  # the figures of a moment are missing; the next ones need not be
                logger.exception("no figures")

    async def tick(self, loop_lag: float = 0) -> None:
        watchers = list(self._watchers())
        probe = await self._probe({watcher.viewer.id or "" for watcher in watchers})
        sample = self._sampler.sample(probe, loop_lag)
        self._tell(encode(sample))
        self._board.take(sample)
        self._minutes.add(sample)
        now = self._clock()
        point, mishaps = self._board.turn(now)
        if watchers:
            nodes = self._board.nodes(now)
            told = Figures(
                channel=ADMIN,
                timestamp=point.at,
                point=point,
                nodes=nodes,
                mishaps=mishaps,
                open_reports=self._reports.number,
                newest_report=self._reports.newest,
            )
            self._show(watchers, messages.encode(told))
        self._ticks += 1
        is_degraded = sample.bus != "ok"
        is_due = self._ticks % (BUSLESS_TICKS if is_degraded else KEEP_TICKS) == 0
        if is_due and (self._keeping is None or self._keeping.done()):
            self._keeping = asyncio.create_task(self._keep(hear_others=is_degraded))

    def hear(self, note: bytes) -> None:
        """Another node says something, maybe its figures."""
        sample = decode(note)
        if sample is not None:
            self._board.take(sample)

    async def stop(self) -> None:
        """The node ends: what it has counted is kept, and the others need not miss it."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        sample = self._sampler.sample(Probe("ok", None, None), 0, is_stopped=True)
        self._tell(encode(sample))
        self._minutes.add(sample)
        await self._keep(hear_others=False)

    # ---- for admins

    async def answer(self, span: Span, admit: Callable[[Snapshot], str]) -> FiguresAnswer:
        """What a page shows at first. ``admit`` raises if the caller may not see it.

        It returns the cursor of what was read. Raises Unavailable.
        """
        now = self._clock()
        if span == "live":
            past = Past(points=list(self._board.points), mishaps=list(self._board.mishaps))
            cursor = await self._store.read(admit)
        else:
            past, cursor = await self._store.read(
                lambda snapshot: self._past(snapshot, span, admit)
            )
        return FiguresAnswer(
            span=span,
            step=TICK_SECONDS if span == "live" else _SPANS[span].step / 1000,
            points=past.points,
            nodes=self._board.nodes(now),
            mishaps=past.mishaps,
            cursor=cursor,
        )

    def _past(
        self, snapshot: Snapshot, span: Span, admit: Callable[[Snapshot], str]
    ) -> tuple[Past, str]:
        """On a reader's thread. Several who look at the same time make one of it, mostly."""
        cursor, now = admit(snapshot), self._clock()
        made_at, past = self._made.get(span, (0, None))
        if past is None or now - made_at > CACHED:
            length, step = _SPANS[span]
            past = past_of(kept(snapshot, now - length), step, KEPT_MISHAPS)
            self._made[span] = (now, past)
        return past, cursor

    # ---- parts of a tick

    async def _probe(self, user_ids: set[str]) -> Probe:
        began = monotonic()

        def read(snapshot: Snapshot) -> tuple[int, frozenset[str], _Waiting]:
            admins = frozenset(id_ for id_ in user_ids if is_admin(id_, snapshot))
            reports = _waiting(snapshot) if admins else self._reports
            return snapshot.log_bounds().head, admins, reports

        try:
            async with asyncio.timeout(PROBE_SECONDS):
                head, self._admins, self._reports = await self._store.read(read)
        except (Unavailable, TimeoutError):
            return Probe("down", None, None)
        self._admins_read = monotonic()
        return Probe("ok", (self._admins_read - began) * 1000, head)

    async def _end_former_admins(self) -> None:
        """Between two ticks, so that nobody keeps the channel for longer than one."""
        watchers = list(self._watchers())
        if watchers:
            await self._probe({watcher.viewer.id or "" for watcher in watchers})
        for watcher in watchers:
            if watcher.viewer.id not in self._admins:
                watcher.recheck()

    def _show(self, watchers: Iterable[Watcher], body: bytes) -> None:
        """To admins; whoever is none any more loses the channel."""
        are_known = monotonic() - self._admins_read < TRUSTED_SECONDS
        for watcher in watchers:
            if watcher.viewer.id not in self._admins:
                watcher.recheck()
            elif are_known:
                watcher.tell(body)

    # ---- what is kept

    async def remember(self) -> None:
        """Learns at the start of the nodes that were there a moment ago. Raises Unavailable."""
        since = self._clock() - FORGOTTEN_AFTER
        for sample in await self._store.read(lambda snapshot: kept(snapshot, since)):
            self._board.take(sample)

    async def _keep(self, *, hear_others: bool) -> None:
        """Writes down what is owed. Without a bus the others are read from there too."""
        write, written = self._minutes.command()
        try:
            await self._store.write(write)
            written()
            if hear_others:
                await self._hear_others()
        except Unavailable as failure:
            logger.info("figures are kept later: %s", failure)

    async def _hear_others(self) -> None:
        since = self._clock() - MINUTE
        for sample in await self._store.read(lambda snapshot: kept(snapshot, since)):
            if sample.facts.id != self._sampler.facts.id:
                self._board.take(sample)


def _waiting(snapshot: Snapshot) -> _Waiting:
    newest = snapshot.reports(is_open=True, before=None, limit=1)
    return _Waiting(snapshot.count_open_reports(), newest[0].id if newest else None)
