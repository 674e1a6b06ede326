"""The event vocabulary: what can happen, whom it concerns, and in which form they get it."""

from enum import IntEnum
from typing import Literal

import msgspec

from feedline.feed.channels import (
    PUBLIC,
    creator_channel,
    is_feed,
    notifications_channel,
    own_topic,
    owner_of,
    post_channel,
)
from feedline.feed.comments import Comment
from feedline.feed.notifications import Notification
from feedline.feed.people import Creator
from feedline.feed.policy import LivePolicy
from feedline.feed.posts import Access, Post, locked, scrubbed, shared
from feedline.feed.visibility import Tier, Viewer, can_see, stricter

Unset = msgspec.UnsetType
RetractionReason = Literal["tier", "unfollowed", "blocked", "removed"]


class Event(msgspec.Struct, rename="camel", tag_field="type", kw_only=True, gc=False):
    """Something that happened, as it goes over the wire.

    ``cursor`` is the event's own position in the log; it is set when the event is appended.
    """

    cursor: str = ""
    channel: str
    timestamp: str


class PostCreated(Event, tag="post_created"):
    post: Post
    user_id: str


class PostUpdated(Event, tag="post_updated"):
    post: Post
    user_id: str


class PostDeleted(Event, tag="post_deleted"):
    post_id: str
    user_id: str


class PostRetracted(Event, tag="post_retracted"):
    """Somebody may no longer see what they have: one post, or those of a creator."""

    reason: RetractionReason
    post_id: str | Unset = msgspec.UNSET
    creator_id: str | Unset = msgspec.UNSET


class Gate(msgspec.Struct, frozen=True):
    """Whose post something is about, and for whom that post is."""

    author_id: str
    tier: Tier | None


class PostLiked(Event, tag="post_liked"):
    """``gate`` stays inside, here and below; what goes out leaves it unset."""

    post_id: str
    user_id: str
    likes_count: int
    gate: Gate | Unset = msgspec.UNSET


class PostUnliked(Event, tag="post_unliked"):
    post_id: str
    user_id: str
    likes_count: int
    gate: Gate | Unset = msgspec.UNSET


class CommentAdded(Event, tag="comment_added"):
    post_id: str
    comment: Comment
    comments_count: int
    gate: Gate | Unset = msgspec.UNSET


class CommentDeleted(Event, tag="comment_deleted"):
    post_id: str
    comment_id: str
    comments_count: int
    gate: Gate | Unset = msgspec.UNSET


class FeedUpdate(Event, tag="feed_update"):
    """Whom somebody follows, which tier of whom they hold, or who is there for them, has changed.

    ``tier``, with that reason: the one that they hold from now on. ``notify_posts``, with
    ``follow``: whether they hear of each new post from now on.
    """

    reason: Literal["follow", "unfollow", "tier", "unblock"]
    creator_id: str
    tier: Tier | Unset | None = msgspec.UNSET
    notify_posts: bool | Unset = msgspec.UNSET


class NewSubscription(Event, tag="new_subscription"):
    creator_id: str
    subscriber_id: str
    tier: Tier


class NotificationAdded(Event, tag="notification"):
    """A notification, new or changed: one with a known id takes its place.

    Of a new post there is one for all who hear of it, published to its author's channel.
    """

    notification: Notification


class NotificationRead(Event, tag="notification_read"):
    """Without ids, all of them."""

    unread_count: int
    ids: list[str] | Unset = msgspec.UNSET


class NotificationsCleared(Event, tag="notifications_cleared"):
    unread_count: int


class CreatorUpdated(Event, tag="creator_updated"):
    creator: Creator


class SessionRevoked(Event, tag="session_revoked"):
    """A sign-out. It stays inside: every node closes the session's sockets when it passes.

    ``user_id``: all sessions of a person have ended, and ``session_id`` is empty.
    """

    session_id: str
    user_id: str | Unset = msgspec.UNSET


class PersonRemoved(Event, tag="person_removed"):
    """Nothing is left of somebody. It stays inside: every node forgets their names as it passes."""

    user_id: str


class PolicyChanged(Event, tag="policy_changed"):
    """Who has live delivery from now on. It stays inside: every node obeys when it passes."""

    policy: LivePolicy


class Unknown(Event, tag="unknown"):
    """What a later version has appended, read by this one. It stays inside: nobody is told."""


