"""What a connection is served: which channels, and from which position on."""

from collections.abc import Mapping

from feedline.feed.channels import feed_channel, notifications_channel, own_topic
from feedline.wire.encoded import EncodedEvent
from feedline.wire.standing import Standing

_NEVER = 2**63


class Coverage:
    """The topics of one connection. Each is covered from a position up to now.

    ``arrived``: where the log stood when the connection did. Who was followed by then counts as
    followed ever since; who was followed later, from there on.
    """

    __slots__ = ("_arrived", "_since", "_standing")

    def __init__(self, standing: Standing, arrived: int) -> None:
        self._standing = standing
        self._arrived = arrived
        self._since: dict[str, int] = {}

    @property
    def arrived(self) -> int:
        """Where the log stood when the connection came."""
        return self._arrived

    @property
    def since(self) -> Mapping[str, int]:
        """The topics, each with the position from which it is covered."""
        return self._since

    @property
    def channels(self) -> list[str]:
        """The topics that were asked for."""
        own = own_topic(self._user_id)
        return [topic for topic in self._since if topic != own]

    def topics_since(self, position: int) -> frozenset[str] | None:
        """The topics, if every one of them is covered from a position on, and nothing else is."""
        covered = all(since <= position for since in self._since.values())
        user_id = self._user_id
        depending = {feed_channel(user_id), notifications_channel(user_id)}  # on who is followed
        return frozenset(self._since) if covered and depending.isdisjoint(self._since) else None

    def add(self, topic: str, since: int) -> None:
        """Covers a topic from a position on."""
        self._since[topic] = min(since, self._since.get(topic, since))

    def remove(self, channel: str) -> bool:
        """Drops a channel; whether it was there."""
        return self._since.pop(channel, None) is not None

    def covers(self, event: EncodedEvent) -> bool:
        """Whether the event is one that these channels bring."""
        since, seq = self._since, event.seq
        # Replays ask this of every event for every socket, and any() takes three times as long.
        for topic in event.topics:
            if since.get(topic, _NEVER) < seq:
                return True
        if event.home is not None:
            feed_since = since.get(feed_channel(self._user_id), _NEVER)
            if feed_since < seq and self._follows(event):
                return True
        if event.herald is None:
            return False
        notified_since = since.get(notifications_channel(self._user_id), _NEVER)
        return notified_since < seq and self._hears_of(event)

    def brings(self, channel: str, event: EncodedEvent) -> bool:
        """Whether a channel would bring an event to this person."""
        if channel in event.topics:
            return True
        if channel == feed_channel(self._user_id):
            return self._follows(event)
        return channel == notifications_channel(self._user_id) and self._hears_of(event)

    @property
    def _user_id(self) -> str:
        return self._standing.viewer.id or ""

    def _follows(self, event: EncodedEvent) -> bool:
        """Whether the event is of the home feed's, as of now."""
        if event.home is None:
            return False
        return self._was(self._standing.followed_since(event.home), event)

    def _hears_of(self, event: EncodedEvent) -> bool:
        """Whether the event is among the notifications, as of now."""
        if event.herald is None:
            return False
        return self._was(self._standing.heard_since(event.herald), event)

    def _was(self, since: int | None, event: EncodedEvent) -> bool:
        """Whether what began at a place in the log counts for an event."""
        return since is not None and (since <= self._arrived or since < event.seq)
