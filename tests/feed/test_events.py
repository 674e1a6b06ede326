from typing import get_args

import msgspec
import pytest

from feedline.feed.channels import channel_topics, creator_channel, own_topic, session_channel
from feedline.feed.events import (
    AnyEvent,
    Audience,
    CreatorUpdated,
    PostCreated,
    PostDeleted,
    PostEvent,
    PostUpdated,
    SessionRevoked,
    actor,
    audience,
    rendered,
    topics,
    without_content,
)
from feedline.feed.people import Creator
from feedline.feed.posts import PostRow, for_event, normalize
from feedline.feed.visibility import TIERS
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
    post = for_event(normalize(row, ANN))
    return kind(channel=creator_channel(ANN), timestamp=STAMP, post=post, user_id=ANN)


CREATED, UPDATED = post_event(PostCreated), post_event(PostUpdated)
DELETED = PostDeleted(channel=creator_channel(ANN), timestamp=STAMP, post_id=POST, user_id=ANN)
PROFILE = CreatorUpdated(channel=creator_channel(ANN), timestamp=STAMP, creator=AUTHOR)
REVOKED = SessionRevoked(channel=session_channel(BEN), timestamp=STAMP, session_id=BEN)
EACH: list[AnyEvent] = [CREATED, UPDATED, DELETED, PROFILE, REVOKED]


def test_there_is_an_example_of_each_event() -> None:
    assert {type(event) for event in EACH} == set(get_args(AnyEvent))


@pytest.mark.parametrize("event", EACH, ids=lambda event: type(event).__name__)
def test_an_event_is_read_back_from_its_json(event: AnyEvent) -> None:
    assert msgspec.json.decode(msgspec.json.encode(event), type=AnyEvent) == event


@pytest.mark.parametrize("event", [CREATED, UPDATED, DELETED])
def test_what_happens_to_a_post_reaches_every_list_that_shows_it(event: AnyEvent) -> None:
    assert set(topics(event)) >= {f"home:{ANN}", f"creator:{ANN}", "public"}
    assert event.channel in topics(event)


@pytest.mark.parametrize("event", [UPDATED, DELETED])
def test_a_change_reaches_those_who_look_at_the_post(event: AnyEvent) -> None:
    assert f"post:{POST}" in topics(event)


def test_a_new_post_reaches_each_connection_of_its_author_first() -> None:
    assert topics(CREATED)[0] == own_topic(ANN)
    for event in EACH[1:]:
        assert own_topic(ANN) not in topics(event)


def test_a_new_profile_reaches_those_who_look_at_the_creator() -> None:
    assert topics(PROFILE) == (f"creator:{ANN}",)


def test_a_sign_out_reaches_nobody() -> None:
    assert topics(REVOKED) == ()
    assert actor(REVOKED) is None


@pytest.mark.parametrize("event", [CREATED, UPDATED, DELETED, PROFILE])
def test_who_acted_is_served_first(event: AnyEvent) -> None:
    assert actor(event) == ANN


def test_a_home_feed_shows_its_owner_s_own_posts() -> None:
    for event in (CREATED, UPDATED, DELETED):
        assert set(channel_topics(f"feed:{ANN}")) & set(topics(event))


@pytest.mark.parametrize("kind", [PostCreated, PostUpdated])
@pytest.mark.parametrize("tier", [None, *TIERS])
def test_audiences_of_a_post(kind: type[PostEvent], tier: str | None) -> None:
    event = post_event(kind, tier)
    assert audience(event, ANN) is Audience.AUTHOR
    assert audience(event, BEN) is (Audience.OPEN if tier is None else Audience.LOCKED)


@pytest.mark.parametrize("event", [DELETED, PROFILE, REVOKED])
def test_events_without_a_post_have_one_form(event: AnyEvent) -> None:
    assert audience(event, ANN) is audience(event, BEN) is Audience.OPEN
    for form in Audience:
        assert rendered(event, form) is event


@pytest.mark.parametrize("kind", [PostCreated, PostUpdated])
def test_forms_of_a_post(kind: type[PostEvent]) -> None:
    event = post_event(kind, "vip")
    before = msgspec.json.encode(event)
    own, open_, locked = (msgspec.json.encode(rendered(event, form)) for form in Audience)
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