PostEvent = PostCreated | PostUpdated
LikeEvent = PostLiked | PostUnliked
CommentEvent = CommentAdded | CommentDeleted
GatedEvent = LikeEvent | CommentEvent
SentEvent = (
    PostEvent
    | PostDeleted
    | PostRetracted
    | GatedEvent
    | FeedUpdate
    | NewSubscription
    | NotificationAdded
    | NotificationRead
    | NotificationsCleared
    | CreatorUpdated
)
InnerEvent = SessionRevoked | PersonRemoved | PolicyChanged | Unknown
AnyEvent = SentEvent | InnerEvent


class Audience(IntEnum):
    """The forms in which an event is encoded; never one for each receiver."""

    AUTHOR = 0
    OPEN = 1
    LOCKED = 2
    COUNTS = 3
    """For who is apart from the one whose doing it is: how many there are now, and nothing else."""


def topics(event: AnyEvent) -> tuple[str, ...]:
    """The hub's topics that an event reaches, the own topic of the actor first.

    ``person:<id>`` is joined by every connection of that person; the others are channels.
    """
    match event:
        case PostCreated(user_id=author):
            return (own_topic(author), creator_channel(author), PUBLIC)
        case PostUpdated(user_id=author):
            return (creator_channel(author), post_channel(event.post.id), PUBLIC)
        case PostDeleted(user_id=author, post_id=post_id):
            own = notifications_channel(author)
            return (creator_channel(author), post_channel(post_id), PUBLIC, own)
        case CreatorUpdated(creator=creator):
            return (creator_channel(creator.id), PUBLIC)
        case FeedUpdate(reason="unblock") | PostRetracted() | PostLiked() | PostUnliked() if (
            is_feed(event.channel)
        ):
            return (own_topic(owner_of(event.channel)), event.channel)
    is_for_all = isinstance(event, InnerEvent) or herald_of(event) is not None
    return () if is_for_all else (event.channel, *_inbox(event))


def _inbox(event: AnyEvent) -> tuple[str, ...]:
    """Where an event is as well because what one is notified of depends on whom one follows."""
    is_meant = isinstance(event, FeedUpdate) and event.reason in ("follow", "unfollow")
    return (notifications_channel(owner_of(event.channel)),) if is_meant else ()


def home_of(event: AnyEvent) -> str | None:
    """The creator whose followers have the event in their home feeds."""
    if isinstance(event, CreatorUpdated):
        return event.creator.id
    return event.user_id if isinstance(event, PostEvent | PostDeleted) else None


def herald_of(event: AnyEvent) -> str | None:
    """The creator whose followers have the event among their notifications.

    That is the notice of a post, and the deletion that takes it away.
    """
    match event:
        case PostDeleted(user_id=author):
            return author
        case NotificationAdded(notification=Notification(kind="post", actor=author)):
            return author.id
    return None


def actor(event: AnyEvent) -> str | None:
    """The person whose own connections are served first."""
    match event:
        case PostCreated() | PostUpdated() | PostDeleted():
            return event.user_id
        case CreatorUpdated(creator=creator):
            return creator.id
        case FeedUpdate() | PostRetracted():
            return owner_of(event.channel)
        case PostLiked() | PostUnliked() if is_feed(event.channel):
            return event.user_id
        case _:
            return None


def gate_of(event: AnyEvent) -> Gate | None:
    """For whom what an event tells is; None: for everybody."""
    if isinstance(event, PostEvent):
        return Gate(event.user_id, event.post.access.tier)
    if isinstance(event, GatedEvent) and not isinstance(event.gate, Unset):
        return event.gate
    return None


def audience(event: AnyEvent, viewer: Viewer) -> Audience | None:
    """The form of an event that a viewer gets; None if they get nothing of it.

    Decided anew for each viewer and each replay.
    """
    gate = gate_of(event)
    if viewer.apart and not viewer.apart.isdisjoint(_doers(event, gate)):
        is_seen = gate is not None and can_see(viewer, gate.author_id, gate.tier)
        return Audience.COUNTS if is_seen else None
    if isinstance(event, PostEvent) and viewer.id == event.user_id:
        return Audience.AUTHOR
    if gate is None or can_see(viewer, gate.author_id, gate.tier):
        return Audience.OPEN
    if isinstance(event, PostEvent):
        return Audience.LOCKED
    return Audience.OPEN if isinstance(event, LikeEvent) and is_feed(event.channel) else None


