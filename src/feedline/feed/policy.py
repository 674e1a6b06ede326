"""Who has live delivery: what an operator has decided, for all nodes alike."""

import msgspec

from feedline.feed.experiments import Experiment, Transport
from feedline.feed.instants import Millis


class LivePolicy(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Kept in the database, and told to every node by the log. Without one, all is on.

    ``experiment``: the one that runs.
    """

    is_on: bool = True
    changed_at: Millis = 0
    experiment: Experiment | None = None

    def allows(self, user_id: str) -> bool:
        """Whether somebody may have sockets, streams and polls that wait."""
        return self.is_on and (self.experiment is None or self.experiment.allows(user_id))

    def carries(self, user_id: str, transport: Transport) -> bool:
        """Whether they may have it by this transport."""
        return self.experiment is None or self.experiment.carries(user_id, transport)
