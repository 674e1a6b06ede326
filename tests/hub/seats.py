"""Seats that write down what they are sent."""

from collections.abc import Callable, Sequence

from feedline.errors import CloseCode
from feedline.feed.experiments import Transport
from feedline.feed.visibility import Viewer
from feedline.hub.lanes import GONE, Framing, Lane
from feedline.wire.encoded import EncodedEvent


class SeqFraming:
    """Frames an event as its place in the log, and for whom it was framed."""

    transport = "ws"

    def frame(self, event: EncodedEvent, viewer: Viewer | None) -> bytes:
        return f"{event.seq}{'*' if viewer else ''} ".encode()

    def joined(self, frames: Sequence[bytes]) -> bytes:
        return b"".join(frames)


FRAMING = SeqFraming()


class Reader:
    """A live connection. ``writes`` holds each write: the places in the log that it carried."""

    def __init__(self, viewer_id: str = "reader", order: list[str] | None = None) -> None:
        self.viewer = Viewer(viewer_id)
        self.address = "127.0.0.1"
        self.request = "r1"
        self.transport: Transport = "ws"
        self.last = GONE
        self.lane: Lane | None = None
        self.framing: Framing = FRAMING
        self.write: Callable[[bytes], int | None] = self._write
        self.writes: list[list[str]] = []
        self.kept: list[tuple[bytes, int]] = []
        self.closed: CloseCode | None = None
        self.told: list[bytes] = []
        self.rechecked = 0
        self.recounted = 0
        self._order = order

    @property
    def seqs(self) -> list[int]:
        return [int(seq.rstrip("*")) for write in self.writes for seq in write]

    def close(self, code: CloseCode, reason: str) -> None:
        self.closed = code

    def tell(self, body: bytes) -> None:
        self.told.append(body)

    def recheck(self) -> None:
        self.rechecked += 1

    def recount(self) -> None:
        self.recounted += 1

    def tick(self, now: float) -> float:
        raise AssertionError("no test here waits for deadlines")

    def keep(self, frames: bytes, taken: int) -> None:
        self.kept.append((frames, taken))

    def _write(self, frames: bytes) -> None:
        self.writes.append(frames.decode().split())
        if self._order is not None:
            self._order.append(str(self.viewer.id))