def _doers(event: AnyEvent, gate: Gate | None) -> tuple[str, ...]:
    """Whose doing an event is, and whose post it is about.

    What somebody is told of themselves, such as whom they follow, is nobody else's.
    """
    authors = () if gate is None else (gate.author_id,)
    match event:
        case PostDeleted(user_id=doer) | PostLiked(user_id=doer) | PostUnliked(user_id=doer):
            return (doer, *authors)
        case CommentAdded(comment=Comment(author=doer)):
            return (doer.id, *authors)
        case (
            CreatorUpdated(creator=doer) | NotificationAdded(notification=Notification(actor=doer))
        ):
            return (doer.id,)
        case NewSubscription():
            return (event.creator_id, event.subscriber_id)
    return authors


def _counts_of(event: GatedEvent) -> AnyEvent:
    """What is left of an event for who may know that it happened, but not who did it."""
    if isinstance(event, LikeEvent):
        return msgspec.structs.replace(event, user_id="", gate=msgspec.UNSET)
    if isinstance(event, CommentAdded):  # the same as if the comment were gone again
        return CommentDeleted(
            cursor=event.cursor,
            channel=event.channel,
            timestamp=event.timestamp,
            post_id=event.post_id,
            comment_id=event.comment.id,
            comments_count=event.comments_count,
        )
    return msgspec.structs.replace(event, gate=msgspec.UNSET)


def rendered(event: AnyEvent, form: Audience) -> AnyEvent:
    """An event, stored as its author sees it, in the form for an audience."""
    if isinstance(event, GatedEvent) and form is Audience.COUNTS:
        return _counts_of(event)
    if isinstance(event, GatedEvent):
        return msgspec.structs.replace(event, gate=msgspec.UNSET)
    if not isinstance(event, PostEvent) or form is Audience.AUTHOR:
        return event
    post = shared(event.post) if form is Audience.OPEN else locked(event.post)
    return msgspec.structs.replace(event, post=post)


def behind(event: AnyEvent, tier: Tier | None) -> AnyEvent:
    """An event of a post that is for a tier by now, for the log."""
    if isinstance(event, PostEvent):
        access = Access(tier=stricter(event.post.access.tier, tier), is_locked=False)
        post = msgspec.structs.replace(event.post, access=access)
        return msgspec.structs.replace(event, post=post)
    if isinstance(event, GatedEvent) and not isinstance(event.gate, Unset):
        gate = Gate(event.gate.author_id, stricter(event.gate.tier, tier))
        return msgspec.structs.replace(event, gate=gate)
    return event


def amended(event: AnyEvent, later: AnyEvent) -> AnyEvent:
    """What may be kept of an event once a later one has passed; the same object if that is all."""
    match later:
        case PostDeleted(post_id=post_id) if post_of(event) == post_id:
            return without_content(event)
        case CommentDeleted(comment_id=comment_id):
            about = isinstance(event, CommentAdded) and event.comment.id == comment_id
            return without_content(event) if about else event
        case PostUpdated(post=Post(id=post_id, access=Access(tier=tier))):
            return behind(event, tier) if tier and post_of(event) == post_id else event
        case PersonRemoved(user_id=user_id):
            return without_person(event, user_id)
    return event


def post_of(event: AnyEvent) -> str | None:
    """The post that an event is about."""
    if isinstance(event, PostEvent):
        return event.post.id
    return event.post_id if isinstance(event, GatedEvent | PostDeleted) else None


def without_content(event: AnyEvent) -> AnyEvent:
    """An event with everything that people wrote taken out, for the log after a deletion."""
    if isinstance(event, PostEvent):
        return msgspec.structs.replace(event, post=scrubbed(event.post))
    if isinstance(event, CommentAdded):
        comment = msgspec.structs.replace(event.comment, text="")
        return msgspec.structs.replace(event, comment=comment)
    return event


def without_person(event: AnyEvent, user_id: str) -> AnyEvent:
    """An event with somebody's names taken out, for the log once they are gone."""
    replace = msgspec.structs.replace
    match event:
        case PostCreated(post=post) | PostUpdated(post=post) if post.creator.id == user_id:
            return replace(event, post=replace(scrubbed(post), creator=_nameless(user_id)))
        case CommentAdded(comment=comment) if comment.author.id == user_id:
            return replace(event, comment=replace(comment, text="", author=_nameless(user_id)))
        case NotificationAdded(notification=notification) if notification.actor.id == user_id:
            return replace(
                event, notification=replace(notification, actor=_nameless(user_id), text="")
            )
        case CreatorUpdated(creator=creator) if creator.id == user_id:
            return replace(event, creator=_nameless(user_id))
    return event


def _nameless(user_id: str) -> Creator:
    return Creator(id=user_id, username="", name="", avatar=None, is_verified=False)
