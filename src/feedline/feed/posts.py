"""Posts: how they are stored, and the one normalizer that shows them to the world.

REST answers, events and the page all carry what :func:`normalize` returns, so they can't differ.
"""

import re
from typing import Literal, get_args

import msgspec

from feedline.feed.instants import Millis, rfc3339
from feedline.feed.people import Creator, Wire
from feedline.feed.visibility import Tier, Viewer, can_see, known_tier

MediaType = Literal["text", "image", "video", "audio"]
MEDIA_TYPES: tuple[str, ...] = get_args(MediaType)
_OWN_THUMBNAIL = re.compile(r"/api/media/[^/]+/thumbnail")


class Content(Wire, frozen=True):
    title: str | None
    text: str
    category: str | None
    tags: list[str]


class Media(Wire, frozen=True):
    type: MediaType
    url: str | None
    thumbnail: str | None
    aspect_ratio: float | None


NO_MEDIA = Media(type="text", url=None, thumbnail=None, aspect_ratio=None)


class Access(Wire, frozen=True):
    tier: Tier | None
    is_locked: bool


class Engagement(Wire, frozen=True):
    """Counts of a post, and the viewer's own like, which events (encoded for many) leave out."""

    likes_count: int
    comments_count: int
    is_liked: bool | msgspec.UnsetType = msgspec.UNSET


class Post(Wire, frozen=True):
    """A post as everyone gets it."""

    id: str
    client_id: str | None
    creator: Creator
    content: Content
    media: Media
    access: Access
    engagement: Engagement
    created_at: str
    updated_at: str


class PostRow(msgspec.Struct, kw_only=True):
    """A post as stored, with its author as of now. ``tags`` is JSON: a list of strings.

    ``is_liked``: whether the one for whom it was read likes it.
    """

    id: str
    creator: Creator
    client_id: str | None = None
    title: str | None = None
    text: str | None = None
    category: str | None = None
    tags: str = "[]"
    tier: str | None = None
    media: Media = NO_MEDIA
    likes_count: int = 0
    comments_count: int = 0
    is_liked: bool = False
    created_at: Millis
    updated_at: Millis


def normalize(row: PostRow, viewer: Viewer) -> Post:
    """The post as a viewer may see it.

    Whatever is in the row, the result is valid: unreadable tags become none, an unknown tier
    the most closed one.
    """
    tier = known_tier(row.tier)
    own = viewer.id == row.creator.id
    post = Post(
        id=row.id,
        client_id=row.client_id if own else None,
        creator=row.creator,
        content=Content(
            title=row.title or None,
            text=row.text or "",
            category=row.category or None,
            tags=_read_tags(row.tags),
        ),
        media=row.media,
        access=Access(tier=tier, is_locked=False),
        engagement=Engagement(
            likes_count=max(row.likes_count, 0),
            comments_count=max(row.comments_count, 0),
            is_liked=row.is_liked,
        ),
        created_at=rfc3339(row.created_at),
        updated_at=rfc3339(max(row.updated_at, row.created_at)),
    )
    return post if can_see(viewer, row.creator.id, tier) else locked(post)


def locked(post: Post) -> Post:
    """The form of a post for those without its tier: no text, no file, no client id."""
    if post.access.is_locked:
        return post
    return msgspec.structs.replace(
        post,
        client_id=None,
        content=msgspec.structs.replace(post.content, text=""),
        media=msgspec.structs.replace(post.media, url=None, thumbnail=_blurred(post)),
        access=Access(tier=post.access.tier, is_locked=True),
    )


def _blurred(post: Post) -> str | None:
    """Where a picture of the post is on which nothing can be made out, if it has one of ours.

    It is named after the post: the name of the file is for those who may see it.
    """
    own = _OWN_THUMBNAIL.fullmatch(post.media.thumbnail or "")
    return f"/api/posts/{post.id}/blurred" if own else None


def shared(post: Post) -> Post:
    """The form of a post that everyone but its author gets in events."""
    return msgspec.structs.replace(post, client_id=None)


def for_event(post: Post) -> Post:
    """The form of a post inside an event: encoded for many, so without any viewer's like."""
    counts = msgspec.structs.replace(post.engagement, is_liked=msgspec.UNSET)
    return msgspec.structs.replace(post, engagement=counts)


def scrubbed(post: Post) -> Post:
    """What is left of a deleted post in older events: who and when, but nothing of what it said."""
    return msgspec.structs.replace(
        post,
        content=Content(title=None, text="", category=None, tags=[]),
        media=NO_MEDIA,
    )


def _read_tags(stored: str) -> list[str]:
    try:
        return msgspec.json.decode(stored, type=list[str])
    except (msgspec.DecodeError, UnicodeError):
        return []
