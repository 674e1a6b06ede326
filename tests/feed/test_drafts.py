import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.feed.drafts import Draft, DraftLimits, draft_problems, is_empty
from feedline.feed.people import Creator
from feedline.feed.posts import PostRow, normalize
from feedline.feed.visibility import TIERS, Viewer
from tests.feed.strategies import ANN, NOW, drafts, examples, post_rows

SMALL = DraftLimits(title=5, text=5, tags=3, tag=5)
OFF = DraftLimits(title=0, text=0, tags=0, tag=0)
HUGE = "x" * 1_000_000
NOTHING = PostRow(
    id=ANN,
    creator=Creator(id=ANN, username="ann", name="Ann", avatar=None, is_verified=False),
    created_at=NOW,
    updated_at=NOW,
)


def saying(part: str, text: str) -> Draft:
    """A draft with one part."""
    return msgspec.convert({part: text}, Draft)


def faults(draft: Draft, limits: DraftLimits = SMALL) -> list[str]:
    return [problem.path for problem in draft_problems(draft, limits)]


@pytest.mark.parametrize("part", ["title", "text", "category"])
@pytest.mark.parametrize("letter", ["x", "é", "😀"])  # characters, not bytes
def test_a_part_may_reach_its_limit_and_not_pass_it(part: str, letter: str) -> None:
    assert faults(saying(part, letter * 5)) == []
    assert faults(saying(part, letter * 6)) == [part]


@pytest.mark.parametrize("part", ["title", "text", "category"])
def test_a_limit_of_0_is_off(part: str) -> None:
    assert faults(saying(part, HUGE), OFF) == []


def test_tags_may_reach_their_limits_and_not_pass_them() -> None:
    assert faults(Draft(tags=["a", "b", "xxxxx"])) == []
    assert faults(Draft(tags=["a", "b", "c", "d"])) == ["tags"]
    assert faults(Draft(tags=["a", "xxxxxx"])) == ["tags[1]"]
    assert faults(Draft(tags=[HUGE, *map(str, range(1_000))]), OFF) == []


@pytest.mark.parametrize("tag", ["", " ", "\t"])
def test_a_tag_is_never_empty(tag: str) -> None:
    assert faults(Draft(tags=["a", tag])) == ["tags[1]"]
    assert faults(Draft(tags=["a", tag]), OFF) == ["tags[1]"]


@pytest.mark.parametrize("part", ["title", "text", "category"])
def test_a_null_character_is_refused(part: str) -> None:
    assert faults(saying(part, "a\0")) == [part]
    assert faults(saying(part, "a\0"), OFF) == [part]
    assert faults(Draft(tags=["a\0"])) == ["tags[0]"]


@pytest.mark.parametrize("tier", [None, *TIERS])
def test_tiers_that_exist(tier: str | None) -> None:
    assert faults(Draft(tier=tier)) == []


@pytest.mark.parametrize("tier", ["", "gold", "VIP", "vip "])
def test_tiers_that_do_not(tier: str) -> None:
    assert faults(Draft(tier=tier)) == ["tier"]


def test_everything_wrong_is_said_at_once() -> None:
    wrong = Draft(title=HUGE, text=HUGE, category=HUGE, tags=[""], tier="x")
    assert faults(wrong) == ["title", "text", "category", "tags[0]", "tier"]


@pytest.mark.parametrize(
    "body",
    [b'{"txt":"a"}', b'{"text":1}', b'{"tags":"a"}', b'{"tags":[1]}', b'{"tags":[null]}', b"[]"],
)
def test_a_draft_has_the_fields_of_the_protocol_and_their_types(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Draft)


@pytest.mark.parametrize(
    "draft",
    [
        Draft(),
        Draft(title=None, text=None),
        Draft(title=" ", text="\n\t"),
        Draft(tags=["a"], tier="vip"),
    ],
)
def test_a_post_that_says_nothing_is_empty(draft: Draft) -> None:
    assert is_empty(draft.laid_over(NOTHING))


@pytest.mark.parametrize("draft", [Draft(title="a"), Draft(text="a"), Draft(title="", text="a")])
def test_a_title_or_a_text_is_enough(draft: Draft) -> None:
    assert not is_empty(draft.laid_over(NOTHING))


@examples(50)
@given(post_rows)
def test_what_a_draft_leaves_out_stays(row: PostRow) -> None:
    assert Draft().laid_over(row) == row


@examples(50)
@given(drafts, post_rows)
def test_a_draft_changes_what_its_author_wrote_and_nothing_else(draft: Draft, row: PostRow) -> None:
    laid = draft.laid_over(row)
    for field in ("id", "creator", "client_id", "created_at", "updated_at"):
        assert getattr(laid, field) == getattr(row, field)
    assert draft.laid_over(laid) == laid


@examples(50)
@given(drafts)
def test_a_post_that_is_sent_back_as_it_is_shown_stays_the_same(draft: Draft) -> None:
    """A form that is saved unchanged is no edit, however the post came about."""
    row = draft.laid_over(NOTHING)
    shown = normalize(row, Viewer(ANN))
    again = Draft(
        title=shown.content.title,
        text=shown.content.text,
        category=shown.content.category,
        tags=shown.content.tags,
        tier=shown.access.tier,
    )
    assert again.laid_over(row) == row


@examples(50)
@given(st.lists(st.sampled_from(["a", " a", "b ", "c", "A"]), max_size=8))
def test_tags_are_kept_once_in_the_order_given(tags: list[str]) -> None:
    shown = normalize(Draft(tags=tags, text="x").laid_over(NOTHING), Viewer(ANN)).content.tags
    assert shown == list(dict.fromkeys(tag.strip() for tag in tags))


def test_titles_and_categories_are_trimmed_and_texts_are_not() -> None:
    draft = Draft(title=" a ", text=" b\n", category=" c ")
    content = normalize(draft.laid_over(NOTHING), Viewer(ANN)).content
    assert (content.title, content.text, content.category) == ("a", " b\n", "c")
