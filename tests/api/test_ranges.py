"""Ranges at every edge (RFC 9110 section 14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.api.ranges import asked_span, is_held, span_headers
from feedline.errors import RangeNotSatisfiable
from tests.feed.strategies import examples

ETAG = b'"name"'


def asked(value: str, size: int = 100, **headers: bytes) -> tuple[int, int] | None:
    sent = {
        b"range": value.encode(),
        **{k.replace("_", "-").encode(): v for k, v in headers.items()},
    }
    return asked_span(sent, size, ETAG)


@pytest.mark.parametrize(
    ("value", "span"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-99", (0, 100)),
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=99-", (99, 100)),
        ("bytes=90-1000", (90, 100)),
        ("bytes=-1", (99, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes= 0-1 ", (0, 2)),
    ],
)
def test_a_part_is_what_was_asked_for(value: str, span: tuple[int, int]) -> None:
    assert asked(value) == span


@pytest.mark.parametrize("value", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999-"])
def test_a_part_that_is_not_there_cannot_be_had(value: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        asked(value)


@pytest.mark.parametrize(
    ("value", "held"),
    [
        (b'"name"', True),
        (b'W/"name"', True),
        (b'"other" , "name"', True),
        (b"*", True),
        (b'"other"', False),
        (b"name", False),
        (b"", False),
    ],
)
def test_whoever_has_a_file_says_so_by_its_tag(value: bytes, held: bool) -> None:
    assert is_held({b"if-none-match": value}, ETAG) is held


def test_of_an_empty_file_no_part_can_be_had() -> None:
    with pytest.raises(RangeNotSatisfiable):
        asked("bytes=0-", size=0)


@pytest.mark.parametrize(
    "value",
    [
        *("", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,5-6", "bytes=--1"),
        *("items=0-1", "bytes=0x0-1", "bytes=1.5-2", "bytes=+1-2", "Bytes:0-1"),
        "bytes=" + "9" * 40 + "-",
    ],
)
def test_what_cannot_be_read_is_ignored(value: str) -> None:
    assert asked(value) is None


def test_a_range_of_another_version_is_ignored() -> None:
    assert asked("bytes=0-1", if_range=ETAG) == (0, 2)
    for other in (b'"other"', b'W/"name"', b"Thu, 22 Jan 2026 10:00:00 GMT", b""):
        assert asked("bytes=0-1", if_range=other) is None


@examples(200)
@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 200))
def test_a_part_is_always_inside(first: int, last: int, size: int) -> None:
    try:
        span = asked(f"bytes={first}-{last}", size)
    except RangeNotSatisfiable:
        assert first >= size
        return
    whole = bytes(size % 256 for size in range(size))
    if span is None:
        assert last < first
        return
    assert whole[span[0] : span[1]] == whole[first : last + 1]
    headers = dict(span_headers(asked_span({b"range": b"bytes=0-"}, 7, ETAG), 7))
    assert headers[b"content-range"] == b"bytes 0-6/7"
