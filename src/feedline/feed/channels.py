"""Channels: what a client may subscribe to, and the other topics that the hub knows."""

PUBLIC = "public"
ADMIN = "admin"
"""What admins see of how the installation fares; no event of the log is published to it."""
POLICY = "policy"
"""Of servers alone: nobody can subscribe to it."""
_FEED = "feed:"
_POST = "post:"
_CREATOR = "creator:"


def creator_channel(user_id: str) -> str:
    return f"{_CREATOR}{user_id}"


def is_creator(channel: str) -> bool:
    return channel.startswith(_CREATOR)


def feed_channel(user_id: str) -> str:
    return f"{_FEED}{user_id}"


def is_feed(channel: str) -> bool:
    return channel.startswith(_FEED)


def notifications_channel(user_id: str) -> str:
    return f"notifications:{user_id}"


def is_post(channel: str) -> bool:
    return channel.startswith(_POST)


def post_channel(post_id: str) -> str:
    return f"{_POST}{post_id}"


def session_channel(session_id: str) -> str:
    return f"session:{session_id}"


def own_topic(user_id: str) -> str:
    """The topic that each connection of a person has, whatever its channels."""
    return f"person:{user_id}"


def owner_of(channel: str) -> str:
    """Whose channel it is, of those that one person has."""
    return channel.partition(":")[2]
