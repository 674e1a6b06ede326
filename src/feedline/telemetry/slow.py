"""The log of slow events: what took too long from its commit to its last socket, and where."""

import logging
from collections.abc import Callable

from feedline.telemetry.stages import Flight

LOGGER = "feedline.slow"
SLOW_LINES = 10  # in ten seconds; a node that catches up has thousands, all for one reason

logger = logging.getLogger(LOGGER)


def slow_events(limit: float, count: Callable[[], None]) -> Callable[[Flight], None]:
    """What is to be told of each event that has landed; logs and counts what took more seconds.

    There is not a line for each (``SLOW_LINES``), so the count tells how many they were.
    """

    def heed(flight: Flight) -> None:
        if flight.last - flight.committed > limit:
            count()
            logger.warning("slow event", extra={"fields": _stages(flight)})

    return heed


def _stages(flight: Flight) -> dict[str, int]:
    stages = {
        "seq": flight.seq,
        "commit_to_dispatch_ms": _millis(flight.dispatched - flight.committed),
        "sockets": flight.sockets,
    }
    if flight.first is not None:
        stages["dispatch_to_first_ms"] = _millis(flight.first - flight.dispatched)
        stages["dispatch_to_last_ms"] = _millis(flight.last - flight.dispatched)
    return stages


def _millis(seconds: float) -> int:
    return round(seconds * 1000)
