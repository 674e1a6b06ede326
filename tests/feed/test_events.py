from typing import get_args

import msgspec
import pytest

from feedline.feed.channels import (
    POLICY,
    PUBLIC,
    creator_channel,
    feed_channel,
    notifications_channel,
    own_topic,
    post_channel,
    session_channel,
)
from feedline.feed.comments import Comment
from feedline.feed.events import (
    AnyEvent,
    Audience,
    CommentAdded,
    CommentDeleted,
    CreatorUpdated,
    FeedUpdate,
    Gate,
    GatedEvent,
    NewSubscription,
    NotificationAdded,
    NotificationRead,
    NotificationsCleared,
    PersonRemoved,
    PolicyChanged,
    PostCreated,
    PostDeleted,
    PostEvent,
    PostLiked,
    PostRetracted,
    PostUnliked,
    PostUpdated,
    SessionRevoked,
    Unknown,
    actor,
    amended,
    audience,
    home_of,
    rendered,
    topics,
    without_content,
)
from feedline.feed.notifications import Notification
from feedline.feed.people import Creator
from feedline.feed.policy import LivePolicy
from feedline.feed.posts import PostRow, for_event, normalize
from feedline.feed.visibility import TIERS, Viewer
from tests.feed.strategies import ANN, BEN, CAT, NOW

POST = CAT
STAMP = "2026-01-22T10:00:00.000Z"
SECRET = "only for some"
AUTHOR = Creator(id=ANN, username="ann", name="Ann", avatar=None, is_verified=False)


def post_event(kind: type[PostEvent], tier: str | None = None) -> PostEvent:
    row = PostRow(
        id=POST,
        creator=AUTHOR,
        client_id="a key",
        text=SECRET,
        tier=tier,
        created_at=NOW,
        updated_at=NOW,
    )
    post = for_event(normalize(row, Viewer(ANN)))
    return kind(channel=creator_channel(ANN), timestamp=STAMP, post=post, user_id=ANN)


CREATED, UPDATED = post_event(PostCreated), post_event(PostUpdated)
DELETED = PostDeleted(channel=creator_channel(ANN), timestamp=STAMP, post_id=POST, user_id=ANN)
PROFILE = CreatorUpdated(channel=creator_channel(ANN), timestamp=STAMP, creator=AUTHOR)
FEED = feed_channel(BEN)
GATE = Gate(ANN, None)
RETRACTED = PostRetracted(channel=FEED, timestamp=STAMP, creator_id=ANN, reason="tier")
OWN_LIKE = PostLiked(
    channel=FEED, timestamp=STAMP, post_id=POST, user_id=BEN, likes_count=1, gate=GATE
)
COMMENTED = CommentAdded(
    channel=post_channel(POST),
    timestamp=STAMP,
    post_id=POST,
    comment=Comment(id=BEN, post_id=POST, author=AUTHOR, text=SECRET, created_at=STAMP),
    comments_count=1,
    gate=GATE,
)
UNCOMMENTED = CommentDeleted(
    channel=post_channel(POST),
    timestamp=STAMP,
    post_id=POST,
    comment_id=BEN,
    comments_count=0,
    gate=GATE,
)
UNLIKED = PostUnliked(
    channel=post_channel(POST), timestamp=STAMP, post_id=POST, user_id=BEN, likes_count=0, gate=GATE
)
FOLLOWED = FeedUpdate(channel=FEED, timestamp=STAMP, reason="follow", creator_id=ANN)
SUBSCRIBED = NewSubscription(
    channel=notifications_channel(ANN),
    timestamp=STAMP,
    creator_id=ANN,
    subscriber_id=BEN,
    tier="vip",
)
NOTIFIED = NotificationAdded(
    channel=notifications_channel(ANN),
    timestamp=STAMP,
    notification=Notification(
        id=CAT, kind="follow", actor=AUTHOR, text="", is_read=False, created_at=STAMP
    ),
)
READ = NotificationRead(channel=notifications_channel(ANN), timestamp=STAMP, unread_count=0)
CLEARED = NotificationsCleared(channel=notifications_channel(ANN), timestamp=STAMP, unread_count=0)
PLAIN: list[AnyEvent] = [RETRACTED, FOLLOWED, SUBSCRIBED, NOTIFIED, READ, CLEARED]
GATED: list[GatedEvent] = [OWN_LIKE, UNLIKED, COMMENTED, UNCOMMENTED]
REVOKED = SessionRevoked(channel=session_channel(BEN), timestamp=STAMP, session_id=BEN)
REMOVED = PersonRemoved(channel=session_channel(BEN), timestamp=STAMP, user_id=BEN)
SWITCHED = PolicyChanged(channel=POLICY, timestamp=STAMP, policy=LivePolicy(is_on=False))
LATER = Unknown(channel="", timestamp="")
INNER: list[AnyEvent] = [REVOKED, REMOVED, SWITCHED, LATER]
EACH: list[AnyEvent] = [CREATED, UPDATED, DELETED, PROFILE, *INNER, *PLAIN, *GATED]


