"""Follows, home feeds, tiers, likes and comments, spelled in SQL."""

from heapq import nlargest
from typing import Any

from feedline.feed.comments import CommentQuery, CommentRow
from feedline.feed.instants import Millis, Place
from feedline.feed.people import UserRow
from feedline.feed.ports import (
    BlockQuery,
    BlockRow,
    OwedLike,
    SubscriberQuery,
    SubscriberRow,
)
from feedline.feed.posts import PostRow
from feedline.feed.visibility import Tier, Viewer, known_tier
from feedline.store.rows import END, Rows, Value, comment_row, creator_row, post_row, user_row

FEW_CREATORS = 500  # up to so many, the newest posts of all are hardly ever theirs
SEARCHED = 2_000  # newest posts of all that are searched before, in less than a millisecond
OWED = 1_000  # posts whose likes are told in one transaction


class Circles(Rows):
    """Reads of who is close to whom, and what they think of each other's posts."""

    def viewer(self, user_id: str) -> Viewer:
        tiers: dict[str, Tier] = {}
        apart: set[str] = set()
        for other, tier in self._named("standing", {"me": user_id}):
            held = known_tier(tier)
            if held is None:
                apart.add(other)
            else:
                tiers[other] = held
        return Viewer(user_id, tiers, frozenset(apart))

    def has_blocked(self, blocker_id: str, blocked_id: str) -> bool:
        return self._first("block", blocker_id, blocked_id) is not None

    def are_apart(self, one_id: str, other_id: str) -> bool:
        values: dict[str, Value] = {"one": one_id, "other": other_id}
        return self._named("apart", values).fetchone() is not None

    def blocks(self, query: BlockQuery) -> list[BlockRow]:
        time, id_ = query.before or END
        rows = self._rows("blocks", query.blocker_id, time, id_, query.limit)
        return [BlockRow(created_at=row[0], user=creator_row(row[1:])) for row in rows]

    def count_blocks(self, blocker_id: str) -> int:
        return int(self._one("count_blocks", blocker_id))

    def following(self, user_id: str) -> list[str]:
        return [creator for (creator,) in self._rows("following", user_id)]

    def is_following(self, follower_id: str, creator_id: str) -> bool:
        return self._first("follow", follower_id, creator_id) is not None

    def notifies_posts(self, follower_id: str, creator_id: str) -> bool:
        return self._first("notices_after", follower_id, creator_id) is not None

    def muted(self, follower_id: str) -> list[str]:
        return [creator for (creator,) in self._rows("muted", follower_id)]

    def people_to_follow(self, user_id: str | None, limit: int) -> list[UserRow]:
        values: dict[str, Value] = {"me": user_id or "", "limit": limit}
        return [user_row(row) for row in self._named("people_to_follow", values)]

    def subscribers(self, query: SubscriberQuery) -> list[SubscriberRow]:
        time, id_ = query.before or END
        rows = self._rows("subscribers", query.creator_id, time, id_, query.limit)
        return [
            SubscriberRow(
                tier=known_tier(row[0]) or "vip", created_at=row[1], user=creator_row(row[2:])
            )
            for row in rows
        ]

    def tier_held(self, subscriber_id: str, creator_id: str) -> Tier | None:
        row = self._first("tier_held", subscriber_id, creator_id)
        return None if row is None else known_tier(row[0])

    def home(self, user_id: str, before: Place | None = None, limit: int = 20) -> list[PostRow]:
        """Who follows many finds the newest posts to be mostly theirs; who follows few does not."""
        time, id_ = before or END
        values: dict[str, Value] = {"me": user_id, "time": time, "id": id_, "limit": limit}
        ids = self._home_among_newest(values)
        if len(ids) < limit:
            ids = self._home_by_creator(values, limit)
        rows = (self._first("post", user_id, id_) for id_ in ids)
        return [post_row(row) for row in rows if row is not None]

    def is_liked(self, post_id: str, user_id: str) -> bool:
        return self._first("like", post_id, user_id) is not None

    def likes_owed(self) -> list[OwedLike]:
        return [_owed(row) for row in self._rows("likes_owed", OWED)]

    def like_owed(self, post_id: str) -> OwedLike | None:
        row = self._first("like_owed", post_id)
        return None if row is None else _owed(row)

    def comment(self, comment_id: str) -> CommentRow | None:
        row = self._first("comment", comment_id)
        return None if row is None else comment_row(row)

    def comments(self, query: CommentQuery) -> list[CommentRow]:
        time, id_ = query.before or END
        values: dict[str, Value] = {
            "post": query.post_id,
            "viewer": query.viewer_id,
            "time": time,
            "id": id_,
            "limit": query.limit,
        }
        rows = self._named("comments", values)
        return [comment_row(row) for row in rows]

    def _home_among_newest(self, values: dict[str, Value]) -> list[str]:
        """What there is of a home feed among the newest posts of all, if many are followed."""
        user = self._first("user", values["me"])
        if user is None or user_row(user).following_count <= FEW_CREATORS:
            return []
        floor = (self._named("home_floor", {**values, "depth": SEARCHED}).fetchone() or (0,))[0]
        return [id_ for (id_,) in self._named("home_among_newest", {**values, "floor": floor})]

    def _home_by_creator(self, values: dict[str, Value], limit: int) -> list[str]:
        """The newest posts of the creators whose newest posts are the newest."""
        places: list[tuple[Any, ...]] = []
        for (creator,) in list(self._named("home_creators", values)):
            places += self._named("home_of_creator", {**values, "creator": creator})
        return [id_ for _, id_ in nlargest(limit, places)]


