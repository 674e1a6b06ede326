"""How long a connection may be silent, slow or unknown, and when that is looked at."""

import math
from typing import Protocol

TICK_SECONDS = 0.5  # between looks at a connection, at the least
LONGEST_SECONDS = 5.0  # and at the most: clocks jump, and who has gone is held as long


class Deadlines(Protocol):
    """Seconds that a connection is given."""

    @property
    def first_message_seconds(self) -> float: ...

    @property
    def heartbeat_seconds(self) -> float: ...

    @property
    def stall_seconds(self) -> float: ...

    @property
    def silence_seconds(self) -> float: ...


def deadline(start: float, limit: float) -> float:
    """When so many seconds are over; a limit of 0 is none."""
    return start + limit if limit else math.inf


def past(limit: float, seconds: float) -> bool:
    """Whether so many seconds are too many; a limit of 0 is none."""
    return 0 < limit <= seconds
