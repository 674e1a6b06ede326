import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.feed.visibility import TIERS, can_see, known_tier
from tests.feed.strategies import ANN, BEN, examples


@pytest.mark.parametrize("tier", [None, *TIERS])
def test_a_stored_tier_is_known(tier: str | None) -> None:
    assert known_tier(tier) == tier


@examples(50)
@given(st.text().filter(lambda name: name not in TIERS))
def test_a_tier_that_nobody_knows_is_the_most_closed_one(name: str) -> None:
    assert known_tier(name) == "vip"


@pytest.mark.parametrize("viewer", [None, ANN, BEN])
def test_a_post_without_a_tier_is_for_everyone(viewer: str | None) -> None:
    assert can_see(viewer, ANN, None)


@pytest.mark.parametrize("tier", TIERS)
def test_a_post_for_a_tier_is_for_its_author_alone_while_nobody_has_one(tier: str) -> None:
    assert can_see(ANN, ANN, known_tier(tier))
    assert not can_see(BEN, ANN, known_tier(tier))
    assert not can_see(None, ANN, known_tier(tier))
