"""One normalizer: whatever is stored and whoever looks, a post is valid and the same everywhere."""

import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.feed.events import AnyEvent, PostCreated, PostUpdated, audience, rendered
from feedline.feed.people import Creator
from feedline.feed.posts import (
    MEDIA_TYPES,
    Media,
    Post,
    PostRow,
    for_event,
    locked,
    normalize,
    scrubbed,
    shared,
)
from feedline.feed.visibility import STRANGER, TIERS, Viewer
from tests.feed.strategies import ANN, BEN, NOW, examples, post_rows, viewers

media = st.builds(
    Media,
    type=st.sampled_from(MEDIA_TYPES),
    url=st.none() | st.uuids().map(lambda id_: f"/media/{id_}"),
    thumbnail=st.none() | st.uuids().map(lambda id_: f"/thumbnails/{id_}"),
    aspect_ratio=st.none() | st.floats(0.1, 10),
)


def row_of(**parts: str | int | None) -> PostRow:
    creator = Creator(id=ANN, username="ann", name="Ann", avatar=None, is_verified=False)
    defaults = {"id": BEN, "creator": creator, "created_at": NOW, "updated_at": NOW}
    return PostRow(**{**defaults, **parts})  # type: ignore[arg-type]


def as_json(post: Post) -> bytes:
    return msgspec.json.encode(post)


@examples(50)
@given(post_rows, viewers)
def test_any_stored_row_gives_a_valid_post(row: PostRow, viewer: Viewer) -> None:
    post = normalize(row, viewer)
    assert msgspec.json.decode(as_json(post), type=Post, strict=True) == post
    assert post.created_at <= post.updated_at


@examples(50)
@given(post_rows, viewers)
def test_an_answer_an_event_and_a_replay_show_the_same_post(row: PostRow, viewer: Viewer) -> None:
    own = for_event(normalize(row, Viewer(row.creator.id)))
    for kind in (PostCreated, PostUpdated):
        event = kind(channel="public", timestamp="", post=own, user_id=row.creator.id)
        logged = msgspec.json.decode(msgspec.json.encode(event), type=AnyEvent)
        assert logged == event
        for carried in (event, logged):
            form = audience(carried, viewer)
            assert form is not None
            shown = rendered(carried, form)
            assert isinstance(shown, PostCreated | PostUpdated)
            assert as_json(shown.post) == as_json(for_event(normalize(row, viewer)))


@examples(50)
@given(post_rows)
def test_the_author_sees_all_of_it(row: PostRow) -> None:
    post = normalize(row, Viewer(row.creator.id))
    assert post.content.text == (row.text or "")
    assert post.client_id == row.client_id
    assert not post.access.is_locked


@examples(50)
@given(post_rows, viewers)
def test_the_client_id_is_for_the_author_alone(row: PostRow, viewer: Viewer) -> None:
    if viewer.id != row.creator.id:
        assert normalize(row, viewer).client_id is None


@examples(50)
@given(post_rows, viewers, media)
def test_the_locked_form_holds_nothing_of_what_is_locked(
    row: PostRow, viewer: Viewer, media: Media
) -> None:
    row.text, row.client_id = f"text {uuid.uuid4()}", f"key {uuid.uuid4()}"
    whole = msgspec.structs.replace(normalize(row, Viewer(row.creator.id)), media=media)
    sent = as_json(locked(whole)).decode()
    for secret in (row.text, row.client_id, media.url):
        assert secret is None or secret not in sent
    if normalize(row, viewer).access.is_locked:
        assert row.text not in as_json(normalize(row, viewer)).decode()


