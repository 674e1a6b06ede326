"""Rows of other systems: read into a valid post, or refused with the path of what is wrong."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.errors import ValidationFailed
from feedline.feed.drafts import DraftLimits
from feedline.feed.people import Creator
from feedline.feed.posts import NO_MEDIA, Media, Post, PostRow, normalize
from feedline.feed.raw_posts import SPELLINGS, RawPost, read_raw_post
from feedline.feed.visibility import Viewer
from tests.feed.strategies import NOW, examples

LIMITS = DraftLimits()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)  # fmt: skip
WORDS = st.sampled_from(
    [
        *("vip", "Premium", "free", "image", "video/mp4", "https://a.test/x.mp4", "/a.png", "a,b"),
        *("2026-01-22T10:00:00Z", "2026-01-22", "0001-01-01T00:00:00+14:00", "javascript:alert(1)"),
    ]
)
NAMES = sorted({path.split(".")[0] for paths in SPELLINGS.values() for path in paths})
PARTS = sorted(
    {path.split(".")[1] for paths in SPELLINGS.values() for path in paths if "." in path}
)
values = WORDS | JSON
rows = st.dictionaries(
    st.sampled_from(NAMES), values | st.dictionaries(st.sampled_from(PARTS), values), max_size=12
)


def read(**raw: Any) -> RawPost:
    return read_raw_post({"id": "1", "text": "Hello", **raw}, LIMITS)


def problems(**raw: Any) -> list[str]:
    with pytest.raises(ValidationFailed) as caught:
        read(**raw)
    return [problem.path for problem in caught.value.problems]


def shown(raw: RawPost) -> Post:
    """The post as its author would see it."""
    creator = Creator(
        id="7",
        username=raw.author.username,
        name=raw.author.name,
        avatar=raw.author.avatar,
        is_verified=raw.author.is_verified,
    )
    base = PostRow(id=raw.id, creator=creator, created_at=NOW, updated_at=NOW)
    row = msgspec.structs.replace(raw.draft.laid_over(base), media=raw.media)
    row.created_at = NOW if raw.created_at is None else raw.created_at
    return normalize(row, Viewer("7"))


@examples(600)
@given(rows)
def test_any_row_is_a_valid_post_or_is_refused_with_the_path_of_a_part(row: dict[str, Any]) -> None:
    sent = msgspec.json.decode(msgspec.json.encode(row))
    try:
        post = shown(read_raw_post(sent, LIMITS))
    except ValidationFailed as problem:
        refusal = problem
    else:
        assert msgspec.json.decode(msgspec.json.encode(post), type=Post) == post
        return
    for found in refusal.problems:
        assert found.path.startswith("post.")
        assert found.message.endswith(".")


@pytest.mark.parametrize("path", [path for paths in SPELLINGS.values() for path in paths])
def test_each_spelling_is_read_also_with_underscores(path: str) -> None:
    samples: dict[str, Any] = {"tags": ["a"], "aspectRatio": 1.5, "isVerified": True}
    samples |= {"tier": "vip", "minSubscriptionTier": "vip"}
    samples |= dict.fromkeys(("createdAt", "updatedAt", "publishedAt"), NOW)
    samples |= dict.fromkeys(("type", "mediaType"), "video")
    samples |= dict.fromkeys(("url", "mediaUrl", "thumbnail", "thumbnailUrl"), "https://a.test/b")
    samples |= dict.fromkeys(("avatar", "avatarUrl"), "https://a.test/c")
    outer, _, inner = path.partition(".")
    value = samples.get(inner or outer, "x9")
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in outer)
    base: dict[str, Any] = {} if outer in SPELLINGS["id"] else {"id": "1"}
    if inner in ("type", "aspectRatio") or outer in ("type", "mediaType", "aspectRatio"):
        base["media_url"] = "https://a.test/b"
    nested = {inner: value} if inner else value
    before = read_raw_post(base, LIMITS) if "id" in base else None
    after = read_raw_post({**base, outer: nested}, LIMITS)
    assert after != before
    assert after == read_raw_post({**base, snake: nested}, LIMITS)


def test_a_flat_row() -> None:
    raw = read(
        id=42,
        content="Words",
        text=None,
        mediaUrl="https://cdn.test/a.webm?x=1",
        minSubscriptionTier="Premium",
        tags="news, , music",
        created_at="2026-01-22T10:00:00.007Z",
        creator={"id": 7, "nickname": "ann_b", "fullName": "Ann\u202e B"},
        some_column=[1, 2],
    )
    assert (raw.id, raw.author.id, raw.author.name) == ("42", "7", "Ann B")
    assert (raw.draft.text, raw.draft.tier, raw.draft.tags) == (
        "Words",
        "premium",
        ["news", "music"],
    )
    assert raw.media.type == "video"
    assert raw.created_at == NOW + 7


def test_the_normalized_form_is_a_spelling_too() -> None:
    post = shown(read(title="T", tier="basic", tags=["a"], mediaUrl="https://a.test/b.png"))
    again = read_raw_post(msgspec.json.decode(msgspec.json.encode(post)), LIMITS)
    assert shown(again).content == post.content
    assert shown(again).media == post.media
    assert shown(again).access == post.access


@pytest.mark.parametrize(
    ("instant", "millis"),
    [
        (1_769_076_000, NOW),
        (1_769_076_000.5, NOW + 500),
        (NOW, NOW),
        ("2026-01-22 12:00:00+02:00", NOW),
        ("2026-01-22T10:00:00", NOW),
        (0, 0),
        ("1769076000", NOW),
        ("1769076000.5", NOW + 500),
        (str(NOW), NOW),
        ("20260122", NOW - 10 * 3_600_000),
    ],
)
def test_instants_are_written_in_many_ways(instant: Any, millis: int) -> None:
    assert read(createdAt=instant).created_at == millis


@pytest.mark.parametrize(
    ("ratio", "kept"),
    [(1.5, 1.5), (2, 2.0), ("1.78", 1.78), ("1", 1.0), (0, None), ("0.0", None), ("9999", None)],
)
def test_a_ratio_may_be_the_decimal_of_a_database(ratio: Any, kept: float | None) -> None:
    assert read(mediaUrl="/a.png", aspectRatio=ratio).media.aspect_ratio == kept


@pytest.mark.parametrize("ratio", [True, "wide", "1,5", "1e3", "-1", "nan", [1]])
def test_what_is_no_ratio_is_refused(ratio: Any) -> None:
    assert problems(mediaUrl="/a.png", aspectRatio=ratio) == ["post.aspectRatio"]


@pytest.mark.parametrize(
    ("flag", "is_verified"),
    [
        *((one, True) for one in (True, 1, "true", "True", "t", "1")),
        *((one, False) for one in (False, 0, "false", "FALSE", "f", "0", "", None)),
    ],
)
def test_who_is_verified_is_told_by_what_databases_have_for_truth(
    flag: Any, is_verified: bool
) -> None:
    assert read(creator={"isVerified": flag}).author.is_verified is is_verified


@pytest.mark.parametrize("flag", ["no way", [True]])
def test_what_is_no_flag_is_refused(flag: Any) -> None:
    assert problems(creator={"isVerified": flag}) == ["post.creator.isVerified"]


@pytest.mark.parametrize("instant", [True, -1, "yesterday", [], 1e300, "0001-01-01T00:00:00+14:00"])
def test_what_is_no_instant_is_refused(instant: Any) -> None:
    assert problems(createdAt=instant) == ["post.createdAt"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.test",
        "/\\evil.test",
        "a b",
        "x" * 3_000,
        7,
    ],
)
def test_an_address_that_could_run_or_lead_astray_is_refused(url: Any) -> None:
    assert problems(mediaUrl=url) == ["post.mediaUrl"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.mp4", "video"), ("a.MP3?b.png", "audio"), ("a", "image"), ("a.webp", "image")],
)
def test_the_type_of_media_is_told_from_the_address(name: str, kind: str) -> None:
    assert read(mediaUrl=f"https://a.test/{name}").media.type == kind


def test_a_type_without_media_is_no_media() -> None:
    assert read(type="image").media == NO_MEDIA
    assert read(type="image", thumbnail="/t.png").media == Media(
        type="image", url=None, thumbnail="/t.png", aspect_ratio=None
    )


@pytest.mark.parametrize(
    "id_", [None, "", "a b", "a/b", "a,b", "é", "x" * 129, True, 1.5, ["a"], "a\n", ".", ".."]
)
def test_an_id_that_could_not_be_asked_for_is_refused(id_: Any) -> None:
    assert "post.id" in problems(id=id_)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = problems(id=None, tier="gold", title="x" * 300, tags=[1], creator={"id": "a b"})
    assert set(found) == {"post.id", "post.tier", "post.title", "post.tags", "post.creator.id"}


def test_an_avatar_that_cannot_be_shown_is_left_out() -> None:
    assert read(creator={"avatar": "/local.png"}).author.avatar is None
