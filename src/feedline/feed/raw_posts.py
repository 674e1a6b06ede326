"""Posts as other systems keep them: one row, in the spellings of many, read into a valid post.

A part is found under the first of its spellings that has a value. ``snake_case`` is the same as
``camelCase``, a dot leads into an object, and what has no meaning here is passed over.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

import msgspec

from feedline.errors import FieldProblem, ValidationFailed
from feedline.feed.drafts import Draft, DraftLimits, draft_problems
from feedline.feed.instants import KEPT_ID, LATEST, Millis
from feedline.feed.people import NAME_LIMIT, UNFIT, is_picture_address
from feedline.feed.posts import MEDIA_TYPES, NO_MEDIA, Media, MediaType
from feedline.feed.visibility import TIERS

T = TypeVar("T")
Raw = dict[str, Any]

SPELLINGS: dict[str, tuple[str, ...]] = {
    "id": ("id", "_id", "postId"),
    "title": ("title", "content.title"),
    "text": ("text", "content", "body", "content.text"),
    "category": ("category", "content.category"),
    "tags": ("tags", "content.tags"),
    "tier": ("tier", "minSubscriptionTier", "access.tier"),
    "createdAt": ("createdAt", "publishedAt"),
    "updatedAt": ("updatedAt",),
    "media.type": ("mediaType", "media.type", "type"),
    "media.url": ("mediaUrl", "media.url"),
    "media.thumbnail": ("thumbnail", "thumbnailUrl", "media.thumbnail"),
    "media.aspectRatio": ("aspectRatio", "media.aspectRatio"),
    "creator.id": ("creator.id", "author.id", "creatorId", "authorId", "userId"),
    "creator.username": ("creator.username", "creator.nickname", "author.username"),
    "creator.name": ("creator.name", "creator.fullName", "author.name", "author.fullName"),
    "creator.avatar": ("creator.avatar", "creator.avatarUrl", "author.avatar"),
    "creator.isVerified": ("creator.isVerified", "author.isVerified"),
}
NO_TIER = ("free", "none")

_ADDRESS_LONGEST = 2_000
_STEPS = (".", "..")  # browsers take them for steps of a path (RFC 3986 section 5.2.4)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_BELOW = 100_000_000_000  # numbers below are seconds since 1970, others milliseconds
_DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_COUNT = re.compile(r"[0-9]{9,15}(\.[0-9]{1,20})?")  # shorter ones are dates: 20260122
_FLAGS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}
_FILM = re.compile(r"\.(?:mp4|m4v|mov|webm)$")
_SOUND = re.compile(r"\.(?:mp3|m4a|ogg|oga|wav)$")


class Unreadable(Exception):
    """A value that is not what its name promises; the sentence says what would be."""


class RawAuthor(msgspec.Struct, frozen=True, kw_only=True):
    """What a row says of its author; empty where it says nothing."""

    id: str = ""
    username: str = ""
    name: str = ""
    avatar: str | None = None
    is_verified: bool = False


class RawPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post of another system, valid here. Instants are None where the row has none."""

    id: str
    draft: Draft
    media: Media
    author: RawAuthor
    created_at: Millis | None
    updated_at: Millis | None


def read_raw_post(raw: Raw, limits: DraftLimits) -> RawPost:
    """Raises ValidationFailed, with everything that is wrong."""
    row = _Row(raw)
    post = RawPost(
        id=row.read("id", read_id, ""),
        draft=Draft(
            title=row.read("title", _text, None),
            text=row.read("text", _text, None),
            category=row.read("category", _text, None),
            tags=row.read("tags", _tags, None),
            tier=row.read("tier", _tier, None),
        ),
        media=_media(row),
        author=_author(row),
        created_at=row.read("createdAt", _instant, None),
        updated_at=row.read("updatedAt", _instant, None),
    )
    if "id" not in row.found:
        row.problems.append(FieldProblem("post.id", "This field is required."))
    row.problems += [
        FieldProblem(f"post.{problem.path}", problem.message)
        for problem in draft_problems(post.draft, limits)
    ]
    if row.problems:
        raise ValidationFailed(*row.problems)
    return post


def read_author(raw: Raw) -> RawAuthor:
    """What a row says of its author."""
    return _author(_Row(raw))


