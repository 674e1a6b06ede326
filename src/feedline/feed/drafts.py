"""What a person sends to publish or change a post, and what is wrong with it."""

from dataclasses import dataclass

import msgspec

from feedline.errors import FieldProblem
from feedline.feed.people import Wire
from feedline.feed.posts import NO_MEDIA, PostRow
from feedline.feed.visibility import TIERS

Unset = msgspec.UnsetType


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLimits:
    """Sizes of a post, in characters and pieces; 0 turns a limit off."""

    title: int = 200
    text: int = 10_000
    tags: int = 10
    tag: int = 40


class Draft(Wire, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The parts of a post that its author writes. What is left out is empty, or stays as it is."""

    title: str | Unset | None = msgspec.UNSET
    text: str | Unset | None = msgspec.UNSET
    category: str | Unset | None = msgspec.UNSET
    tags: list[str] | Unset | None = msgspec.UNSET
    media_id: str | Unset | None = msgspec.UNSET
    tier: str | Unset | None = msgspec.UNSET

    def laid_over(self, row: PostRow) -> PostRow:
        """The row with this draft's parts in place of its own."""
        return msgspec.structs.replace(
            row,
            title=_clean(self.title, row.title),
            text=_keep(self.text, row.text),
            category=_clean(self.category, row.category),
            tags=row.tags if self.tags is msgspec.UNSET else _stored_tags(self.tags),
            tier=_keep(self.tier, row.tier),
        )


def draft_problems(draft: Draft, limits: DraftLimits) -> list[FieldProblem]:
    """Everything that is wrong with the parts of a draft; empty when it can be accepted."""
    problems = [
        *_text_problems("title", draft.title, limits.title),
        *_text_problems("text", draft.text, limits.text),
        *_text_problems("category", draft.category, limits.tag),
        *_tag_problems(draft.tags, limits),
    ]
    if isinstance(draft.tier, str) and draft.tier not in TIERS:
        problems.append(FieldProblem("tier", f"Use one of {', '.join(TIERS)}, or null."))
    return problems


def is_empty(row: PostRow) -> bool:
    """Whether a post would say nothing at all."""
    said = (row.title or "").strip() or (row.text or "").strip()
    return not said and row.media == NO_MEDIA


def _keep(new: str | Unset | None, old: str | None) -> str | None:
    """One way to store nothing, so that a form that is saved unchanged is no edit."""
    return old if isinstance(new, Unset) else (new or None)


def _clean(new: str | Unset | None, old: str | None) -> str | None:
    return old if isinstance(new, Unset) else ((new or "").strip() or None)


def _stored_tags(tags: list[str] | Unset | None) -> str:
    """Tags as JSON, without doubles, in the order given."""
    names = [] if tags is None or isinstance(tags, Unset) else tags
    return msgspec.json.encode(list(dict.fromkeys(tag.strip() for tag in names))).decode()


def _text_problems(path: str, text: str | Unset | None, limit: int) -> list[FieldProblem]:
    if not text:
        return []
    if limit and len(text) > limit:
        return [FieldProblem(path, f"Use at most {limit} characters; this has {len(text)}.")]
    if "\0" in text:  # no database stores it faithfully
        return [FieldProblem(path, "The character U+0000 is not allowed.")]
    return []


def _tag_problems(tags: list[str] | Unset | None, limits: DraftLimits) -> list[FieldProblem]:
    if not tags:
        return []
    if limits.tags and len(tags) > limits.tags:
        return [FieldProblem("tags", f"Use at most {limits.tags} tags.")]
    problems = []
    for index, tag in enumerate(tags):
        path = f"tags[{index}]"
        if not tag.strip():
            problems.append(FieldProblem(path, "A tag can't be empty."))
        problems += _text_problems(path, tag, limits.tag)
    return problems
