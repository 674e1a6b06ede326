"""A node's samples, minute by minute, on their way into the database."""

from collections.abc import Callable

from feedline.dashboard.samples import Sample, decode, encode, followed
from feedline.feed.instants import Millis
from feedline.store.base import Snapshot, Transaction

MINUTE: Millis = 60_000
MOST_OWED = 60  # minutes that are held while the database can't be written to


class Minutes:
    """What was counted in each minute and is not on disk in that form."""

    def __init__(self) -> None:
        self._owed: dict[Millis, Sample] = {}

    def add(self, sample: Sample) -> None:
        minute = sample.at // MINUTE * MINUTE
        known = self._owed.get(minute)
        self._owed[minute] = sample if known is None else followed(known, sample)
        while len(self._owed) > MOST_OWED:
            del self._owed[min(self._owed)]

    def command(self) -> tuple[Callable[[Transaction], None], Callable[[], None]]:
        """What writes all that is owed; and what is to be called once that is done."""
        owed = dict(self._owed)

        def write(tx: Transaction) -> None:
            for minute, sample in owed.items():
                tx.keep_figures(minute, sample.facts.id, encode(sample))

        return write, lambda: self._written(max(owed, default=0))

    def _written(self, last: Millis) -> None:
        """All minutes before the last one are whole, and need not be written again."""
        for minute in [minute for minute in self._owed if minute < last]:
            del self._owed[minute]


def kept(snapshot: Snapshot, since: Millis) -> list[Sample]:
    """What all nodes kept of the minutes since an instant, oldest first."""
    return [sample for body in snapshot.figures(since) if (sample := decode(body)) is not None]
