"""Who may see what. One function decides; every path asks it."""

from typing import Literal, cast, get_args

Tier = Literal["basic", "premium", "vip"]
TIERS: tuple[str, ...] = get_args(Tier)


def known_tier(stored: str | None) -> Tier | None:
    """The tier that a stored value names; a value that names none is taken as the highest."""
    if stored is None or stored in TIERS:
        return cast("Tier | None", stored)
    return "vip"


def can_see(viewer_id: str | None, author_id: str, tier: Tier | None) -> bool:
    """Whether a viewer (None: not signed in) may see all of a post, not just its locked form."""
    return tier is None or viewer_id == author_id
