"""Any bytes are read or refused by every parser that faces the network: none raises otherwise."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import by_hand
from tests.fuzz.parsers import PARSERS, SEEDS

each = pytest.mark.parametrize("name", PARSERS)
tried = settings(deadline=None, suppress_health_check=[HealthCheck.differing_executors])


@st.composite
def mutated(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """Something right, with a few bytes put in, taken out or changed."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        gone = draw(st.integers(0, 3))
        data[at : at + gone] = draw(st.binary(max_size=3))
    return bytes(data)


@each
@tried
@given(data=st.data())
def test_noise_is_read_or_refused(name: str, data: st.DataObject) -> None:
    PARSERS[name](data.draw(st.binary(max_size=200)))


@each
@tried
@given(data=st.data())
def test_what_is_nearly_right_is_read_or_refused(name: str, data: st.DataObject) -> None:
    PARSERS[name](data.draw(mutated(SEEDS[name])))


@each
def test_what_is_right_goes_through(name: str) -> None:
    for seed in SEEDS[name]:
        PARSERS[name](seed)


def test_all_of_them_can_be_fuzzed_by_hand() -> None:
    assert list(PARSERS) == list(SEEDS) == by_hand.NAMES
