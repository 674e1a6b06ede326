"""What the domain asks of a database: reads in one snapshot, writes in one transaction."""

from typing import Protocol

import msgspec

from feedline.feed.account_ports import AccountReads, AccountWrites
from feedline.feed.audit import AuditQuery, AuditRow
from feedline.feed.comments import CommentQuery, CommentRow
from feedline.feed.cursor import Position
from feedline.feed.events import AnyEvent
from feedline.feed.experiments import Experiment
from feedline.feed.instants import Millis, Place
from feedline.feed.media_row import MediaRow
from feedline.feed.notifications import NotificationKind, NotificationQuery, NotificationRow
from feedline.feed.outcomes import Taken, Tally
from feedline.feed.people import Creator, Identity, Role, SessionRow, UserRow
from feedline.feed.policy import LivePolicy
from feedline.feed.posts import PostRow
from feedline.feed.visibility import Tier, Viewer


class PostQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which posts, newest first: those that match every part given."""

    creator: str | None = None
    category: str | None = None
    tag: str | None = None
    before: Place | None = None
    """Only what comes after this place in the list."""
    limit: int = 20


COUNTED = 1_000
"""Up to so many unread posts are counted; more are told as so many."""


class OwedLike(msgspec.Struct, frozen=True, kw_only=True):
    """The newest like of a post, or the taking back of one, of which nobody was told yet."""

    post_id: str
    user_id: str
    liked: bool
    due: Millis


class SubscriberQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a tier of a creator, the newest first."""

    creator_id: str
    before: Place | None = None
    limit: int = 20


class SubscriberRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who holds a tier, and since when they hold any."""

    user: Creator
    tier: Tier
    created_at: Millis

    @property
    def id(self) -> str:
        return self.user.id


class BlockQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whom somebody has blocked, the newest first."""

    blocker_id: str
    before: Place | None = None
    limit: int = 20


class BlockRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is blocked, and since when."""

    user: Creator
    created_at: Millis

    @property
    def id(self) -> str:
        return self.user.id


class ServiceToken(msgspec.Struct, frozen=True):
    """A token of another program, but for the token itself, which is not kept."""

    id: str
    name: str
    created_at: Millis


class Reads(AccountReads, Protocol):
    """Everything here comes from one snapshot of the database."""

    def cursor(self) -> str:
        """The position of the newest event in the snapshot."""

    def user(self, user_id: str) -> UserRow | None: ...

    def user_by_name(self, username: str) -> UserRow | None:
        """Looks a username up; upper and lower case are the same."""

    def signed_in(self, session_id: str, now: Millis) -> UserRow | None:
        """The person of a session that is neither revoked nor over."""

    def service_token(self, digest: bytes) -> ServiceToken | None: ...

    def service_tokens(self) -> list[ServiceToken]: ...

    def audit(self, query: AuditQuery) -> list[AuditRow]: ...

    def policy(self) -> LivePolicy:
        """Who has live delivery."""

    def experiment(self, name: str) -> Experiment | None: ...

    def experiments(self) -> list[Experiment]:
        """All that there were, the newest first."""

    def tallies(self, name: str) -> list[Tally]:
        """What is kept of an experiment."""

    def taken(self, name: str) -> list[Taken]:
        """Which slots of its halves were taken."""

    def viewer(self, user_id: str) -> Viewer:
        """A person as one who looks: the tiers that they hold, and from whom they are apart."""

    def has_blocked(self, blocker_id: str, blocked_id: str) -> bool: ...

    def are_apart(self, one_id: str, other_id: str) -> bool:
        """Whether one of two people has blocked the other.

        In a transaction it stays so until the end: whoever blocks or unblocks comes after.
        """

    def blocks(self, query: BlockQuery) -> list[BlockRow]: ...

    def count_blocks(self, blocker_id: str) -> int: ...

    def post(self, post_id: str, viewer_id: str | None = None) -> PostRow | None: ...

    def is_removed(self, post_id: str) -> bool:
        """Whether there was a post that is deleted."""

    def posts(self, query: PostQuery, viewer_id: str | None = None) -> list[PostRow]:
        """Without those of people who are apart from the viewer."""

    def home(self, user_id: str, before: Place | None = None, limit: int = 20) -> list[PostRow]:
        """The posts of a person and of everyone whom they follow, newest first."""

    def following(self, user_id: str) -> list[str]:
        """The ids of everyone whom a person follows."""

    def is_following(self, follower_id: str, creator_id: str) -> bool: ...

    def notifies_posts(self, follower_id: str, creator_id: str) -> bool:
        """Whether somebody follows a person, and is notified of each of their new posts."""

    def muted(self, follower_id: str) -> list[str]:
        """Whom a person follows without being notified of their posts."""

    def people_to_follow(self, user_id: str | None, limit: int) -> list[UserRow]:
        """People who post and whom somebody does not follow: the most followed, then the newest.

        Without those who are apart from them.
        """

    def subscribers(self, query: SubscriberQuery) -> list[SubscriberRow]: ...

    def tier_held(self, subscriber_id: str, creator_id: str) -> Tier | None: ...

    def is_liked(self, post_id: str, user_id: str) -> bool: ...

    def likes_owed(self) -> list[OwedLike]:
        """Posts whose newest likes nobody was told of, those that are due first come first."""

    def like_owed(self, post_id: str) -> OwedLike | None: ...

    def comment(self, comment_id: str) -> CommentRow | None: ...

    def comments(self, query: CommentQuery) -> list[CommentRow]: ...

    def notifications(self, query: NotificationQuery) -> list[NotificationRow]:
        """A person's own, and those of posts by whom they hear of."""

    def unread_count(self, user_id: str) -> int:
        """How many of these are unread; of posts, :data:`COUNTED` at most."""

    def has_post_notice(self, post_id: str) -> bool:
        """Whether followers were notified of a post."""

    def unread_notification(
        self, user_id: str, kind: NotificationKind, post_id: str | None
    ) -> NotificationRow | None:
        """The one that collects what others do to the same post."""

    def media(self, media_id: str) -> MediaRow | None: ...

    def media_of_post(self, post_id: str) -> MediaRow | None: ...

    def blurred(self, media_id: str) -> bytes | None:
        """What everybody may see of a picture, if that was made yet."""

    def media_bytes(self, owner_id: str) -> int:
        """How much room a person's files take."""


