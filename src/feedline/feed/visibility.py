"""Who may see what. One function decides; every path asks it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

Tier = Literal["basic", "premium", "vip"]
TIERS: tuple[str, ...] = get_args(Tier)


def known_tier(stored: str | None) -> Tier | None:
    """The tier that a stored value names; a value that names none is taken as the highest."""
    if stored is None or stored in TIERS:
        return cast("Tier | None", stored)
    return "vip"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks (None: somebody who is not signed in), and the tiers they hold, by creator.

    ``apart``: whom they have blocked, and who has blocked them. Neither is there for the other.
    """

    id: str | None
    tiers: Mapping[str, Tier] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()


STRANGER = Viewer(None)


def can_see(viewer: Viewer, author_id: str, tier: Tier | None) -> bool:
    """Whether a viewer may see all of a post, not just its locked form."""
    if author_id in viewer.apart:
        return False
    if tier is None or viewer.id == author_id:
        return True
    held = viewer.tiers.get(author_id)
    return held is not None and TIERS.index(held) >= TIERS.index(tier)


def stricter(one: Tier | None, other: Tier | None) -> Tier | None:
    """The tier that fewer people hold."""
    return max(one, other, key=lambda tier: -1 if tier is None else TIERS.index(tier))
