"""How long to wait before asking again."""

import random

_FIRST = 0.25  # seconds
LONGEST = 30.0


def pause(failures: int) -> float:
    """Seconds, twice as many after each failure, with chance in it so that not all come at once."""
    return min(LONGEST, _FIRST * 2.0 ** min(failures, 10)) * random.uniform(0.5, 1)  # noqa: S311
