"""What can be written to a database: the port, by named queries."""

import msgspec

from feedline.errors import Conflict
from feedline.feed.audit import AuditRow
from feedline.feed.events import (
    AnyEvent,
    CommentAdded,
    CommentDeleted,
    PostDeleted,
    PostEvent,
    Unknown,
    amended,
    post_of,
)
from feedline.feed.instants import IdSource, Millis
from feedline.feed.media_row import MediaRow
from feedline.feed.people import Identity, Role, SessionRow, UserRow
from feedline.feed.policy import LivePolicy
from feedline.feed.ports import ServiceToken
from feedline.feed.posts import PostRow
from feedline.store.accounts import AccountWrites
from feedline.store.circles import CircleWrites
from feedline.store.events import event_encoder, read_event
from feedline.store.experiments import ExperimentWrites
from feedline.store.figures import FigureWrites
from feedline.store.notifications import NotificationWrites
from feedline.store.reports import ReportWrites
from feedline.store.trails import TrailWrites
from feedline.store.views import Views


class Changes(
    CircleWrites,
    NotificationWrites,
    AccountWrites,
    ExperimentWrites,
    ReportWrites,
    TrailWrites,
    FigureWrites,
    Views,
):
    """The writes of one group of commands, all at the instant ``now``."""

    def __init__(self, ids: IdSource, now: Millis) -> None:
        self._ids = ids
        self.now = now

    def new_id(self) -> str:
        return self._ids.next(self.now)

    def amend(self, later: AnyEvent) -> None:
        comment_id = comment_of(later)
        about = (
            self._rows("events_of_post", post_of(later))
            if comment_id is None
            else self._rows("events_of_comment", comment_id)
        )
        for seq, body in list(about):
            event = read_event(body)
            kept = amended(event, later)
            if kept is not event or isinstance(event, Unknown):  # there may be content in it
                self._do("rewrite_event", event_encoder.encode(kept), seq)

    def trim(self, keep_from: Millis, keep_events: int, limit: int) -> int:
        """Drops up to ``limit`` of the oldest events; how many."""
        last_droppable = self.log_bounds().head - keep_events
        floor = None
        dropped = 0
        for seq, at in self._rows("oldest_events", limit):
            if at >= keep_from or seq > last_droppable:
                break
            floor, dropped = seq, dropped + 1
        if floor is not None:
            self._do("drop_events", floor)
            self._move_floor(floor)
        return dropped

    def forget(self, before: Millis, limit: int) -> int:
        """Drops up to ``limit`` each of the answers, tickets and sessions that are over."""
        return (
            self._changed("forget_answers", before, limit)
            + self._changed("forget_tickets", self.now, limit)
            + self._changed("forget_sessions", before, limit)
        )

    def add_user(self, row: UserRow) -> None:
        if self.user_by_name(row.username) is not None:
            raise Conflict("username", row.username)
        self._do(
            "add_user",
            row.id,
            row.username,
            row.name,
            row.avatar,
            row.is_verified,
            row.role,
            row.password_hash,
            row.created_at,
        )

    def change_profile(self, user_id: str, name: str, avatar: str | None) -> None:
        self._do("change_profile", name, avatar, user_id)

    def add_session(self, row: SessionRow) -> None:
        self._do("add_session", row.id, row.user_id, row.created_at, row.expires_at)

    def keep_session(self, row: SessionRow) -> None:
        self._do("keep_session", row.id, row.user_id, row.created_at, row.expires_at)

    def extend_session(self, session_id: str, expires_at: Millis) -> None:
        self._do("extend_session", expires_at, session_id)

    def revoke_session(self, session_id: str) -> None:
        self._do("revoke_session", session_id)

    def set_role(self, user_id: str, role: Role) -> None:
        self._do("set_role", role, user_id)

    def add_audit(self, row: AuditRow) -> None:
        actor, subject = row.actor, row.subject
        about = (None, None) if subject is None else (subject.kind, subject.id)
        details = msgspec.json.encode(row.details).decode()
        self._do(
            "add_audit",
            row.id,
            actor.kind,
            actor.id,
            actor.name,
            row.action,
            *about,
            details,
            row.created_at,
        )

    def forget_audit(self, before: Millis, limit: int) -> int:
        settled = self._changed("drop_reports", before, limit)
        return settled + self._changed("forget_audit", before, limit)

    def add_service_token(self, row: ServiceToken, digest: bytes) -> None:
        self._do("add_service_token", row.id, digest, row.name, row.created_at)

    def remove_service_token(self, token_id: str) -> str | None:
        row: tuple[str | None] = self._first("remove_service_token", token_id) or (None,)
        return row[0]

    def keep_policy(self, policy: LivePolicy) -> None:
        body = event_encoder.encode(policy)
        if not self._changed("change_policy", body):
            self._do("add_policy", body)

    def add_ticket(self, digest: bytes, identity: Identity, expires_at: Millis) -> None:
        self._do(
            "add_ticket",
            digest,
            identity.user_id,
            identity.session_id,
            identity.expires_at,
            expires_at,
        )

    def take_ticket(self, digest: bytes) -> Identity | None:
        row = self._first("take_ticket", digest)
        if row is None or row[3] <= self.now:
            return None
        return Identity(user_id=row[0], session_id=row[1], expires_at=row[2])

    def add_post(self, row: PostRow) -> None:
        self._do(
            "add_post",
            row.id,
            row.creator.id,
            row.client_id,
            row.title,
            row.text,
            row.category,
            row.tags,
            row.tier,
            row.created_at,
            row.updated_at,
            *msgspec.structs.astuple(row.media),
        )
        self._add_tags(row)
        self._count_post(row)

    def change_post(self, row: PostRow) -> None:
        self._do(
            "change_post",
            row.title,
            row.text,
            row.category,
            row.tags,
            row.tier,
            row.updated_at,
            *msgspec.structs.astuple(row.media),
            row.id,
        )
        self._do("remove_tags", row.id)
        self._add_tags(row)

    def remove_post(self, post_id: str) -> None:
        self.release_media(post_id)
        (author_id,) = self._removed("remove_post", post_id)
        self._uncount_post(author_id)
        self._do("note_removal", post_id, self.now)

    def add_media(self, row: MediaRow) -> None:
        self._do(
            "add_media",
            row.id,
            row.owner_id,
            row.type,
            row.content_type,
            row.size,
            row.thumbnail_size,
            row.aspect_ratio,
            row.created_at,
        )

    def finish_media(self, media_id: str) -> None:
        self._do("finish_media", media_id)

    def keep_blurred(self, media_id: str, data: bytes) -> None:
        self._do("keep_blurred", data, media_id)

    def attach_media(self, media_id: str, post_id: str) -> None:
        self._do("attach_media", post_id, media_id)

    def release_media(self, post_id: str) -> None:
        self._do("release_media", post_id)

    def hold_avatar(self, media_id: str) -> None:
        self._do("hold_avatar", media_id)

    def release_avatar(self, owner_id: str) -> None:
        self._do("release_avatar", owner_id)

    def unwanted_media(self, before: Millis, limit: int) -> list[str]:
        return [media_id for (media_id,) in self._rows("unwanted_media", before, limit)]

    def forget_media(self, media_ids: list[str]) -> None:
        for media_id in media_ids:
            self._do("forget_media", media_id)

    def _add_tags(self, row: PostRow) -> None:
        for tag in msgspec.json.decode(row.tags, type=list[str]):
            self._do("add_tag", tag, row.created_at, row.id)

    def _move_floor(self, floor: int) -> None:
        self._do("move_floor", floor)

    def _count_post(self, row: PostRow) -> None:
        self._do("count_post", row.created_at, row.creator.id)

    def _uncount_post(self, author_id: str) -> None:
        self._do("uncount_post", author_id)


def scrubbed_with(event: AnyEvent) -> str | None:
    """The post that takes what people wrote in the event along when it is deleted."""
    has_content = isinstance(event, PostEvent | PostDeleted | CommentAdded)
    return post_of(event) if has_content else None


def comment_of(event: AnyEvent) -> str | None:
    """The comment that does."""
    match event:
        case CommentAdded(comment=comment):
            return comment.id
        case CommentDeleted(comment_id=comment_id):
            return comment_id
    return None
