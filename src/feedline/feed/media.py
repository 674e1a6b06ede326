"""Files: how they are stored, who may see them, and how posts and people get theirs."""

from typing import cast

import msgspec

from feedline.errors import FieldProblem, ValidationFailed
from feedline.feed.drafts import Draft
from feedline.feed.media_row import MediaRow
from feedline.feed.people import media_at
from feedline.feed.ports import Reads, Writes
from feedline.feed.posts import NO_MEDIA, Media, MediaType, PostRow
from feedline.feed.visibility import Viewer, can_see, known_tier


def file_names(media_id: str) -> tuple[str, str]:
    """The names under which a file and its thumbnail are kept."""
    return media_id, f"{media_id}.thumbnail"


def media_of(row: MediaRow) -> Media:
    """A file as a post shows it."""
    url = f"/api/media/{row.id}"
    return Media(
        type=cast("MediaType", row.type),
        url=url,
        thumbnail=f"{url}/thumbnail" if row.thumbnail_size else None,
        aspect_ratio=row.aspect_ratio,
    )


def visible_media(reads: Reads, media_id: str, viewer: Viewer) -> MediaRow | None:
    """A file, if a viewer may see its post unlocked, or has not posted it yet.

    Avatars are for everybody.
    """
    row = reads.media(media_id)
    if row is not None and row.is_avatar:
        return row
    if row is None or row.post_id is None:
        return row if row is not None and row.owner_id == viewer.id else None
    post = reads.post(row.post_id)
    seen = post is not None and can_see(viewer, post.creator.id, known_tier(post.tier))
    return row if seen else None


def with_media(tx: Writes, row: PostRow, draft: Draft) -> PostRow:
    """A post with the file that its draft names, which is attached to it. Raises ValidationFailed.

    What it had before is released, and then removed.
    """
    if isinstance(draft.media_id, msgspec.UnsetType):
        return row
    wanted = None if draft.media_id is None else _own_media(tx, draft.media_id, row)
    if wanted is None or wanted.post_id != row.id:
        tx.release_media(row.id)
    if wanted is not None:
        tx.attach_media(wanted.id, row.id)
    return msgspec.structs.replace(row, media=NO_MEDIA if wanted is None else media_of(wanted))


def take_avatar(tx: Writes, owner_id: str, address: str | None) -> None:
    """The picture at one of our addresses becomes a person's avatar; the one before is released.

    At another address is none of ours. Raises ValidationFailed for what is no picture of theirs,
    or is in a post.
    """
    media_id = media_at(address or "")
    wanted = None if media_id is None else tx.media(media_id)
    if media_id is not None and not (wanted is not None and _may_be_avatar(wanted, owner_id)):
        raise ValidationFailed(FieldProblem("avatar", "There is no such picture of yours."))
    tx.release_avatar(owner_id)
    if wanted is not None:
        tx.hold_avatar(wanted.id)


def _may_be_avatar(row: MediaRow, owner_id: str) -> bool:
    return row.owner_id == owner_id and row.type == "image" and row.post_id is None


def _own_media(tx: Writes, media_id: str, row: PostRow) -> MediaRow:
    found = tx.media(media_id)
    if (
        found is None
        or found.owner_id != row.creator.id
        or found.post_id not in (None, row.id)
        or found.is_avatar
    ):
        raise ValidationFailed(FieldProblem("mediaId", "There is no such file of yours."))
    return found
