"""Media over REST: send a file, and get the files of posts that one may see."""

import contextlib
import secrets
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path

from feedline.api.operation import Call
from feedline.api.ranges import FileAnswer, asked_span, is_held, span_headers
from feedline.api.services import Services
from feedline.api.uploads import receive_file
from feedline.errors import NotFound, PayloadTooLarge, UnsupportedMediaType
from feedline.feed.media import file_names, media_of, visible_media
from feedline.feed.media_row import MediaRow
from feedline.feed.people import Wire
from feedline.feed.ports import Reads
from feedline.feed.posts import MediaType
from feedline.media.kinds import HEAD, PICTURE, kind_of
from feedline.media.pictures import THUMBNAIL_TYPE
from feedline.store.base import Snapshot, Transaction
from feedline.wire.answers import Answer, Header, answered

ACCEPTED = "JPEG, PNG, WebP, GIF, MP4, WebM, MP3, M4A or OGG"
_HEADERS: tuple[Header, ...] = (
    (b"cache-control", b"private, max-age=300"),
    (b"vary", b"cookie, authorization"),
    (b"x-content-type-options", b"nosniff"),
    # Whatever a file turns out to be, a browser that is led to it runs nothing of it.
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"referrer-policy", b"same-origin"),
)


class MediaAnswer(Wire, frozen=True):
    """A file that came in, for the ``mediaId`` of a post."""

    media_id: str
    type: MediaType
    url: str
    thumbnail: str | None
    aspect_ratio: float | None


@dataclass(frozen=True, slots=True)
class _Made:
    """A file as it is to be kept."""

    path: Path
    thumbnail: Path | None
    type: str
    content_type: str
    aspect_ratio: float | None


