"""Queries of streams and polls, and the answer to a poll."""

import msgspec
import pytest

from feedline.errors import ValidationFailed
from feedline.feed.visibility import Viewer
from feedline.wire.encoded import EncodedEvent
from feedline.wire.queries import decode_query
from feedline.wire.requests import Events, PollQuery, StreamQuery, events_body
from tests.wire.world import make_event


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (b"", []),
        (b"channels=", []),
        (b"channels=,,", []),
        (b"channels=public", ["public"]),
        (b"channels=public,feed:me,public", ["public", "feed:me"]),
        (b"channels=public%2C%20feed%3Ame", ["public", "feed:me"]),
    ],
)
def test_channels_are_separated_by_commas(query: bytes, names: list[str]) -> None:
    assert decode_query(StreamQuery, query).names == names


@pytest.mark.parametrize(("query", "wait"), [(b"", 25), (b"wait=0", 0), (b"wait=60.0", 60)])
def test_seconds_to_wait(query: bytes, wait: float) -> None:
    assert decode_query(PollQuery, query).wait == wait


@pytest.mark.parametrize("wait", ["60.1", "-1", "nan", "inf", "1e9", "", "soon", "true"])
def test_nonsense_is_not_waited_for(wait: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        decode_query(PollQuery, f"wait={wait}".encode())
    assert refused.value.problems[0].path == "wait"


@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize(("resync", "more"), [(None, False), (None, True), ("cursor_ahead", False)])
def test_the_answer_is_joined_from_encoded_events(
    count: int, resync: str | None, more: bool
) -> None:
    events = [make_event("created", "ann", "p1", seq) for seq in range(1, count + 1)]
    bodies = [
        EncodedEvent(seq, event).body_for(Viewer("ann")) or b""
        for seq, event in enumerate(events, 1)
    ]
    body = events_body(bodies, "e1-9", resync=resync, more=more)
    answer = msgspec.json.decode(body, type=Events)
    assert answer == Events(events=events, cursor="e1-9", resync=resync, more=more)  # type: ignore[arg-type]
    assert msgspec.json.encode(answer) == body
