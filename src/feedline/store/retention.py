"""Keeps the database from growing for ever: old events, answers, sessions, notifications go."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from feedline.errors import Unavailable
from feedline.feed.instants import Millis
from feedline.store.base import Store

LOOK_SECONDS = 600.0
_HOUR: Millis = 3_600_000
_DAY = 24 * _HOUR
_ALL = 2**31
_FIGURES_KEPT = 25 * _HOUR  # the last day is shown, and its first hour is to be whole

logger = logging.getLogger("feedline.store")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What is kept, at the least."""

    log_days: float
    log_events: int
    answer_hours: float
    notification_days: float
    notifications: int
    audit_days: float
    trail_hours: float = 24
    trail_rows: int = 1_000_000


async def trim(store: Store, retention: Retention, now: Millis) -> int:
    """Drops everything that is past its time; returns how many rows."""
    dropped = await store.trim(now - int(retention.log_days * _DAY), retention.log_events)
    dropped += await store.forget_answers(now - int(retention.answer_hours * _HOUR))
    dropped += await store.forget_audit(_oldest(now, retention.audit_days))
    oldest = _oldest(now, retention.notification_days)
    dropped += await store.forget_notifications(oldest, retention.notifications or _ALL)
    oldest = now - int(retention.trail_hours * _HOUR)
    dropped += await store.forget_trails(oldest, retention.trail_rows or _ALL)
    return dropped + await store.forget_figures(now - _FIGURES_KEPT)


def _oldest(now: Millis, days: float) -> Millis:
    """From when on things are kept; 0 days: for ever."""
    return now - int(days * _DAY) if days else 0


async def keep_trimmed(store: Store, retention: Retention, clock: Callable[[], Millis]) -> None:
    """Trims again and again, until cancelled."""
    while True:
        try:
            dropped = await trim(store, retention, clock())
        except Unavailable as failure:
            logger.warning("clean-up put off: %s", failure)
        else:
            if dropped:
                logger.info("clean-up", extra={"fields": {"rows": dropped}})
        await asyncio.sleep(LOOK_SECONDS)
