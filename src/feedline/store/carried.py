"""New entries of the log on their way from node to node."""

import msgspec

from feedline.feed.events import AnyEvent
from feedline.store.base import LogEntry


class _Carried(msgspec.Struct, array_like=True):
    epoch: str
    first: int
    events: list[AnyEvent]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Carried)


class CarriedEntries:
    """Batches of one log as bytes; the entries of a batch follow each other in the log."""

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch

    def encode(self, batch: list[LogEntry]) -> bytes:
        events = [entry.event for entry in batch]
        return _encoder.encode(_Carried(self._epoch, batch[0].seq, events))

    def position(self, batch: list[LogEntry]) -> int:
        return batch[-1].seq

    def decode(self, data: bytes) -> list[LogEntry] | None:
        """None if it can't be read, is empty, or is of another log."""
        try:
            carried = _decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if carried.epoch != self._epoch or not carried.events:
            return None
        return [LogEntry(seq, event) for seq, event in enumerate(carried.events, carried.first)]
