"""Whether somebody may have channels, and from where on: read in one snapshot."""

from collections.abc import Iterable
from dataclasses import dataclass

from feedline.feed.channels import refusal_of
from feedline.feed.instants import Millis
from feedline.feed.people import Identity
from feedline.store.base import Snapshot
from feedline.wire.span import LogSpan


@dataclass(frozen=True, slots=True)
class Admission:
    """What was true at one moment. ``refusals``: the error codes of channels that are refused."""

    signed_in: bool
    refusals: dict[str, str]
    span: LogSpan


def admission(
    snapshot: Snapshot, identity: Identity, channels: Iterable[str], now: Millis
) -> Admission:
    codes = {channel: refusal_of(channel, identity, snapshot) for channel in channels}
    bounds = snapshot.log_bounds()
    return Admission(
        signed_in=snapshot.signed_in(identity.session_id, now) is not None,
        refusals={channel: code for channel, code in codes.items() if code},
        span=LogSpan(bounds.epoch, bounds.floor, bounds.head),
    )