class Writes(AccountWrites, Reads, Protocol):
    """A transaction: all of it is committed, events included, or none of it."""

    now: Millis
    """The instant of this transaction."""

    def new_id(self) -> str:
        """An id that sorts after all earlier ones."""

    def append(self, event: AnyEvent) -> Position:
        """Appends an event to the log; its cursor is set in it once it is known."""

    def position(self) -> Position:
        """Where the log stands with all that this transaction has read and appended."""

    def amend(self, later: AnyEvent) -> None:
        """Takes out of the log what may not be kept once this event has passed."""

    def add_user(self, row: UserRow) -> None:
        """Raises :class:`feedline.errors.Conflict` if the username is taken."""

    def change_profile(self, user_id: str, name: str, avatar: str | None) -> None: ...

    def add_session(self, row: SessionRow) -> None: ...

    def keep_session(self, row: SessionRow) -> None:
        """Adds a session if it is not known; one that was revoked stays so."""

    def extend_session(self, session_id: str, expires_at: Millis) -> None: ...

    def revoke_session(self, session_id: str) -> None: ...

    def set_role(self, user_id: str, role: Role) -> None: ...

    def add_audit(self, row: AuditRow) -> None: ...

    def add_service_token(self, row: ServiceToken, digest: bytes) -> None: ...

    def remove_service_token(self, token_id: str) -> str | None:
        """Its name, if there was one."""

    def keep_policy(self, policy: LivePolicy) -> None: ...

    def keep_experiment(self, experiment: Experiment) -> None: ...

    def add_tallies(self, name: str, tallies: list[Tally]) -> None:
        """Adds to the sums of an experiment."""

    def add_taken(self, name: str, taken: Taken) -> None: ...

    def add_ticket(self, digest: bytes, identity: Identity, expires_at: Millis) -> None: ...

    def take_ticket(self, digest: bytes) -> Identity | None:
        """The identity behind a ticket that is still good; it is used up by this."""

    def add_post(self, row: PostRow) -> None: ...

    def change_post(self, row: PostRow) -> None: ...

    def remove_post(self, post_id: str) -> None: ...

    def add_media(self, row: MediaRow) -> None:
        """Takes note of a file that arrives; it is there for others once it is finished."""

    def finish_media(self, media_id: str) -> None: ...

    def keep_blurred(self, media_id: str, data: bytes) -> None: ...

    def attach_media(self, media_id: str, post_id: str) -> None: ...

    def release_media(self, post_id: str) -> None:
        """The file of a post, if it has one, is nobody's any more."""

    def hold_avatar(self, media_id: str) -> None:
        """A file is its owner's avatar."""

    def release_avatar(self, owner_id: str) -> None:
        """The file that is a person's avatar, if one is, is nobody's any more."""

    def unwanted_media(self, before: Millis, limit: int) -> list[str]:
        """Files that are nobody's, and those older than an instant that have no post."""

    def forget_media(self, media_ids: list[str]) -> None: ...

    def add_follow(
        self, follower_id: str, creator_id: str, *, notify_posts: bool = True
    ) -> None: ...

    def change_follow(self, follower_id: str, creator_id: str, *, notify_posts: bool) -> None:
        """Whether a follower is notified of posts, those from now on."""

    def remove_follow(self, follower_id: str, creator_id: str) -> None: ...

    def add_block(self, blocker_id: str, blocked_id: str) -> None: ...

    def remove_block(self, blocker_id: str, blocked_id: str) -> None: ...

    def hold_tier(self, subscriber_id: str, creator_id: str, tier: Tier) -> None: ...

    def drop_tier(self, subscriber_id: str, creator_id: str) -> None: ...

    def add_like(self, post_id: str, user_id: str) -> int:
        """Adds a like that is not there; how many the post has then."""

    def remove_like(self, post_id: str, user_id: str) -> int: ...

    def count_likes(self, post_id: str, likes_count: int) -> None:
        """Sets how many likes a post has."""

    def likes_told_at(self, post_id: str) -> Millis: ...

    def tell_likes(self, post_id: str) -> None:
        """Everybody was told of a post's likes: nothing is owed, and the next may wait."""

    def owe_likes(self, owed: OwedLike) -> None: ...

    def add_comment(self, row: CommentRow) -> int:
        """Adds a comment; how many the post has then."""

    def remove_comment(self, comment_id: str) -> int: ...

    def add_notification(self, row: NotificationRow) -> None: ...

    def add_post_notice(self, row: NotificationRow) -> None:
        """Keeps what followers are notified of, at the place of the newest event."""

    def change_notification(self, row: NotificationRow) -> None: ...

    def remove_notifications_of(self, user_id: str, post_id: str) -> None:
        """Removes what a person was notified of about a post of theirs."""

    def remove_actor(self, user_id: str, actor_id: str) -> None:
        """Somebody was never notified of what another person did."""

    def add_actor(self, notification_id: str, actor_id: str) -> bool:
        """Counts somebody in a notification; whether they were not yet."""

    def read_notifications(self, user_id: str, ids: list[str] | None) -> bool:
        """Marks these as read, or all; whether that changed any."""

    def clear_notifications(self, user_id: str) -> bool:
        """Removes all of a person; whether there were any."""
