"""What a plain GET request can ask of the live protocol, and what a poll is answered with."""

from collections.abc import Iterable
from typing import Annotated

import msgspec

from feedline.feed.events import SentEvent

_encode = msgspec.json.Encoder().encode


class StreamQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What a stream is to bring."""

    channels: Annotated[
        str,
        msgspec.Meta(
            description="Channels, separated by commas; without any, one's own new posts only."
        ),
    ] = ""
    cursor: Annotated[
        str, msgspec.Meta(description="The position to go on from; without one, now.")
    ] = ""
    ticket: Annotated[
        str, msgspec.Meta(description="A ticket, where no other credentials can be sent.")
    ] = ""

    @property
    def names(self) -> list[str]:
        """The channels, each once."""
        return list(dict.fromkeys(filter(None, map(str.strip, self.channels.split(",")))))


class PollQuery(StreamQuery, frozen=True, kw_only=True):
    """The same for one answer, which may be waited for."""

    wait: Annotated[
        float,
        msgspec.Meta(ge=0, le=60, description="Seconds to wait for events if there are none."),
    ] = 25


class Events(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a poll is answered with: events, and the position up to which these were all."""

    events: list[SentEvent]
    cursor: str
    resync: str | None = None
    more: bool = False


def events_body(
    bodies: Iterable[bytes], cursor: str, *, resync: str | None = None, more: bool = False
) -> bytes:
    """``Events`` as JSON, from events that are encoded already."""
    rest = _encode(Events(events=[], cursor=cursor, resync=resync, more=more))
    return b'{"events":[' + b",".join(bodies) + rest.removeprefix(b'{"events":[')
