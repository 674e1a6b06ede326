"""A token bucket: a rate with a burst."""


class TokenBucket:
    """Holds up to ``size`` tokens and is refilled in so many seconds; size 0 never runs out."""

    __slots__ = ("_level", "_seconds", "_size", "time")

    def __init__(self, size: int, now: float, seconds: float = 1) -> None:
        self.time = now
        """When it was last asked."""
        self._size = size
        self._seconds = seconds
        self._level = float(size)

    def take(self, now: float) -> bool:
        """Takes one token if there is one."""
        if not self._size:
            return True
        refill = (now - self.time) * self._size / self._seconds
        self._level = min(self._size, self._level + max(refill, 0.0))
        self.time = now
        if self._level < 1:
            return False
        self._level -= 1
        return True