class MediaCalls:
    """The handlers of files."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        self._services = services
        self._store = services.store
        self._files = services.files
        self._limit = settings.media_limit
        self._quota = settings.media_quota
        self._arriving = settings.data / "arriving"

    async def upload(self, call: Call[None, None]) -> Answer:
        await self._admit(call)
        with self._temporary() as path:
            await receive_file(call.receive, call.headers, path, self._limit)
            made = await self._made(path)
            row = await self._store.write(lambda tx: self._noted(tx, call, made))
            await self._keep(row, made)
        media = media_of(row)
        return answered(
            MediaAnswer(
                media_id=row.id,
                type=media.type,
                url=media.url or "",
                thumbnail=media.thumbnail,
                aspect_ratio=media.aspect_ratio,
            )
        )

    async def file(self, call: Call[None, None]) -> FileAnswer:
        row = await self._visible(call)
        return await self._answer(call, row.id, row.size, row.content_type)

    async def thumbnail(self, call: Call[None, None]) -> FileAnswer:
        row = await self._visible(call)
        if not row.thumbnail_size:
            raise NotFound("file")
        name = file_names(row.id)[1]
        return await self._answer(call, name, row.thumbnail_size, THUMBNAIL_TYPE)

    async def blurred(self, call: Call[None, None]) -> FileAnswer:
        """For everybody: whoever sees a post locked sees the colours of its picture."""
        row, data = await self._store.read(lambda reads: _picture_of(reads, call.params["id"]))
        if data is None:
            data = await self._blur(row)
        headers = (
            (b"content-type", THUMBNAIL_TYPE.encode()),
            (b"content-length", str(len(data)).encode()),
            *_HEADERS,
        )
        return FileAnswer(200, headers, b"" if call.method == "HEAD" else data, _in_pieces())

    async def _blur(self, row: MediaRow) -> bytes:
        """Makes it once. Raises NotFound, Unavailable."""
        pieces = self._files.read(file_names(row.id)[1], 0, row.thumbnail_size)
        try:
            thumbnail = b"".join([piece async for piece in pieces])
        except FileNotFoundError:
            raise NotFound("file") from None
        data = await self._services.pictures.blur(thumbnail)
        await self._store.write(lambda tx: tx.keep_blurred(row.id, data))
        return data

    async def _admit(self, call: Call[None, None]) -> None:
        """Before anything is received. Raises Unauthenticated, RateLimited, PayloadTooLarge."""

        def check(reads: Snapshot) -> str:
            owner_id = call.caller.person(reads).id
            self._require_room(reads, owner_id, 1)
            return owner_id

        owner_id = await self._store.read(check)
        self._services.uploads.count(owner_id, self._services.clock())

    def _require_room(self, reads: Reads, owner_id: str, size: int) -> None:
        used = reads.media_bytes(owner_id)
        if self._quota and used + size > self._quota:
            raise PayloadTooLarge(self._quota, "All your files")

    @contextlib.contextmanager
    def _temporary(self) -> Iterator[Path]:
        """A name for what arrives; whatever is made beside it goes too."""
        path = self._arriving / secrets.token_hex(16)
        try:
            yield path
        finally:
            for left in self._arriving.glob(f"{path.name}*"):
                left.unlink(missing_ok=True)

    async def _made(self, path: Path) -> _Made:
        """What is kept of a file. Raises UnsupportedMediaType, ValidationFailed, Unavailable."""
        with path.open("rb") as file:
            kind = kind_of(file.read(HEAD))
        if kind is None:
            raise UnsupportedMediaType(f"Send a {ACCEPTED} file.")
        if kind is not PICTURE:
            return _Made(path, None, kind.type, kind.content_type, None)
        picture = await self._services.pictures.remake(path)
        return _Made(
            picture.path, picture.thumbnail, kind.type, picture.content_type, picture.aspect_ratio
        )

    def _noted(self, tx: Transaction, call: Call[None, None], made: _Made) -> MediaRow:
        row = MediaRow(
            id=tx.new_id(),
            owner_id=call.caller.person(tx).id,
            post_id=None,
            type=made.type,
            content_type=made.content_type,
            size=made.path.stat().st_size,
            thumbnail_size=made.thumbnail.stat().st_size if made.thumbnail else 0,
            aspect_ratio=made.aspect_ratio,
            created_at=tx.now,
        )
        self._require_room(tx, row.owner_id, row.size + row.thumbnail_size)
        tx.add_media(row)
        return row

    async def _keep(self, row: MediaRow, made: _Made) -> None:
        """What fails half-way is removed with the files that nobody posts."""
        name, thumbnail_name = file_names(row.id)
        await self._files.save(name, made.path)
        if made.thumbnail is not None:
            await self._files.save(thumbnail_name, made.thumbnail)
        await self._store.write(lambda tx: tx.finish_media(row.id))

    async def _visible(self, call: Call[None, None]) -> MediaRow:
        media_id = call.params["id"]

        def read(reads: Snapshot) -> MediaRow:
            row = visible_media(reads, media_id, call.caller.viewer(reads))
            if row is None:
                raise NotFound("file")
            return row

        return await self._store.read(read)

    async def _answer(
        self, call: Call[None, None], name: str, size: int, content_type: str
    ) -> FileAnswer:
        etag = f'"{name}"'.encode()  # a file never changes under its name
        if is_held(call.headers, etag):
            return FileAnswer(304, ((b"etag", etag), *_HEADERS), b"", _in_pieces())
        head = call.method == "HEAD"  # of ranges it knows nothing (RFC 9110 section 14.2)
        span = None if head else asked_span(call.headers, size, etag)
        start, stop = span or (0, size)
        pieces = self._files.read(name, start, stop)
        try:
            first = b"" if head else await anext(pieces, b"")
        except FileNotFoundError:  # a backup without its files
            raise NotFound("file") from None
        headers = (
            *((b"content-type", content_type.encode()), (b"etag", etag)),
            *span_headers(span, size),
            *_HEADERS,
        )
        return FileAnswer(200 if span is None else 206, headers, first, pieces)


def _picture_of(reads: Reads, post_id: str) -> tuple[MediaRow, bytes | None]:
    """The picture of a post, and what was made of it for everybody. Raises NotFound."""
    row = reads.media_of_post(post_id)
    if row is None or not row.thumbnail_size:
        raise NotFound("file")
    return row, reads.blurred(row.id)


async def _in_pieces(*pieces: bytes) -> AsyncGenerator[bytes]:
    for piece in pieces:
        yield piece
