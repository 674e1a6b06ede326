"""The event vocabulary: what can happen, whom it concerns, and in which form they get it."""

from enum import IntEnum

import msgspec

from feedline.feed.people import Creator
from feedline.feed.posts import Post, locked, scrubbed, shared


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


class CreatorUpdated(Event, tag="creator_updated"):
    creator: Creator


class SessionRevoked(Event, tag="session_revoked"):
    """A sign-out. It stays inside: every node closes the session's sockets when it passes."""

    session_id: str


SentEvent = PostCreated | PostUpdated | PostDeleted | CreatorUpdated
AnyEvent = SentEvent | SessionRevoked
PostEvent = PostCreated | PostUpdated


class Audience(IntEnum):
    """The forms in which an event is encoded; never one for each receiver."""

    AUTHOR = 0
    OPEN = 1
    LOCKED = 2


def topics(event: AnyEvent) -> tuple[str, ...]:
    """The hub's topics that an event reaches, the author's own first.

    ``author:<id>`` is joined by every connection of that person, ``home:<id>`` by the home
    feeds that show that person's posts; the others are channels of the same name.
    """
    match event:
        case PostCreated(user_id=author):
            return (f"author:{author}", f"home:{author}", f"creator:{author}", "public")
        case PostUpdated(user_id=author, post=post):
            return (f"home:{author}", f"creator:{author}", f"post:{post.id}", "public")
        case PostDeleted(user_id=author, post_id=post_id):
            return (f"home:{author}", f"creator:{author}", f"post:{post_id}", "public")
        case CreatorUpdated(creator=creator):
            return (f"creator:{creator.id}",)
        case SessionRevoked():
            return ()


def actor(event: AnyEvent) -> str | None:
    """The person whose own connections are served first."""
    match event:
        case (
            PostCreated(user_id=user_id)
            | PostUpdated(user_id=user_id)
            | PostDeleted(user_id=user_id)
        ):
            return user_id
        case CreatorUpdated(creator=creator):
            return creator.id
        case SessionRevoked():
            return None


def audience(event: AnyEvent, viewer_id: str | None) -> Audience:
    """The form of an event that a viewer gets (None: somebody with no claim to more than others).

    Decided anew for each viewer and each replay.
    """
    if isinstance(event, PostEvent):
        if viewer_id == event.user_id:
            return Audience.AUTHOR
        if event.post.access.tier is not None:
            return Audience.LOCKED
    return Audience.OPEN


def rendered(event: AnyEvent, form: Audience) -> AnyEvent:
    """An event, stored as its author sees it, in the form for an audience."""
    if not isinstance(event, PostEvent) or form is Audience.AUTHOR:
        return event
    post = locked(event.post) if form is Audience.LOCKED else shared(event.post)
    return msgspec.structs.replace(event, post=post)


def without_content(event: AnyEvent) -> AnyEvent:
    """An event with everything that its post said taken out, for the log after a deletion."""
    if isinstance(event, PostEvent):
        return msgspec.structs.replace(event, post=scrubbed(event.post))
    return event
