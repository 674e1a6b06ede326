"""Entries between nodes arrive as they were sent, or not at all."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedline.feed.events import Gate, PostLiked
from feedline.store.base import LogEntry
from feedline.store.carried import CarriedEntries
from tests.wire.world import EPOCH, make_event

CARRIED = CarriedEntries(EPOCH)
KINDS = ("created", "updated", "deleted", "creator", "revoked")


def batch(first: int = 7) -> list[LogEntry]:
    events = [make_event(kind, "ann", "p1", first + n) for n, kind in enumerate(KINDS)]
    gate = Gate("ann", "vip")
    base = {"channel": "post:p1", "timestamp": "", "cursor": f"{EPOCH}-{first + len(KINDS)}"}
    events.append(PostLiked(**base, post_id="p1", user_id="ann", likes_count=1, gate=gate))
    return [LogEntry(seq, event) for seq, event in enumerate(events, first)]


def test_a_batch_arrives_as_it_was_sent() -> None:
    assert CARRIED.decode(CARRIED.encode(batch())) == batch()


def test_a_batch_of_another_log_is_refused() -> None:
    assert CarriedEntries("another").decode(CARRIED.encode(batch())) is None


@given(st.binary(max_size=200))
@example(b"\x93\xa5\x00\x00\x00\x00\x80")  # a text that is not UTF-8
def test_other_bytes_are_refused(data: bytes) -> None:
    assert CARRIED.decode(data) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts[:2],
        lambda parts: [parts[0], "7", parts[2]],
        lambda parts: [parts[0], parts[1], []],
        lambda parts: [parts[0], parts[1], [{"type": "unheard_of"}]],
        lambda parts: [parts[0], parts[1], [{"type": "post_created"}]],
    ],
)
def test_what_is_not_a_batch_is_refused(change: Callable[[list[object]], list[object]]) -> None:
    parts = msgspec.msgpack.decode(CARRIED.encode(batch()))
    assert CARRIED.decode(msgspec.msgpack.encode(change(parts))) is None
