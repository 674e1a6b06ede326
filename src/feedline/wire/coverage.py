"""What a connection is served: which channels, which topics, and from which position on."""

from feedline.feed.channels import channel_topics
from feedline.wire.encoded import EncodedEvent

_NEVER = 2**63


class Coverage:
    """The channels of one connection. Each topic is covered from a position up to now."""

    __slots__ = ("_topics", "channels")

    def __init__(self) -> None:
        self.channels: dict[str, tuple[str, ...]] = {}
        self._topics: dict[str, int] = {}

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(self._topics)

    def topics_since(self, position: int) -> frozenset[str] | None:
        """The topics, if every one of them is covered from a position on."""
        covered = all(since <= position for since in self._topics.values())
        return frozenset(self._topics) if covered else None

    def add_topic(self, topic: str, since: int) -> None:
        """Covers a topic that belongs to no channel."""
        self._topics[topic] = min(since, self._topics.get(topic, since))

    def add(self, channel: str, since: int) -> None:
        """Covers a channel from a position on."""
        topics = self.channels[channel] = channel_topics(channel)
        for topic in topics:
            self.add_topic(topic, since)

    def remove(self, channel: str) -> bool:
        """Drops a channel; whether that leaves out topics that no other channel needs."""
        gone = set(self.channels.pop(channel, ()))
        gone.difference_update(*self.channels.values())
        for topic in gone:
            del self._topics[topic]
        return bool(gone)

    def covers(self, event: EncodedEvent) -> bool:
        """Whether the event is one that these channels bring."""
        since, seq = self._topics, event.seq
        # Replays ask this of every event for every socket, and any() takes three times as long.
        for topic in event.topics:  # noqa: SIM110
            if since.get(topic, _NEVER) < seq:
                return True
        return False


def concerns(event: EncodedEvent, channel: str) -> bool:
    """Whether a channel brings an event."""
    wanted = channel_topics(channel)
    return any(topic in wanted for topic in event.topics)
