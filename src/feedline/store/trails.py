"""What connections go through, spelled in SQL."""

from typing import Any

import msgspec

from feedline.feed.instants import Millis
from feedline.feed.trails import AnyMark, Dispatch, NodeRun, Trail, TrailBatch
from feedline.store.rows import Rows, Value
from feedline.store.shares import level_of

MOST_CHAPTERS = 20_000  # of one connection; a day of the busiest has fewer
CROWD = 1_000  # people who may have to give up something in one go
_SMALLEST = 20  # bytes of a chapter, at the least
RENEWED: Millis = 6 * 3_600_000
"""Marks are kept for so much longer than what they tell of: by then all is said anew."""

_decoder = msgspec.json.Decoder(list[AnyMark])
_encoder = msgspec.json.Encoder()


class TrailReads(Rows):
    """Reads of where connections were, and what they were served."""

    def trails_since(self, user_id: str, at: Millis, limit: int, room: int) -> list[Trail]:
        return self._whole(list(self._rows("trails_since", user_id, at, limit)), room)

    def trail_before(self, user_id: str, at: Millis) -> Trail | None:
        row = self._first("trail_before", user_id, at)
        return None if row is None else _trail(row)

    def trails_of_followers(
        self, creator_id: str, at: Millis, limit: int, room: int
    ) -> tuple[list[Trail], bool]:
        rows = list(self._rows("trails_of_followers", creator_id, at, at, at, limit))
        trails = self._whole(rows, room)
        return trails, len(trails) == len(rows) < limit

    def node_run(self, node_id: str) -> NodeRun | None:
        row = self._first("node_run", node_id)
        return None if row is None else _node_run(row)

    def trails_kept_since(self, user_id: str) -> Millis | None:
        return self._instant("trails_kept_since", user_id)

    def dispatches_of(self, seq: int) -> list[Dispatch]:
        return [_dispatch(row) for row in self._rows("dispatches_of", seq)]

    def followed_at(self, follower_id: str, creator_id: str) -> Millis | None:
        return self._instant("followed_at", follower_id, creator_id)

    def trails_kept_from(self, keep: int) -> Millis:
        """Before which instant trails go, so that there are no more than so many rows."""
        found = [self._first(name, keep) for name in ("newest_marks_from", "newest_trails_from")]
        return max((row[0] for row in found if row is not None), default=0)

    def crowding_trails(self, keep: int) -> list[tuple[str, int]]:
        rows, people = self._first("trail_rows") or (0, 0)
        if rows <= keep:
            return []
        heaviest = list(self._rows("heaviest_trails", CROWD))
        level = level_of([size for _, _, size in heaviest], rows - keep, keep // max(people, 1))
        return [(person, ended * level // size) for person, ended, size in heaviest if size > level]

    def _instant(self, name: str, *values: Value) -> Millis | None:
        row = self._first(name, *values)
        return None if row is None or row[0] is None else int(row[0])

    def _whole(self, rows: list[tuple[Any, ...]], room: int) -> list[Trail]:
        """Trails with their marks; those that find no room any more are left out."""
        trails = []
        for row in rows:
            bodies = self._chapters(row[0], room)
            room -= sum(map(len, bodies))
            if room < 0:
                break
            marks = [mark for body in bodies for mark in _decoder.decode(body)]
            trails.append(msgspec.structs.replace(_trail(row), marks=marks))
        return trails

    def _chapters(self, trail_id: str, room: int) -> list[bytes]:
        """What a trail has in the database, as far as that may have to be looked at."""
        most = min(MOST_CHAPTERS, room // _SMALLEST + 1)
        return [body for (body,) in self._rows("trail_marks", trail_id, most)]


class TrailWrites(TrailReads):
    """The writes of the same."""

    def keep_trails(self, batch: TrailBatch) -> None:
        self._do("keep_node_run", *msgspec.structs.astuple(batch.node))
        for one in batch.opened:
            self._do("add_trail", one.id, one.node_id, one.transport, one.opened_at, one.user_id)
        for chapter in batch.chapters:
            body = _encoder.encode(chapter.marks)
            self._do("add_marks", chapter.number, chapter.at, body, chapter.trail_id)
        for one in batch.closed:
            end = (one.closed_at, one.close_code, one.close_reason, one.reached)
            self._do("close_trail", *end, one.id)
        for dispatch in batch.dispatches:
            self._do("keep_dispatch", *msgspec.structs.astuple(dispatch))

    def thin_out_trails(self, user_id: str, keep: int, limit: int) -> int:
        end = self._instant("newest_trails_of", user_id, keep)
        if end is None:
            return 0
        self._do("note_thinned", end + 1, user_id)
        return self._changed("drop_trails_of", user_id, end, limit)

    def forget_trails(self, before: Millis, limit: int) -> int:
        self._do("note_kept", before)
        self._do("drop_thinned", before)
        return (
            self._changed("drop_marks", before - RENEWED, limit)
            + self._changed("drop_trails", before, limit)
            + self._changed("drop_lost_trails", before, limit)
            + self._changed("drop_dispatches", before, limit)
            + self._changed("drop_node_runs", before, limit)
        )


def _trail(row: tuple[Any, ...]) -> Trail:
    return Trail(
        id=row[0],
        user_id=row[1],
        node_id=row[2],
        transport=row[3],
        opened_at=row[4],
        closed_at=row[5],
        close_code=row[6],
        close_reason=row[7],
        reached=row[8],
    )


def _dispatch(row: tuple[Any, ...]) -> Dispatch:
    return Dispatch(
        seq=row[0], node_id=row[1], at=row[2], sockets=row[3], first_at=row[4], last_at=row[5]
    )


def _node_run(row: tuple[Any, ...]) -> NodeRun:
    return NodeRun(
        id=row[0],
        name=row[1],
        pid=row[2],
        started_at=row[3],
        seen_at=row[4],
        ended_at=row[5],
        missed=row[6],
    )
