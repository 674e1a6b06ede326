"""A file as stored."""

import msgspec

from feedline.feed.instants import Millis


class MediaRow(msgspec.Struct, frozen=True):
    """A file that is kept. Sizes in bytes; a thumbnail of 0 is none."""

    id: str
    owner_id: str
    post_id: str | None
    type: str
    content_type: str
    size: int
    thumbnail_size: int
    aspect_ratio: float | None
    created_at: Millis
    is_avatar: bool = False
