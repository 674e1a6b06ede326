"""Comments: how they are stored, and the one shape in which the world sees them."""

import msgspec

from feedline.errors import FieldProblem
from feedline.feed.instants import Millis, Place, rfc3339
from feedline.feed.people import Creator, Wire


class Comment(Wire, frozen=True):
    """A comment as everyone gets it."""

    id: str
    post_id: str
    author: Creator
    text: str
    created_at: str


class CommentRow(msgspec.Struct, kw_only=True):
    """A comment as stored, with its author as of now."""

    id: str
    post_id: str
    author: Creator
    text: str
    created_at: Millis


class CommentDraft(Wire, frozen=True, forbid_unknown_fields=True):
    """What a person sends to comment on a post."""

    text: str


class CommentQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which comments of a post, newest first; without those that are not there for a viewer."""

    post_id: str
    viewer_id: str | None = None
    before: Place | None = None
    limit: int = 20


def comment_of(row: CommentRow) -> Comment:
    return Comment(
        id=row.id,
        post_id=row.post_id,
        author=row.author,
        text=row.text,
        created_at=rfc3339(row.created_at),
    )


def comment_problems(draft: CommentDraft, limit: int) -> list[FieldProblem]:
    """Everything that is wrong with a comment; ``limit`` in characters, 0 is none."""
    if not draft.text.strip():
        return [FieldProblem("text", "A comment needs a text.")]
    if limit and len(draft.text) > limit:
        problem = f"Use at most {limit} characters; this has {len(draft.text)}."
        return [FieldProblem("text", problem)]
    if "\0" in draft.text:  # no database stores it faithfully
        return [FieldProblem("text", "The character U+0000 is not allowed.")]
    return []