def test_the_thumbnail_of_a_locked_post_is_a_blurred_one() -> None:
    for address, shown in (
        ("/api/media/1/thumbnail", f"/api/posts/{row_of().id}/blurred"),
        ("https://elsewhere.test/api/media/1/thumbnail", None),
        ("/api/media/1", None),
        (None, None),
    ):
        file = Media(type="image", url="/api/media/1", thumbnail=address, aspect_ratio=2)
        form = normalize(msgspec.structs.replace(row_of(tier="vip"), media=file), STRANGER)
        assert form.media == Media(type="image", url=None, thumbnail=shown, aspect_ratio=2)


@examples(50)
@given(post_rows)
def test_locking_twice_is_locking_once_and_keeps_what_everyone_may_see(row: PostRow) -> None:
    whole = normalize(row, Viewer(row.creator.id))
    form = locked(whole)
    assert locked(form) == form
    assert form.access.is_locked
    for part in ("id", "creator", "engagement", "created_at", "updated_at"):
        assert getattr(form, part) == getattr(whole, part)
    assert form.content.title == whole.content.title
    assert form.content.tags == whole.content.tags


@pytest.mark.parametrize("viewer", [STRANGER, Viewer(BEN)])
@pytest.mark.parametrize("tier", [*TIERS, "gold", "", "VIP", "basic "])
def test_a_tier_known_or_not_closes_the_post(tier: str, viewer: Viewer) -> None:
    post = normalize(row_of(text="for some", tier=tier), viewer)
    assert post.access.is_locked
    assert post.content.text == ""
    assert post.access.tier == (tier if tier in TIERS else "vip")


@pytest.mark.parametrize(
    "stored", ["", "nonsense", "null", "{}", "[1]", '["a", null]', '["a"', "[" * 100_000]
)
def test_tags_that_can_not_be_read_are_none(stored: str) -> None:
    assert normalize(row_of(tags=stored), STRANGER).content.tags == []


def test_a_post_is_never_older_than_it_is() -> None:
    post = normalize(row_of(created_at=NOW, updated_at=NOW - 5_000), STRANGER)
    assert post.updated_at == post.created_at


@examples(25)
@given(post_rows, media)
def test_what_is_left_of_a_deleted_post_says_nothing(row: PostRow, media: Media) -> None:
    row.title, row.text, row.category = "a title", "some text", "a category"
    row.tags = '["a tag"]'
    whole = msgspec.structs.replace(normalize(row, Viewer(row.creator.id)), media=media)
    left = scrubbed(whole)
    assert (left.id, left.creator, left.created_at) == (whole.id, whole.creator, whole.created_at)
    assert msgspec.to_builtins(left.content) == {
        "title": None,
        "text": "",
        "category": None,
        "tags": [],
    }
    assert left.media.url is left.media.thumbnail is None


def test_the_shape_is_the_one_of_the_protocol() -> None:
    row = row_of(title="Hello", text="First post", tags='["intro"]', client_id="key")
    assert msgspec.to_builtins(normalize(row, Viewer(ANN))) == {
        "id": BEN,
        "clientId": "key",
        "creator": {
            "id": ANN,
            "username": "ann",
            "name": "Ann",
            "avatar": None,
            "isVerified": False,
        },
        "content": {"title": "Hello", "text": "First post", "category": None, "tags": ["intro"]},
        "media": {"type": "text", "url": None, "thumbnail": None, "aspectRatio": None},
        "access": {"tier": None, "isLocked": False},
        "engagement": {"likesCount": 0, "commentsCount": 0, "isLiked": False},
        "createdAt": "2026-01-22T10:00:00.000Z",
        "updatedAt": "2026-01-22T10:00:00.000Z",
    }


def test_an_event_leaves_out_whether_the_viewer_likes_the_post() -> None:
    post = for_event(normalize(row_of(text="a"), STRANGER))
    assert msgspec.to_builtins(post)["engagement"] == {"likesCount": 0, "commentsCount": 0}


def test_what_others_get_differs_in_the_client_id_alone() -> None:
    post = normalize(row_of(text="a", client_id="key"), Viewer(ANN))
    assert msgspec.structs.replace(shared(post), client_id="key") == post
