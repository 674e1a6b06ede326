"""What people do: one function each, and the only place where events are appended.

An action gets a transaction that is open already. It checks, changes and appends; whoever
called it commits. If it raises, nothing of it remains.
"""

import msgspec

from feedline.errors import FieldProblem, Forbidden, NotFound, ValidationFailed
from feedline.feed.audit import Subject
from feedline.feed.auditing import record
from feedline.feed.channels import creator_channel, session_channel
from feedline.feed.cursor import Position
from feedline.feed.drafts import Draft, DraftLimits, draft_problems, is_empty
from feedline.feed.events import (
    CreatorUpdated,
    PostCreated,
    PostDeleted,
    PostUpdated,
    SessionRevoked,
)
from feedline.feed.instants import Millis, instant_of, rfc3339
from feedline.feed.media import take_avatar, with_media
from feedline.feed.notices import notify_followers
from feedline.feed.people import (
    ProfileChange,
    Registration,
    SessionRow,
    UserRow,
    creator_of,
    profile_problems,
    registration_problems,
)
from feedline.feed.ports import Reads, Writes
from feedline.feed.posts import Post, PostRow, for_event, normalize
from feedline.feed.visibility import Viewer


def register(tx: Writes, registration: Registration, password_hash: str) -> UserRow:
    """Makes a person. Raises ValidationFailed, or Conflict if the name is taken."""
    _require_none(registration_problems(registration))
    row = UserRow(
        id=tx.new_id(),
        username=registration.username,
        name=(registration.name or registration.username).strip(),
        password_hash=password_hash,
        created_at=tx.now,
    )
    tx.add_user(row)
    return row


def sign_in(tx: Writes, user: UserRow, expires_at: Millis) -> SessionRow:
    """Begins a session of a person whose password was right."""
    session = SessionRow(id=tx.new_id(), user_id=user.id, created_at=tx.now, expires_at=expires_at)
    tx.add_session(session)
    return session


def sign_out(tx: Writes, session_id: str) -> None:
    """Ends a session; its open sockets close when the event passes."""
    tx.revoke_session(session_id)
    tx.append(
        SessionRevoked(
            channel=session_channel(session_id), timestamp=rfc3339(tx.now), session_id=session_id
        )
    )


def change_profile(tx: Writes, user: UserRow, change: ProfileChange) -> UserRow:
    """Changes a person's own profile. Raises ValidationFailed."""
    _require_none(profile_problems(change))
    changed = msgspec.structs.replace(
        user,
        name=user.name if change.name is msgspec.UNSET else change.name.strip(),
        avatar=user.avatar if change.avatar is msgspec.UNSET else (change.avatar or None),
    )
    if changed == user:
        return user
    if changed.avatar != user.avatar:
        take_avatar(tx, user.id, changed.avatar)
    tx.change_profile(user.id, changed.name, changed.avatar)
    tx.append(
        CreatorUpdated(
            channel=creator_channel(user.id),
            timestamp=rfc3339(tx.now),
            creator=creator_of(changed),
        )
    )
    return changed


def publish_post(
    tx: Writes, author: UserRow, draft: Draft, limits: DraftLimits, client_id: str | None
) -> tuple[Post, Position]:
    """Publishes a post: the post as its author sees it, and the position of its event.

    Raises ValidationFailed if a part is not valid or the post would be empty.
    """
    post_id = tx.new_id()
    created_at = instant_of(post_id) or tx.now  # ids go on when a clock was set back
    row = draft.laid_over(
        PostRow(
            id=post_id,
            creator=creator_of(author),
            client_id=client_id,
            created_at=created_at,
            updated_at=created_at,
        )
    )
    row = with_media(tx, row, draft)
    _require_valid(draft, row, limits)
    tx.add_post(row)
    post = normalize(row, Viewer(author.id))
    position = tx.append(
        PostCreated(
            channel=creator_channel(author.id),
            timestamp=rfc3339(tx.now),
            post=for_event(post),
            user_id=author.id,
        )
    )
    notify_followers(tx, author, post_id)
    return post, position


def edit_post(
    tx: Writes, editor: UserRow, post_id: str, draft: Draft, limits: DraftLimits
) -> tuple[Post, Position]:
    """Changes a post of the editor's own; an edit that changes nothing is no event.

    Raises NotFound, Forbidden or ValidationFailed.
    """
    old = existing_post(tx, post_id, editor.id)
    if old.creator.id != editor.id:
        require_there(tx.viewer(editor.id), old)
        raise Forbidden("Only its author may change a post.")
    row = with_media(tx, draft.laid_over(old), draft)
    _require_valid(draft, row, limits)
    if row == old:
        return normalize(old, Viewer(editor.id)), tx.position()
    # Two edits in one millisecond, or a clock set back, must still sort in their order.
    row.updated_at = max(tx.now, old.updated_at + 1)
    tx.change_post(row)
    post = normalize(row, Viewer(editor.id))
    updated = PostUpdated(
        channel=creator_channel(editor.id),
        timestamp=rfc3339(tx.now),
        post=for_event(post),
        user_id=editor.id,
    )
    if row.tier != old.tier:
        tx.amend(updated)
    return post, tx.append(updated)


def delete_post(tx: Writes, person: UserRow, post_id: str) -> Position:
    """Deletes a post, with what anybody was notified of it, and scrubs it from the log.

    Returns the position of the event. Its author and admins may. Raises NotFound or Forbidden.
    """
    row = existing_post(tx, post_id)
    if row.creator.id != person.id and person.role != "admin":
        require_there(tx.viewer(person.id), row)
        raise Forbidden("Only its author or an admin may delete a post.")
    if row.creator.id != person.id:
        record(tx, person, "post.delete", Subject("post", post_id), authorId=row.creator.id)
    tx.remove_post(post_id)
    tx.remove_notifications_of(row.creator.id, post_id)
    deleted = PostDeleted(
        channel=creator_channel(row.creator.id),
        timestamp=rfc3339(tx.now),
        post_id=post_id,
        user_id=row.creator.id,
    )
    tx.amend(deleted)
    return tx.append(deleted)


def existing_post(reads: Reads, post_id: str, viewer_id: str | None = None) -> PostRow:
    """Raises NotFound."""
    row = reads.post(post_id, viewer_id)
    if row is None:
        raise NotFound("post")
    return row


def post_for(reads: Reads, post_id: str, viewer: Viewer) -> PostRow:
    """A post that is there for a viewer, in its locked form at the least. Raises NotFound."""
    row = existing_post(reads, post_id, viewer.id)
    require_there(viewer, row)
    return row


def require_there(viewer: Viewer, row: PostRow) -> None:
    """Raises NotFound if the author of a post and the viewer are apart."""
    if row.creator.id in viewer.apart:
        raise NotFound("post")


def _require_valid(draft: Draft, row: PostRow, limits: DraftLimits) -> None:
    _require_none(draft_problems(draft, limits))
    if is_empty(row):
        raise ValidationFailed(FieldProblem("", "A post needs a title, a text or a file."))


def _require_none(problems: list[FieldProblem]) -> None:
    if problems:
        raise ValidationFailed(*problems)
