"""What decides in all of these tests: the judge of `feedline verify`, and the places in the log."""

from collections.abc import Mapping, Sequence

from feedline.verify.ledger import Reading, Sent, Verdict, judge
from tests.system.follower import Follower, place
from tests.system.writer import Ledger


def judged(sent: Mapping[str, Sent], readers: Sequence[Follower], stored: Sequence[str]) -> Verdict:
    """What is lost, doubled or out of order, of some posts, at readers who are owed all of them."""
    return judge(sent, [_reading(number, reader) for number, reader in enumerate(readers)], stored)


def _reading(number: int, reader: Follower) -> Reading:
    texts = reader.texts()
    return Reading(f"reader {number}", keys=texts, times=[0.0] * len(texts), resyncs=reader.resyncs)


def require(
    ledger: Ledger, readers: Sequence[Follower], stored: Sequence[str], begin: str, final: str
) -> Verdict:
    """Raises AssertionError if not all is well with what everybody was sent between two places."""
    verdict = judged(ledger.sent, readers, stored)
    assert not verdict.lost, f"acknowledged posts are lost: {verdict.lost}"
    assert not verdict.doubled, f"posts are there twice: {verdict.doubled}"
    assert not verdict.misordered, f"posts are out of order: {verdict.misordered}"
    assert verdict.good, "nothing was acknowledged"
    assert verdict.acknowledged == verdict.sent, "somebody gave up"
    assert set(stored) == set(ledger.answers), "there are posts that nobody wrote"
    whole = list(range(place(begin) + 1, place(final) + 1))
    for reader in readers:
        assert sorted(reader.texts()) == sorted(stored), "a reader has other posts than REST"
        assert reader.texts() == readers[0].texts(), "two readers have another order"
        assert reader.resyncs == 0
        assert reader.places() == whole, "a reader's log has a hole or another order"
    return verdict
