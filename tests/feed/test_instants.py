import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.feed.instants import IdSource, instant_of, is_id, rfc3339
from tests.feed.strategies import NOW, examples, instants

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
LATEST = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z

# A clock that mostly moves on, now and then stands still, and is set back at times.
clocks = st.lists(st.integers(-5_000, 5_000), min_size=1, max_size=60)


def test_ids_have_the_layout_of_uuid_version_7() -> None:
    id_ = IdSource().next(NOW)
    parsed = uuid.UUID(id_)
    assert str(parsed) == id_
    assert parsed.version == 7
    assert parsed.variant == uuid.RFC_4122
    assert uuid.UUID(id_).int >> 80 == NOW  # RFC 9562 section 5.7: the 48 bits in front
    assert instant_of(id_) == NOW


def test_ids_of_different_sources_differ() -> None:
    """The 62 random bits tell apart what two processes make at one instant."""
    assert len({IdSource().next(NOW) for _ in range(1_000)}) == 1_000


@examples(50)
@given(clocks)
def test_ids_sort_in_the_order_they_were_made_whatever_the_clock_does(steps: list[int]) -> None:
    source, now, ids = IdSource(), NOW, []
    for step in steps:
        now += step
        ids.append(source.next(now))
    assert ids == sorted(set(ids))
    assert all(is_id(id_) and uuid.UUID(id_).version == 7 for id_ in ids)


def test_a_clock_that_is_set_back_is_not_followed() -> None:
    source = IdSource()
    first = source.next(NOW)
    assert instant_of(source.next(NOW - 3_600_000)) == instant_of(first)


def test_more_ids_than_a_millisecond_can_count_borrow_from_the_next() -> None:
    source = IdSource()
    ids = [source.next(NOW) for _ in range(10_000)]
    assert ids == sorted(set(ids))
    assert instant_of(ids[4_095]) == NOW
    assert instant_of(ids[4_096]) == NOW + 1
    assert instant_of(ids[-1]) == NOW + 2
    assert source.next(NOW + 10) > ids[-1]


def test_a_source_can_go_on_after_the_ids_of_another() -> None:
    other, source = IdSource(), IdSource()
    newest = [other.next(NOW) for _ in range(5_000)][-1]
    instant = instant_of(newest)
    assert instant is not None
    source.go_on_after(instant)
    assert source.next(NOW - 3_600_000) > newest
    source.go_on_after(NOW - 1)  # an older one changes nothing
    assert source.next(NOW) > newest


@pytest.mark.parametrize("foreign", ["", "x", "ffffffff-ffff-4fff-bfff-ffffffffffff", "f" * 36])
def test_a_foreign_id_says_nothing_about_time(foreign: str) -> None:
    assert instant_of(foreign) is None


def test_an_instant_before_1970_still_gives_an_id() -> None:
    assert is_id(IdSource().next(-1))


@examples(100)
@given(st.text(max_size=40))
def test_only_what_has_the_shape_of_an_id_is_one(text: str) -> None:
    assert not is_id(text)


def test_ids_are_lower_case() -> None:
    id_ = IdSource().next(NOW)
    assert not is_id(id_.upper())
    assert not is_id(f"{id_} ")
    assert not is_id(id_.replace("-", ""))
    assert not is_id("-" * 36)


def test_an_instant_is_written_as_the_protocol_shows_it() -> None:
    assert rfc3339(NOW) == "2026-01-22T10:00:00.000Z"
    assert rfc3339(NOW + 7) == "2026-01-22T10:00:00.007Z"


@examples(100)
@given(instants)
def test_any_instant_is_written_in_the_one_form(instant: int) -> None:
    assert RFC3339.fullmatch(rfc3339(instant))


@examples(100)
@given(st.integers(0, LATEST))
def test_what_is_written_can_be_read_back(instant: int) -> None:
    read = datetime.fromisoformat(rfc3339(instant))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert (read - epoch) // timedelta(milliseconds=1) == instant


@examples(100)
@given(st.tuples(st.integers(0, LATEST), st.integers(0, LATEST)))
def test_written_instants_sort_like_the_instants(pair: tuple[int, int]) -> None:
    earlier, later = sorted(pair)
    assert rfc3339(earlier) <= rfc3339(later)
