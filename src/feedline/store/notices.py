"""What people are notified of posts, spelled in SQL: one row for all followers of an author.

Whose it is follows from the follows: of those of them who want to hear of posts, what lies in
the log after that began. A person has read everything up to one place, and single ones after it.
"""

from functools import partial
from typing import Any

from feedline.feed.instants import Place, instant_of
from feedline.feed.notifications import NotificationRow
from feedline.feed.ports import COUNTED
from feedline.store.rows import Rows, Value, notification_row

FEW_FOLLOWED = 500  # up to so many, looking at each one's newest notices is cheap
SEARCHED = 2_000  # newest notices of all that are searched instead for who follows more

_END = 2**62  # after every place in the log


class Notices(Rows):
    """Reads of the notices of posts."""

    def has_post_notice(self, post_id: str) -> bool:
        return self._first("post_notice_of", post_id) is not None

    def _notices(self, user_id: str, before: Place | None, limit: int) -> list[NotificationRow]:
        """Those of a person, newest first."""
        read, cleared = self._marks(user_id)
        values: dict[str, Any] = {
            "me": user_id,
            "after": cleared,
            "upper": _END if before is None else self._last_before(before),
            "limit": limit,
        }
        places = self._among_newest(values, limit) if self._follows_many(user_id) else None
        if places is None:
            places = [seq for (seq,) in self._named("notices_by_creator", values)]
        found = (
            self._named("notice", {"me": user_id, "read": read, "seq": seq}).fetchone()
            for seq in places
        )
        return [notification_row(row) for row in found if row is not None]

    def _unread_notices(self, user_id: str, most: int = COUNTED) -> int:
        """How many of a person are unread, counted no further than asked."""
        after = self._read_up_to(user_id)
        values: dict[str, Value] = {"me": user_id, "after": after, "most": most}
        is_quick = self._follows_many(user_id) and self._are_few_since(after)
        return self._count("unread_among_newest" if is_quick else "unread_by_creator", values)

    def _count(self, name: str, values: dict[str, Value]) -> int:
        (count,) = self._named(name, values).fetchone() or (0,)
        return int(count)

    def _are_few_since(self, place: int) -> bool:
        return int(self._one("notices_since", place, SEARCHED + 1)) <= SEARCHED

    def _marks(self, user_id: str) -> tuple[int, int]:
        """The places up to which a person has read everything, and cleared it away."""
        read, cleared = self._first("notice_marks", user_id) or (0, 0)
        return read, cleared

    def _read_up_to(self, user_id: str) -> int:
        return max(self._marks(user_id))

    def _last_before(self, place: Place) -> int:
        """Where the newest notice is that comes after a place in a list."""
        row = self._first("last_notice_before", *place)
        return row[0] if row else 0

    def _follows_many(self, user_id: str) -> bool:
        row = self._first("user", user_id)
        return row is not None and row[10] > FEW_FOLLOWED

    def _among_newest(self, values: dict[str, Any], limit: int) -> list[int] | None:
        """Where those are that were asked for; None if they are not all among the newest of all."""
        (floor,) = self._first("notices_floor", values["upper"], SEARCHED) or (0,)
        searched = {**values, "floor": max(floor, values["after"])}
        places = [seq for (seq,) in self._named("notices_among_newest", searched)]
        return places if len(places) == limit or floor <= values["after"] else None


class NoticeWrites(Notices):
    """The writes of the same."""

    def add_post_notice(self, row: NotificationRow) -> None:
        self._do("add_post_notice", self._head(), row.id, row.post_id, row.actor.id, row.created_at)

    def _read_notices(self, user_id: str, ids: list[str] | None) -> bool:
        """Marks these as read, or all; whether that changed any."""
        if ids is not None:
            after = self._read_up_to(user_id)
            return any(list(map(partial(self._read_notice, user_id, after), ids)))
        if not self._unread_notices(user_id, 1):
            return False
        self._mark("mark_notices_read", user_id)
        return True

    def _clear_notices(self, user_id: str) -> bool:
        """Removes all of a person; whether there were any."""
        if not self._notices(user_id, None, 1):
            return False
        self._mark("mark_notices_cleared", user_id)
        return True

    def _read_notice(self, user_id: str, after: int, id_: str) -> bool:
        values: dict[str, Value] = {
            "me": user_id,
            "time": instant_of(id_),
            "id": id_,
            "after": after,
        }
        return self._named("read_notice", values).fetchone() is not None

    def _mark(self, name: str, user_id: str) -> None:
        """Everything up to now; what was read one by one is in that."""
        self._do(name, user_id, self._head())
        self._do("forget_notices_read", user_id)
