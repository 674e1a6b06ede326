"""What browsers saw: how soon posts came onto the screen, and how connections fared."""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from feedline.api.operation import Call
from feedline.api.services import Services
from feedline.errors import FieldProblem, ValidationFailed
from feedline.feed.outcomes import Gathering
from feedline.feed.people import Wire
from feedline.store.base import Snapshot
from feedline.wire.answers import Answer

MOST_ENTRIES = 100
_AN_HOUR = 3_600_000  # milliseconds; a tab that slept longer says nothing about delivery


class Visible(Wire, frozen=True, forbid_unknown_fields=True):
    """A post came onto the screen, ``ms`` after it was published."""

    post_id: Annotated[str, msgspec.Meta(max_length=64)]
    role: Literal["author", "reader"]
    path: Literal["optimistic", "realtime", "fallback", "refresh"]
    ms: Annotated[float, msgspec.Meta(ge=0, le=_AN_HOUR)]


class Connection(Wire, frozen=True, forbid_unknown_fields=True):
    """Something happened to a live connection."""

    transport: Literal["ws", "sse", "poll", "none"]
    event: Literal["open", "close", "fallback", "resync"]
    reason: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class Sightings(Wire, frozen=True, forbid_unknown_fields=True):
    """What one browser reports; at most 100 entries in all."""

    visible: Annotated[tuple[Visible, ...], msgspec.Meta(max_length=MOST_ENTRIES)] = ()
    connection: Annotated[tuple[Connection, ...], msgspec.Meta(max_length=MOST_ENTRIES)] = ()


class Browsers:
    """The handler of reports."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._metrics = services.metrics
        self._gathering = services.gathering

    async def report(self, call: Call[Sightings, None]) -> Answer:
        """Counts a report. Neither who sent it nor which posts it names is kept.

        While an experiment runs it counts for the half that its sender is in, too.
        """
        seen = call.body
        if len(seen.visible) + len(seen.connection) > MOST_ENTRIES:
            raise ValidationFailed(FieldProblem("", f"Send at most {MOST_ENTRIES} entries."))

        def check(reads: Snapshot) -> None:
            call.caller.person(reads)

        await self._store.read(check)
        for post in seen.visible:
            self._metrics.post_visible(post.role, post.path, post.ms / 1000)
        for connection in seen.connection:
            self._metrics.browser_connection(connection.transport, connection.event)
        gathering = self._gathering()
        if gathering is not None:
            _gather(gathering, call.caller.required.user_id, seen.visible)
        return Answer()


def _gather(gathering: Gathering, user_id: str, visible: Iterable[Visible]) -> None:
    """What came onto one person's screen, for the experiment that runs."""
    gathering.exposed(user_id)
    for post in visible:
        if post.path == "optimistic":  # the author has it already: nothing was delivered
            continue
        gathering.arrived(user_id, is_live=post.path == "realtime")
        if post.role == "author":
            gathering.published(user_id)
        else:
            gathering.visible(user_id, post.ms)
