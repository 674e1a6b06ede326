"""An event loop in which time passes only when nothing else can happen."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Leap(selectors.SelectSelector):
    """Waits for nothing: the time that the loop would wait has passed at once."""

    def __init__(self, leap: Callable[[float], None]) -> None:
        super().__init__()
        self._leap = leap

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everything waits for something that can't happen")
        self._leap(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs hours in moments, and the same way each time."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_Leap(self._pass_time))

    def time(self) -> float:
        return self._now

    def _pass_time(self, seconds: float) -> None:
        self._now += max(0.0, seconds)


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