class CircleWrites(Circles):
    """The writes of the same, in a transaction that happens at ``now``."""

    now: Millis

    def add_follow(self, follower_id: str, creator_id: str, *, notify_posts: bool = True) -> None:
        after = self._head() if notify_posts else None
        self._do("add_follow", follower_id, creator_id, self.now, after)
        self._count_follow(follower_id, creator_id, 1)

    def change_follow(self, follower_id: str, creator_id: str, *, notify_posts: bool) -> None:
        after = self._head() if notify_posts else None
        self._do("change_follow", after, follower_id, creator_id)

    def remove_follow(self, follower_id: str, creator_id: str) -> None:
        self._remove("remove_follow", follower_id, creator_id)
        self._count_follow(follower_id, creator_id, -1)

    def add_block(self, blocker_id: str, blocked_id: str) -> None:
        self._do("add_block", blocker_id, blocked_id, self.now)

    def remove_block(self, blocker_id: str, blocked_id: str) -> None:
        self._remove("remove_block", blocker_id, blocked_id)

    def hold_tier(self, subscriber_id: str, creator_id: str, tier: Tier) -> None:
        values: dict[str, Value] = {
            "subscriber": subscriber_id,
            "creator": creator_id,
            "tier": tier,
            "now": self.now,
        }
        self._named("hold_tier", values)

    def drop_tier(self, subscriber_id: str, creator_id: str) -> None:
        self._do("drop_tier", subscriber_id, creator_id)

    def add_like(self, post_id: str, user_id: str) -> int:
        self._do("add_like", post_id, user_id, self.now)
        return int(self._one("count_like", 1, post_id))

    def remove_like(self, post_id: str, user_id: str) -> int:
        self._remove("remove_like", post_id, user_id)
        return int(self._one("count_like", -1, post_id))

    def count_likes(self, post_id: str, likes_count: int) -> None:
        self._do("count_likes", likes_count, post_id)

    def likes_told_at(self, post_id: str) -> Millis:
        return int(self._one("likes_told_at", post_id))

    def tell_likes(self, post_id: str) -> None:
        self._do("tell_likes", self.now, post_id)
        self._do("pay_likes", post_id)

    def owe_likes(self, owed: OwedLike) -> None:
        self._do("owe_likes", owed.post_id, owed.user_id, owed.liked, owed.due)

    def add_comment(self, row: CommentRow) -> int:
        self._do("add_comment", row.id, row.post_id, row.author.id, row.text, row.created_at)
        return int(self._one("count_comment", 1, row.post_id))

    def remove_comment(self, comment_id: str) -> int:
        (post_id,) = self._removed("remove_comment", comment_id)
        return int(self._one("count_comment", -1, post_id))

    def _count_follow(self, follower_id: str, creator_id: str, by: int) -> None:
        self._do("count_follower", by, creator_id)
        self._do("count_following", by, follower_id)


def _owed(row: tuple[Any, ...]) -> OwedLike:
    return OwedLike(post_id=row[0], user_id=row[1], liked=bool(row[2]), due=row[3])