def read_id(value: Any) -> str:
    """An id of another system: a number or a short text. Raises Unreadable."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(KEPT_ID, text):
        raise Unreadable("Use 1 to 128 of the characters A-Z a-z 0-9 _ . : ~ -, or a number.")
    if text in _STEPS:
        raise Unreadable("Use no dots alone: an address can't end in them.")
    return text


class _Row:
    """A row's values by camelCase path, and what is wrong with those that were read."""

    def __init__(self, raw: Raw) -> None:
        self.problems: list[FieldProblem] = []
        self.found: set[str] = set()
        self._values: dict[str, Any] = {}
        for name, value in raw.items():
            self._take(_camel(name), value)

    def _take(self, path: str, value: Any) -> None:
        if isinstance(value, dict):
            if "." not in path:
                for name, part in value.items():
                    self._take(f"{path}.{_camel(name)}", part)
        elif value not in (None, ""):
            self._values.setdefault(path, value)

    def read(self, part: str, reader: Callable[[Any], T], default: T) -> T:
        """A part of the row, read; notes a problem if it can't be."""
        for path in SPELLINGS[part]:
            if path in self._values:
                self.found.add(part)
                try:
                    return reader(self._values[path])
                except Unreadable as problem:
                    self.problems.append(FieldProblem(f"post.{path}", str(problem)))
                    return default
        return default


def _camel(name: str) -> str:
    return re.sub(r"(?<=[A-Za-z0-9])_([a-z])", lambda found: found[1].upper(), name)


def _media(row: _Row) -> Media:
    url = row.read("media.url", _address, None)
    thumbnail = row.read("media.thumbnail", _address, None)
    kind = row.read("media.type", _kind, "text")
    ratio = row.read("media.aspectRatio", _ratio, None)
    if url is None and thumbnail is None:
        return NO_MEDIA
    if kind == "text":
        kind = _guessed(url or "")
    return Media(type=cast("MediaType", kind), url=url, thumbnail=thumbnail, aspect_ratio=ratio)


def _author(row: _Row) -> RawAuthor:
    username = row.read("creator.username", _text, "")
    return RawAuthor(
        id=row.read("creator.id", read_id, ""),
        username=username,
        name=_shown(row.read("creator.name", _text, "")) or _shown(username),
        avatar=row.read("creator.avatar", _picture, None),
        is_verified=row.read("creator.isVerified", _flag, default=False),
    )


def _shown(name: str) -> str:
    return re.sub(f"[{UNFIT}]", "", name).strip()[:NAME_LIMIT].strip()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unreadable("Use a text.")
    return value


def _tags(value: Any) -> list[str]:
    """A list, or a text with commas between."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Unreadable("Use a list of texts.")
    return [name.strip() for name in names if name.strip()]


def _tier(value: Any) -> str | None:
    tier = _text(value).lower()
    if tier in NO_TIER:
        return None
    if tier not in TIERS:
        raise Unreadable(f"Use one of {', '.join(TIERS)}, or null.")
    return tier


def _instant(value: Any) -> Millis:
    """RFC 3339, or a number of seconds or milliseconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unreadable(_NO_TIME)
    try:
        millis = _written_instant(value) if isinstance(value, str) else _counted_instant(value)
    except (ValueError, OverflowError):
        raise Unreadable(_NO_TIME) from None
    if not 0 <= millis <= LATEST:
        raise Unreadable(_NO_TIME)
    return millis


_NO_TIME = "Use a time such as 2026-01-22T10:00:00Z, or milliseconds since 1970."


def _written_instant(text: str) -> Millis:
    if _COUNT.fullmatch(text):
        return _counted_instant(float(text))
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(milliseconds=1)


def _counted_instant(number: float) -> Millis:
    return int(number * 1000 if abs(number) < _SECONDS_BELOW else number)


def _kind(value: Any) -> str:
    """One of the types of media; of a MIME type the first half."""
    kind = _text(value).lower().partition("/")[0]
    if kind not in MEDIA_TYPES:
        raise Unreadable(f"Use one of {', '.join(MEDIA_TYPES)}.")
    return kind


def _guessed(url: str) -> str:
    path = re.split(r"[?#]", url.lower())[0]
    if _FILM.search(path):
        return "video"
    return "audio" if _SOUND.search(path) else "image"


def _address(value: Any) -> str:
    """An address that a browser loads and never runs."""
    url = _text(value)
    begins = url.startswith(("https://", "http://")) or re.match(r"/(?![/\\])", url)
    if not begins or len(url) > _ADDRESS_LONGEST or not url.isprintable() or " " in url:
        raise Unreadable("Use an https:// address.")
    return url


def _picture(value: Any) -> str | None:
    """An avatar that can't be shown here is no reason to refuse a post."""
    return value if isinstance(value, str) and is_picture_address(value) else None


def _ratio(value: Any) -> float | None:
    """A number, or a decimal of a database, which travels as a text."""
    is_written = isinstance(value, str) and _DECIMAL.fullmatch(value)
    if isinstance(value, bool) or not (is_written or isinstance(value, int | float)):
        raise Unreadable("Use width divided by height.")
    ratio = float(value)
    return ratio if 0 < ratio < 1_000 else None


def _flag(value: Any) -> bool:
    """True, or what stands for it where there are no truth values."""
    if isinstance(value, str):
        flag = _FLAGS.get(value.lower())
    else:
        flag = bool(value) if isinstance(value, int | float) else None
    if flag is None:
        raise Unreadable("Use true or false.")
    return flag
