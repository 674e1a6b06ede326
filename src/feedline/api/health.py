"""For those who run an installation: liveness, readiness, metrics, and what the API offers."""

import asyncio

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from feedline.api.operation import Call
from feedline.api.services import Services
from feedline.errors import Unavailable
from feedline.feed.people import Wire
from feedline.wire.answers import Answer, answered
from feedline.wire.problems import answer_to

PLAIN_METRICS = CONTENT_TYPE_PLAIN_0_0_4.encode()
PATIENCE = 2.0  # seconds; whoever asks waits little longer


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
        checks = {
            "database": await self._database(),
            "bus": self._services.bus_state(),
            "draining": "yes" if self._services.draining() else "no",
        }
        if checks["database"] == "ok" and checks["draining"] == "no":
            # Without the bus other nodes tell their readers a moment later, and nothing is lost.
            status = "ready" if checks["bus"] == "ok" else "degraded"
            return answered(Ready(status=status, checks=checks))
        return answer_to(Unavailable("This server is not ready."), checks)

    async def metrics(self, _call: Call[None, None]) -> Answer:
        return Answer(generate_latest(self._services.metrics.registry), media_type=PLAIN_METRICS)

    async def _database(self) -> str:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._services.store.read(lambda reads: reads.cursor())
        except TimeoutError:
            return "slow"
        except Unavailable:
            return "failing"
        return "ok"
