"""What the API is given to work with."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from feedline.api.identity import Passes
from feedline.api.passwords import Hasher
from feedline.api.throttle import LoginThrottle, PersonThrottle
from feedline.api.tokens import Tokens
from feedline.config import Settings
from feedline.dashboard.dashboard import Span
from feedline.dashboard.points import FiguresAnswer
from feedline.feed.cursor import Cursor
from feedline.feed.instants import Millis
from feedline.feed.outcomes import Gathering
from feedline.feed.policy import LivePolicy
from feedline.media.files import Files
from feedline.media.pictures import Pictures
from feedline.store.base import ReplicaReport, Snapshot, Store
from feedline.telemetry.metrics import Metrics
from feedline.trial.arms import Evidence
from feedline.trial.report import Report


class Workers(Protocol):
    """All workers of a port (``siblings.py``)."""

    async def ask(self, question: bytes, seconds: float) -> dict[int, bytes | None]:
        """What each of them answers, this one too; None is one that did not, in so much time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Made by the composition root; everything real is chosen there."""

    settings: Settings
    store: Store
    tokens: Tokens
    passes: Passes
    hasher: Hasher
    throttle: LoginThrottle
    clock: Callable[[], Millis]
    known: Callable[[], Cursor]
    """The newest place in the log of which this node has heard."""
    draining: Callable[[], bool]
    is_connected: Callable[[str], Awaitable[bool]]
    """Whether a person has a socket, a stream or a poll open at any node, as far as is known."""
    policy: Callable[[], LivePolicy]
    """Who has live delivery, as far as this node has heard."""
    gathering: Callable[[], Gathering | None]
    """Where the outcomes of the experiment that runs are summed up."""
    report: Callable[[Evidence], Report]
    """Works out what came of an experiment; takes a while."""
    figures: Callable[[Span, Callable[[Snapshot], str]], Awaitable[FiguresAnswer]]
    """How the installation fares and fared, for whom the given function lets in."""
    bus_state: Callable[[], str]
    """How the bus between nodes is: `ok`, or `degraded`."""
    replicas: Callable[[], Sequence[ReplicaReport]]
    """How the servers are that answer for the database."""
    uploads: PersonThrottle
    exports: PersonThrottle
    reaches: PersonThrottle
    files: Files
    pictures: Pictures
    metrics: Metrics
    likes_owed: Callable[[], None]
    """Says that likes wait to be told of; never waits itself."""
    somebody_leaves: Callable[[], None]
    """Says that somebody is to be deleted; never waits itself."""
    page: Path
    """Folder of the built page."""
    workers: Workers | None = None
    """The workers that share the port, if there are several."""
