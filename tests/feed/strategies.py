"""What people, posts and drafts can look like, for property tests."""

from typing import get_args

from hypothesis import settings
from hypothesis import strategies as st

from feedline.feed.drafts import Draft
from feedline.feed.instants import IdSource
from feedline.feed.people import Creator, UserRow
from feedline.feed.posts import NO_MEDIA, Media, PostRow
from feedline.feed.visibility import TIERS, Tier, Viewer

NOW = 1_769_076_000_000  # 2026-01-22T10:00:00Z

_ids = IdSource()


def examples(most: int, *, steps: int = 50) -> settings:
    """Settings of a property test: the same examples in each run, and no clock.

    ``most`` is for hypothesis' default profile; one that tries fewer has its share of them.
    """
    share = settings().max_examples / 100
    return settings(
        max_examples=max(3, round(most * share)),
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
    )


def new_id() -> str:
    return _ids.next(NOW)


# Fixed, because tests are named after them.
ANN, BEN, CAT = (f"019be525-8500-7000-8000-00000000000{n}" for n in (1, 2, 3))

texts = st.text(max_size=40)
instants = st.integers(-(2**63), 2**63 - 1)  # whatever fits an INTEGER column

creators = st.builds(
    Creator,
    id=st.sampled_from([ANN, BEN]),
    username=texts,
    name=texts,
    avatar=st.none() | texts,
    is_verified=st.booleans(),
)

stored_tags = (
    st.lists(texts, max_size=3).map(lambda tags: str(tags).replace("'", '"'))
    | texts
    | st.sampled_from(["", "[]", "null", "{}", "[1]", '["a", null]', '["a"', "[" * 10_000])
)

media = st.just(NO_MEDIA) | st.builds(
    Media,
    type=st.sampled_from(["image", "video", "audio"]),
    url=texts,
    thumbnail=st.none() | texts,
    aspect_ratio=st.none() | st.floats(0.1, 10),
)

post_rows = st.builds(
    PostRow,
    id=st.uuids(version=4).map(str),
    creator=creators,
    client_id=st.none() | texts,
    title=st.none() | texts,
    text=st.none() | texts,
    category=st.none() | texts,
    tags=stored_tags,
    tier=st.none() | st.sampled_from(TIERS) | texts,
    media=media,
    created_at=instants,
    updated_at=instants,
)

user_rows = st.builds(
    UserRow,
    id=st.sampled_from([ANN, BEN]),
    username=texts,
    name=texts,
    avatar=st.none() | texts,
    is_verified=st.booleans(),
    role=st.sampled_from(["user", "admin"]) | texts,
    password_hash=texts,
    posts_count=st.integers(-(2**63), 2**63 - 1),
    created_at=instants,
)

viewers = st.builds(
    Viewer,
    st.none() | st.sampled_from([ANN, BEN, CAT]),
    st.dictionaries(st.sampled_from([ANN, BEN]), st.sampled_from(get_args(Tier))),
)

_words = st.sampled_from(["news", "Music", "a b", "été"])

drafts = st.builds(
    Draft,
    title=st.none() | texts,
    text=st.none() | texts,
    category=st.none() | _words,
    tags=st.none() | st.lists(_words, max_size=4),
    tier=st.none() | st.sampled_from(TIERS),
)
"""Drafts that say something about each part; many of them are valid."""