def test_there_is_an_example_of_each_event() -> None:
    assert {type(event) for event in EACH} == set(get_args(AnyEvent))


@pytest.mark.parametrize("event", EACH, ids=lambda event: type(event).__name__)
def test_an_event_is_read_back_from_its_json(event: AnyEvent) -> None:
    assert msgspec.json.decode(msgspec.json.encode(event), type=AnyEvent) == event


@pytest.mark.parametrize("event", [CREATED, UPDATED, DELETED])
def test_what_happens_to_a_post_reaches_every_list_that_shows_it(event: AnyEvent) -> None:
    assert set(topics(event)) >= {f"creator:{ANN}", "public"}
    assert event.channel in topics(event)


@pytest.mark.parametrize("event", [UPDATED, DELETED])
def test_a_change_reaches_those_who_look_at_the_post(event: AnyEvent) -> None:
    assert f"post:{POST}" in topics(event)


def test_a_new_post_reaches_each_connection_of_its_author_first() -> None:
    assert topics(CREATED)[0] == own_topic(ANN)
    for event in EACH[1:]:
        assert own_topic(ANN) not in topics(event)


def test_a_new_profile_reaches_every_list_that_shows_the_creator() -> None:
    assert topics(PROFILE) == (f"creator:{ANN}", PUBLIC)
    assert home_of(PROFILE) == ANN


def test_a_sign_out_reaches_nobody() -> None:
    for event in (REVOKED, REMOVED, SWITCHED):
        assert topics(event) == ()
        assert actor(event) is None


@pytest.mark.parametrize("event", [CREATED, UPDATED, DELETED, PROFILE])
def test_who_acted_is_served_first(event: AnyEvent) -> None:
    assert actor(event) == ANN


def test_a_home_feed_shows_its_owner_s_own_posts() -> None:
    assert {home_of(event) for event in (CREATED, UPDATED, DELETED)} == {ANN}


@pytest.mark.parametrize("kind", [PostCreated, PostUpdated])
@pytest.mark.parametrize("tier", [None, *TIERS])
def test_audiences_of_a_post(kind: type[PostEvent], tier: str | None) -> None:
    event = post_event(kind, tier)
    assert audience(event, Viewer(ANN)) is Audience.AUTHOR
    assert audience(event, Viewer(BEN)) is (Audience.OPEN if tier is None else Audience.LOCKED)


@pytest.mark.parametrize("event", [DELETED, PROFILE, REVOKED])
def test_events_without_a_post_have_one_form(event: AnyEvent) -> None:
    assert audience(event, Viewer(ANN)) is audience(event, Viewer(BEN)) is Audience.OPEN
    for form in Audience:
        assert rendered(event, form) is event


@pytest.mark.parametrize("kind", [PostCreated, PostUpdated])
def test_forms_of_a_post(kind: type[PostEvent]) -> None:
    event = post_event(kind, "vip")
    before = msgspec.json.encode(event)
    own, open_, locked, _ = (msgspec.json.encode(rendered(event, form)) for form in Audience)
    assert own == before
    assert SECRET.encode() in open_
    assert b"a key" not in open_
    assert SECRET.encode() not in locked
    assert b"a key" not in locked
    assert b'"isLocked":true' in locked
    assert msgspec.json.encode(event) == before


@pytest.mark.parametrize("event", [CREATED, UPDATED])
def test_without_content_a_post_says_nothing_but_keeps_its_place(event: PostEvent) -> None:
    bare = without_content(event)
    assert SECRET.encode() not in msgspec.json.encode(bare)
    assert type(bare) is type(event)
    assert (bare.cursor, bare.channel, bare.timestamp) == (
        event.cursor,
        event.channel,
        event.timestamp,
    )
    assert topics(bare) == topics(event)


@pytest.mark.parametrize("event", [DELETED, PROFILE, REVOKED])
def test_events_that_hold_no_content_stay(event: AnyEvent) -> None:
    assert without_content(event) is event


