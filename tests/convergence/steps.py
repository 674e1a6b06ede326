"""Everything that people and other programs do, picked at random from what there is to do."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from feedline.errors import Refusal
from feedline.feed import actions, blocking, following, foreign, notices, reactions
from feedline.feed.comments import CommentDraft, CommentQuery
from feedline.feed.drafts import Draft, DraftLimits
from feedline.feed.media_row import MediaRow
from feedline.feed.notifications import NotificationQuery
from feedline.feed.people import ProfileChange, UserRow
from feedline.feed.ports import PostQuery, ServiceToken
from feedline.feed.posts import PostRow
from feedline.feed.raw_posts import read_raw_post
from feedline.feed.visibility import TIERS
from feedline.store.base import Transaction

LIMITS = DraftLimits()
SHOP = ServiceToken("shop", "shop", 0)
MOST_POSTS = 20  # past which one is deleted instead
COMMENT_LIMIT = 2_000
TIERS_OR_NONE = (None, None, *TIERS)


@dataclass
class Life:
    """What goes on between some people, from a seed. ``done`` counts steps by their names."""

    rng: random.Random
    ids: list[str]
    done: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    last: list[str] = field(default_factory=list)
    _rows: int = 0

    def step(self, tx: Transaction) -> None:
        """One thing that somebody does, whether they may or not."""
        name = self.rng.choices(list(STEPS), [weight for _, weight in STEPS.values()])[0]
        person = tx.user(self.rng.choice(self.ids))
        assert person is not None
        self.done[name] = self.done.get(name, 0) + 1
        self.last = [*self.last[-30:], f"{name} by {person.id[-4:]}"]
        STEPS[name][0](self, tx, person)

    def other(self) -> str:
        return self.rng.choice(self.ids)

    def text(self) -> str:
        return f"text {self.rng.randrange(10_000)}"

    def row_id(self) -> str:
        self._rows += 1
        return f"row-{self._rows}"

    def post(self, tx: Transaction) -> PostRow:
        """Any post, the newest more often. Raises Refusal if there is none."""
        rows = tx.posts(PostQuery(limit=2 * MOST_POSTS))
        if not rows:
            raise Refusal
        return rows[min(self.rng.randrange(len(rows)), self.rng.randrange(len(rows)))]


Step = Callable[[Life, Transaction, UserRow], Any]


def publish(life: Life, tx: Transaction, person: UserRow) -> None:
    if len(tx.posts(PostQuery(limit=MOST_POSTS + 1))) > MOST_POSTS:
        delete(life, tx, person)
        return
    tier: Any = life.rng.choice(TIERS_OR_NONE)
    media_id: Any = _media(life, tx, person) if life.rng.random() < 0.3 else None
    draft = Draft(title="Title", text=life.text(), tier=tier, tags=["t"], media_id=media_id)
    actions.publish_post(tx, person, draft, LIMITS, life.rng.choice([None, life.text()]))


def edit(life: Life, tx: Transaction, person: UserRow) -> None:
    row = life.post(tx)
    author = tx.user(row.creator.id) or person
    changes: list[dict[str, Any]] = [
        {"text": life.text()},
        {"tier": life.rng.choice(TIERS_OR_NONE)},
        {"tier": life.rng.choice(TIERS_OR_NONE), "text": life.text()},
        {"media_id": None, "text": life.text()},
        {"media_id": _media(life, tx, author)},
    ]
    actions.edit_post(tx, author, row.id, Draft(**life.rng.choice(changes)), LIMITS)


def edit_another_s(life: Life, tx: Transaction, person: UserRow) -> None:
    actions.edit_post(tx, person, life.post(tx).id, Draft(text=life.text()), LIMITS)


def delete(life: Life, tx: Transaction, person: UserRow) -> None:
    row = life.post(tx)
    actions.delete_post(tx, tx.user(row.creator.id) or person, row.id)


def like(life: Life, tx: Transaction, person: UserRow) -> None:
    reactions.like_post(tx, person, life.post(tx).id)


def unlike(life: Life, tx: Transaction, person: UserRow) -> None:
    reactions.unlike_post(tx, person, life.post(tx).id)


def comment(life: Life, tx: Transaction, person: UserRow) -> None:
    draft = CommentDraft(text=life.text())
    reactions.add_comment(tx, person, life.post(tx).id, draft, COMMENT_LIMIT)


def delete_comment(life: Life, tx: Transaction, person: UserRow) -> None:
    rows = tx.comments(CommentQuery(post_id=life.post(tx).id))
    if rows:
        reactions.delete_comment(tx, person, life.rng.choice(rows).id)


def follow(life: Life, tx: Transaction, person: UserRow) -> None:
    notify_posts = life.rng.choice([None, None, True, False])
    following.follow(tx, person, life.other(), notify_posts=notify_posts)


def unfollow(life: Life, tx: Transaction, person: UserRow) -> None:
    following.unfollow(tx, person, life.other())


def block(life: Life, tx: Transaction, person: UserRow) -> None:
    blocking.block(tx, person, life.other(), 0)


def unblock(life: Life, tx: Transaction, person: UserRow) -> None:
    blocking.unblock(tx, person, life.other())


def grant(life: Life, tx: Transaction, person: UserRow) -> None:
    tier: Any = life.rng.choice(TIERS)
    following.grant_tier(tx, SHOP, person.id, life.other(), tier)


def end(life: Life, tx: Transaction, person: UserRow) -> None:
    following.end_tier(tx, SHOP, person.id, life.other())


def rename(life: Life, tx: Transaction, person: UserRow) -> None:
    avatar = life.rng.choice([None, "https://a.test/b.png"])
    change = ProfileChange(name=f"Name{life.rng.randrange(100)}", avatar=avatar)
    actions.change_profile(tx, person, change)


def read(life: Life, tx: Transaction, person: UserRow) -> None:
    notices.read_notifications(tx, person, None)


def read_some(life: Life, tx: Transaction, person: UserRow) -> None:
    rows = tx.notifications(NotificationQuery(user_id=person.id))
    ids = [row.id for row in rows if life.rng.random() < 0.4]
    notices.read_notifications(tx, person, [*ids, "none"])


def clear(life: Life, tx: Transaction, person: UserRow) -> None:
    notices.clear_notifications(tx, person)


def take_post(life: Life, tx: Transaction, person: UserRow) -> None:
    """A post of another program, new or changed."""
    rows = [row for row in tx.posts(PostQuery(limit=100)) if row.id.startswith("row-")]
    known = life.rng.choice(rows) if rows and life.rng.random() < 0.6 else None
    raw = {
        "id": known.id if known else life.row_id(),
        "content": life.text(),
        "minSubscriptionTier": life.rng.choice(TIERS_OR_NONE) or "free",
        "mediaUrl": life.rng.choice([None, "https://a.test/b.mp4"]),
    }
    author_id = known.creator.id if known else person.id
    foreign.take_post(tx, read_raw_post(raw, LIMITS), author_id)
    if life.rng.random() < 0.7:
        foreign.tell_followers(tx, author_id, str(raw["id"]))


def take_likes(life: Life, tx: Transaction, person: UserRow) -> None:
    user_id = life.rng.choice([None, person.id, "elsewhere"])
    liked = life.rng.choice([None, True, False])
    foreign.take_likes(tx, life.post(tx).id, life.rng.randrange(9), user_id, liked)


def take_subscribers(life: Life, tx: Transaction, person: UserRow) -> None:
    foreign.take_subscribers(tx, person.id, [life.other(), "elsewhere"])


def _media(life: Life, tx: Transaction, person: UserRow) -> str:
    kind, thumbnail = life.rng.choice([("image", 9), ("audio", 0)])
    media_id = tx.new_id()
    file = MediaRow(media_id, person.id, None, kind, f"{kind}/x", 9, thumbnail, 1.5, tx.now)
    tx.add_media(file)
    tx.finish_media(media_id)
    return media_id


STEPS: dict[str, tuple[Step, int]] = {
    "publish": (publish, 14),
    "edit": (edit, 9),
    "edit another's": (edit_another_s, 1),
    "delete": (delete, 3),
    "like": (like, 14),
    "unlike": (unlike, 9),
    "comment": (comment, 9),
    "delete a comment": (delete_comment, 5),
    "follow": (follow, 5),
    "unfollow": (unfollow, 4),
    "block": (block, 2),
    "unblock": (unblock, 4),
    "grant a tier": (grant, 4),
    "end a tier": (end, 3),
    "rename": (rename, 2),
    "read notifications": (read, 1),
    "read some notifications": (read_some, 2),
    "clear notifications": (clear, 1),
    "take a post": (take_post, 5),
    "take likes": (take_likes, 3),
    "take subscribers": (take_subscribers, 1),
}
