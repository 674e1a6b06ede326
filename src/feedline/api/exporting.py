"""Everything that a person has here, as a zip that is made while it is sent."""

import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any

import msgspec

from feedline.feed.comments import comment_of
from feedline.feed.instants import Place, rfc3339
from feedline.feed.media import file_names
from feedline.feed.notifications import NotificationQuery, notification_of
from feedline.feed.people import UserRow, creator_of, user_of
from feedline.feed.ports import BlockQuery, PostQuery
from feedline.feed.posts import normalize
from feedline.feed.reports import ReportRow
from feedline.feed.visibility import Viewer
from feedline.media.files import Files
from feedline.store.base import Snapshot, Store

_PAGE = 200  # rows of one read: a few milliseconds to write and to press together
_ENDINGS = {
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
}
_encoder = msgspec.json.Encoder()

Page = tuple[list[Any], Any]
"""Some of a list, and after what the next page begins; None at the end."""


class _Sink:
    """Where a zip is written to, and taken from piece by piece."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """There is nothing behind it."""

    def taken(self) -> bytes:
        data = bytes(self._written)
        self._written.clear()
        return data


async def exported(store: Store, files: Files, person: UserRow, now: int) -> AsyncGenerator[bytes]:
    """The zip, piece by piece. What the person does meanwhile may be in it or not."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        about = {"exportedAt": rfc3339(now), "user": user_of(person)}
        archive.writestr("profile.json", msgspec.json.format(_encoder.encode(about)))
        for name, read in _lists(person):
            with archive.open(f"{name}.json", "w", force_zip64=True) as entry:
                entry.write(b"[")
                between = b"\n"
                async for rows in _pages(store, read):
                    for row in rows:
                        entry.write(between + _encoder.encode(row))
                        between = b",\n"
                    yield sink.taken()
                entry.write(b"\n]\n")
        async for rows in _pages(store, _media_of(person)):
            for row in rows:
                pieces = files.read(file_names(row.id)[0], 0, row.size)
                try:
                    first = await anext(pieces, b"")
                except FileNotFoundError:  # removed meanwhile, or a backup without its files
                    continue
                info = zipfile.ZipInfo(f"media/{row.id}.{_ENDINGS.get(row.content_type, 'bin')}")
                with archive.open(info, "w", force_zip64=True) as entry:
                    entry.write(first)
                    async for piece in pieces:
                        yield sink.taken()
                        entry.write(piece)
                yield sink.taken()
    yield sink.taken()


async def _pages(store: Store, read: Callable[[Snapshot, Any], Page]) -> AsyncIterator[list[Any]]:
    after: Any = None
    while True:
        last = after

        def query(reads: Snapshot, last: Any = last) -> Page:
            return read(reads, last)

        rows, after = await store.read(query)
        if rows:
            yield rows
        if after is None:
            return


def _lists(person: UserRow) -> list[tuple[str, Callable[[Snapshot, Any], Page]]]:
    def posts(reads: Snapshot, before: Place | None) -> Page:
        rows = reads.posts(PostQuery(creator=person.id, before=before, limit=_PAGE), person.id)
        return [normalize(row, Viewer(person.id)) for row in rows], _next(rows, _place)

    def comments(reads: Snapshot, after: str | None) -> Page:
        rows = reads.comments_by(person.id, after or "", _PAGE)
        found = [{"postId": row.post_id, "comment": comment_of(row)} for row in rows]
        return found, _next(rows, lambda row: row.id)

    def likes(reads: Snapshot, after: str | None) -> Page:
        found = reads.liked_by(person.id, after or "", _PAGE)
        return found, _next(found, str)

    def following(reads: Snapshot, _: None) -> Page:
        known = (reads.user(creator_id) for creator_id in reads.following(person.id))
        return [creator_of(row) for row in known if row is not None], None

    def tiers(reads: Snapshot, _: None) -> Page:
        held = reads.viewer(person.id).tiers
        return [{"creatorId": creator, "tier": tier} for creator, tier in held.items()], None

    def notifications(reads: Snapshot, before: Place | None) -> Page:
        query = NotificationQuery(user_id=person.id, before=before, limit=_PAGE)
        rows = reads.notifications(query)
        return [notification_of(row) for row in rows], _next(rows, _place)

    def blocks(reads: Snapshot, before: Place | None) -> Page:
        rows = reads.blocks(BlockQuery(blocker_id=person.id, before=before, limit=_PAGE))
        found = [{"user": row.user, "createdAt": rfc3339(row.created_at)} for row in rows]
        return found, _next(rows, lambda row: Place(row.created_at, row.user.id))

    def reports(reads: Snapshot, after: str | None) -> Page:
        rows = reads.reports_by(person.id, after or "", _PAGE)
        return [_report(row) for row in rows], _next(rows, lambda row: row.id)

    lists = (posts, comments, likes, following, tiers, notifications, blocks, reports)
    return [(read.__name__, read) for read in lists]


def _media_of(person: UserRow) -> Callable[[Snapshot, Any], Page]:
    def media(reads: Snapshot, after: str | None) -> Page:
        rows = reads.media_by(person.id, after or "", _PAGE)
        return list(rows), _next(rows, lambda row: row.id)

    return media


def _report(row: ReportRow) -> dict[str, str]:
    """What somebody told the admins; not what became of it, which is theirs."""
    return {
        "kind": row.kind,
        "subjectId": row.subject_id,
        "reason": row.reason,
        "text": row.text,
        "createdAt": rfc3339(row.created_at),
    }


def _next(rows: Sequence[Any], place: Callable[[Any], Any]) -> Any:
    return place(rows[-1]) if len(rows) == _PAGE else None


def _place(row: Any) -> Place:
    return Place(row.created_at, row.id)
