from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.feed.visibility import (
    STRANGER,
    TIERS,
    Tier,
    Viewer,
    can_see,
    known_tier,
    stricter,
)
from tests.feed.strategies import ANN, BEN, CAT, examples

EACH: tuple[Tier | None, ...] = (None, *get_args(Tier))


@pytest.mark.parametrize("tier", EACH)
def test_a_stored_tier_is_known(tier: str | None) -> None:
    assert known_tier(tier) == tier


@examples(50)
@given(st.text().filter(lambda name: name not in TIERS))
def test_a_tier_that_nobody_knows_is_the_most_closed_one(name: str) -> None:
    assert known_tier(name) == "vip"


@pytest.mark.parametrize("viewer", [STRANGER, Viewer(ANN), Viewer(BEN)])
def test_a_post_without_a_tier_is_for_everyone(viewer: Viewer) -> None:
    assert can_see(viewer, ANN, None)


@pytest.mark.parametrize(("held", "tier"), list(product(get_args(Tier), get_args(Tier))))
def test_a_tier_includes_the_ones_before_it(held: Tier, tier: Tier) -> None:
    assert can_see(Viewer(BEN, {ANN: held}), ANN, tier) == (TIERS.index(held) >= TIERS.index(tier))


@pytest.mark.parametrize("tier", get_args(Tier))
def test_a_post_for_a_tier_is_for_its_author_and_those_who_hold_it(tier: Tier) -> None:
    assert can_see(Viewer(ANN), ANN, tier)
    assert not can_see(Viewer(BEN), ANN, tier)
    assert not can_see(Viewer(BEN, {CAT: "vip"}), ANN, tier), "a tier of somebody else"
    assert not can_see(STRANGER, ANN, tier)


def test_the_stricter_of_two_tiers_is_for_fewer_people() -> None:
    for one, other in product(EACH, EACH):
        assert stricter(one, other) == EACH[max(EACH.index(one), EACH.index(other))]
