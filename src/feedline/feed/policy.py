"""Who has live delivery: what an operator has decided, for all nodes alike."""

import msgspec

from feedline.feed.instants import Millis


class LivePolicy(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Kept in the database, and told to every node by the log. Without one, all is on."""

    is_on: bool = True
    changed_at: Millis = 0

    def allows(self, user_id: str) -> bool:  # noqa: ARG002 - nobody is asked one by one yet
        """Whether somebody may have sockets, streams and polls that wait."""
        return self.is_on
