"""Whether somebody may have channels, from where on, and with which rights: one snapshot."""

from collections.abc import Iterable
from dataclasses import dataclass

from feedline.feed.instants import Millis
from feedline.feed.joining import refusal_of
from feedline.feed.people import Identity
from feedline.feed.visibility import Viewer
from feedline.hub.standings import Rights
from feedline.store.base import Snapshot
from feedline.wire.span import LogSpan


@dataclass(frozen=True, slots=True)
class Admission:
    """What was true at one moment. ``refusals``: the error codes of channels that are refused.

    ``rights`` are those of the person, where they were asked for.
    """

    signed_in: bool
    refusals: dict[str, str]
    span: LogSpan
    rights: Rights | None = None


def admission(
    snapshot: Snapshot,
    identity: Identity,
    channels: Iterable[str],
    now: Millis,
    *,
    with_rights: bool,
) -> Admission:
    user_id = identity.user_id
    viewer = snapshot.viewer(user_id)
    codes = {channel: refusal_of(channel, viewer, snapshot) for channel in channels}
    bounds = snapshot.log_bounds()
    return Admission(
        signed_in=snapshot.signed_in(identity.session_id, now) is not None,
        refusals={channel: code for channel, code in codes.items() if code},
        span=LogSpan(bounds.epoch, bounds.floor, bounds.head),
        rights=_rights(snapshot, user_id, viewer) if with_rights else None,
    )


def _rights(snapshot: Snapshot, user_id: str, viewer: Viewer) -> Rights:
    return Rights(snapshot.following(user_id), viewer.tiers, snapshot.muted(user_id), viewer.apart)