@pytest.mark.parametrize("event", GATED, ids=lambda event: type(event).__name__)
def test_what_is_about_a_locked_post_is_for_those_who_see_it(event: GatedEvent) -> None:
    closed = msgspec.structs.replace(event, gate=Gate(ANN, "premium"))
    assert audience(event, Viewer(CAT)) is Audience.OPEN
    assert audience(closed, Viewer(ANN)) is Audience.OPEN
    assert audience(closed, Viewer(CAT, {ANN: "premium"})) is Audience.OPEN
    # One's own like holds nothing of the post, and one's other devices have to know of it.
    assert audience(closed, Viewer(CAT, {ANN: "basic"})) is (
        Audience.OPEN if event is OWN_LIKE else None
    )


@pytest.mark.parametrize("event", GATED, ids=lambda event: type(event).__name__)
def test_for_whom_it_is_stays_inside(event: GatedEvent) -> None:
    assert b"gate" in msgspec.json.encode(event)
    assert b"gate" not in msgspec.json.encode(rendered(event, Audience.OPEN))


OF_OTHERS = [CREATED, UPDATED, DELETED, PROFILE, SUBSCRIBED, NOTIFIED, *GATED]


@pytest.mark.parametrize("event", OF_OTHERS, ids=lambda event: type(event).__name__)
def test_nobody_is_told_of_who_is_apart_from_them(event: AnyEvent) -> None:
    assert audience(event, Viewer(CAT, apart=frozenset({CAT}))) is audience(event, Viewer(CAT))
    assert audience(event, Viewer(CAT, {ANN: "vip"}, frozenset({ANN, BEN}))) is None


@pytest.mark.parametrize("event", [RETRACTED, FOLLOWED, READ, CLEARED])
def test_what_somebody_is_told_of_themselves_they_are_always_told(event: AnyEvent) -> None:
    assert audience(event, Viewer(BEN, apart=frozenset({ANN}))) is Audience.OPEN


@pytest.mark.parametrize("event", [OWN_LIKE, UNLIKED, COMMENTED])
def test_of_what_others_do_to_a_visible_post_only_the_count_is_told(event: GatedEvent) -> None:
    event = msgspec.structs.replace(event, gate=Gate(CAT, "vip"))
    apart = frozenset({ANN, BEN})
    assert audience(event, Viewer("dan", {CAT: "vip"}, apart)) is Audience.COUNTS
    assert audience(event, Viewer("dan", {CAT: "basic"}, apart)) is None
    told = msgspec.json.encode(rendered(event, Audience.COUNTS))
    assert not any(word in told for word in (ANN.encode(), SECRET.encode(), b"gate"))
    assert (b'"likesCount"' in told) == isinstance(event, PostLiked | PostUnliked)
    assert (b'"comment_deleted"' in told) == isinstance(event, CommentAdded)


def test_the_end_of_a_block_is_told_on_each_connection() -> None:
    ended = FeedUpdate(channel=FEED, timestamp=STAMP, reason="unblock", creator_id=ANN)
    assert topics(ended) == (own_topic(BEN), FEED)


def test_what_a_person_may_no_more_see_is_told_on_each_of_their_connections() -> None:
    assert topics(RETRACTED) == (own_topic(BEN), FEED)
    assert actor(RETRACTED) == BEN


def test_an_own_like_reaches_each_own_connection_and_nobody_else() -> None:
    assert topics(OWN_LIKE) == (own_topic(BEN), FEED)
    assert topics(UNLIKED) == (post_channel(POST),)
    assert actor(UNLIKED) is None


def test_a_deletion_takes_the_words_out_of_what_was_before() -> None:
    for event in (CREATED, UPDATED, COMMENTED):
        assert SECRET.encode() not in msgspec.json.encode(amended(event, DELETED))
    assert SECRET.encode() not in msgspec.json.encode(amended(COMMENTED, UNCOMMENTED))
    assert amended(CREATED, UNCOMMENTED) is CREATED


def test_a_post_that_was_open_is_for_its_tier_in_older_events_too() -> None:
    closing = post_event(PostUpdated, "premium")
    for event in (CREATED, UPDATED, COMMENTED):
        kept = amended(event, closing)
        assert audience(event, Viewer(CAT)) is Audience.OPEN
        assert audience(kept, Viewer(CAT)) in (Audience.LOCKED, None)
        assert amended(kept, post_event(PostUpdated, "basic")) == kept, "the stricter tier stays"
    assert amended(closing, UPDATED) is closing, "what was closed stays closed"
