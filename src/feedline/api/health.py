"""For those who run an installation: liveness, readiness, metrics, and what the API offers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from feedline.api.operation import Call
from feedline.api.services import Services
from feedline.errors import Unavailable
from feedline.feed.people import Wire
from feedline.telemetry.merging import merged
from feedline.wire.answers import Answer, answered
from feedline.wire.problems import answer_to

PLAIN_METRICS = CONTENT_TYPE_PLAIN_0_0_4.encode()
PATIENCE = 2.0  # seconds; whoever asks waits little longer
WORKER_PATIENCE = 0.5  # for each worker to say how it is: probes wait for a second by default
SCRAPE_PATIENCE = 3.0  # for each worker's metrics; Prometheus waits for ten seconds
METRICS, READY = b"metrics", b"ready"  # what workers ask each other
_WELL = "ok"


class Alive(Wire, frozen=True):
    """The process answers."""

    status: str = "ok"


class Ready(Wire, frozen=True):
    """Whether requests should be sent here, and what was looked at."""

    status: str
    checks: dict[str, str]


class Health:
    """The handlers for operators."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def alive(self, _call: Call[None, None]) -> Answer:
        return answered(Alive())

    async def ready(self, _call: Call[None, None]) -> Answer:
        checks = await self._checks()
        workers, replicas = await self._workers(), self._replicas()
        if _is_ready(checks):
            # Without the bus other nodes tell their readers a moment later, and nothing is lost.
            # What knocks is taken by the workers that are well.
            # What a replica can't answer, the database does.
            others = workers | replicas
            well = checks["bus"] == "ok" and set(others.values()) <= {_WELL}
            status = "ready" if well else "degraded"
            return answered(Ready(status=status, checks=checks | others))
        return answer_to(Unavailable("This server is not ready."), checks | workers | replicas)

    async def metrics(self, _call: Call[None, None]) -> Answer:
        siblings = self._services.workers
        if siblings is None:
            return Answer(await self.own_metrics(), media_type=PLAIN_METRICS)
        found = await siblings.ask(METRICS, SCRAPE_PATIENCE)
        return Answer(merged(found), media_type=PLAIN_METRICS)

    def answers(self) -> Mapping[bytes, Callable[[], Awaitable[bytes]]]:
        """What this process says when another worker asks."""
        return {METRICS: self.own_metrics, READY: self.own_readiness}

    async def own_metrics(self) -> bytes:
        return generate_latest(self._services.metrics.registry)

    async def own_readiness(self) -> bytes:
        return _WELL.encode() if _is_ready(await self._checks()) else b"not ready"

    async def _checks(self) -> dict[str, str]:
        return {
            "database": await self._database(),
            "bus": self._services.bus_state(),
            "draining": "yes" if self._services.draining() else "no",
        }

    async def _workers(self) -> dict[str, str]:
        """How each worker is, if there are several."""
        siblings = self._services.workers
        if siblings is None:
            return {}
        found = await siblings.ask(READY, WORKER_PATIENCE)
        return {
            f"worker {number}": "no answer" if answer is None else answer.decode()
            for number, answer in found.items()
        }

    def _replicas(self) -> dict[str, str]:
        """How each replica of the database is, if there are any."""
        found = self._services.replicas()
        return {f"replica {replica.name}": replica.state for replica in found}

    async def _database(self) -> str:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._services.store.read(lambda reads: reads.cursor())
        except TimeoutError:
            return "slow"
        except Unavailable:
            return "failing"
        return "ok"


def _is_ready(checks: Mapping[str, str]) -> bool:
    return checks["database"] == "ok" and checks["draining"] == "no"
