"""A token bucket: a rate with a burst."""


class TokenBucket:
    """Holds up to ``size`` tokens and is refilled with ``size`` a second; size 0 never runs out."""

    __slots__ = ("_level", "_size", "_time")

    def __init__(self, size: int, now: float) -> None:
        self._size = size
        self._level = float(size)
        self._time = now

    def take(self, now: float) -> bool:
        """Takes one token if there is one."""
        if not self._size:
            return True
        refill = (now - self._time) * self._size
        self._level = min(self._size, self._level + max(refill, 0.0))
        self._time = now
        if self._level < 1:
            return False
        self._level -= 1
        return True
