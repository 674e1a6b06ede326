"""What nodes counted, minute by minute, spelled in SQL."""

from feedline.feed.instants import Millis
from feedline.store.rows import Rows


class FigureReads(Rows):
    """Reads of what nodes kept; what is in it only they know."""

    def figures(self, since: Millis) -> list[bytes]:
        return [bytes(body) for (body,) in self._rows("figures", since)]


class FigureWrites(FigureReads):
    """Keeping it, and forgetting it."""

    def keep_figures(self, minute: Millis, node_id: str, body: bytes) -> None:
        self._do("keep_figures", minute, node_id, body)

    def forget_figures(self, before: Millis, limit: int) -> int:
        return self._changed("forget_figures", before, limit)
