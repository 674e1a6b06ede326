"""What is unread is told whenever the notifications begin, whatever the socket does meanwhile."""

import msgspec
import pytest

from feedline.feed.cursor import Cursor
from feedline.wire.effects import TellUnread
from tests.wire.world import EPOCH, INBOX, Link, World


def connect(world: World, *channels: str, cursor: str | None = None) -> Link:
    link = Link(world)
    link.say({"type": "connect", "channels": channels, "cursor": cursor})
    link.answer()
    return link


def heard(link: Link) -> list[str]:
    """The types of the messages that came since the last look."""
    types = [msgspec.json.decode(body)["type"] for body in link.in_flight]
    link.in_flight.clear()
    return types


def answer_all(link: Link) -> None:
    while link.questions:
        link.answer()


def test_a_socket_that_is_full_when_it_is_due_is_told_when_it_has_drained() -> None:
    world = World()
    link = connect(world, INBOX)
    assert list(link.questions) == [TellUnread()]
    link.fill(1)
    link.beat()
    assert not link.session.live
    link.answer()
    assert heard(link) == ["connected", "caught_up", "heartbeat"]
    world.commit("notice", "bob", "p1")
    world.dispatch()
    link.drain()
    answer_all(link)
    assert heard(link) == ["notification", "unread_notifications"]


def test_a_socket_that_is_full_again_and_again_is_told_in_the_end() -> None:
    link = connect(World(), INBOX)
    for _ in range(3):
        link.fill(1)
        link.beat()
        answer_all(link)
        link.drain()
    answer_all(link)
    assert heard(link)[-1] == "unread_notifications"
    assert not link.questions


@pytest.mark.parametrize("cursor", ["nonsense", str(Cursor(EPOCH, 99))])
def test_it_comes_after_a_resync(cursor: str) -> None:
    link = connect(World(), INBOX, cursor=cursor)
    answer_all(link)
    assert heard(link) == ["connected", "resync", "unread_notifications"]
    link = connect(World())
    link.say({"type": "subscribe", "id": 1, "channel": INBOX, "cursor": cursor})
    answer_all(link)
    assert heard(link) == [
        "connected",
        "caught_up",
        "subscribed",
        "resync",
        "unread_notifications",
    ]


def test_it_comes_after_a_replay_that_had_to_be_given_up() -> None:
    world = World()
    for _ in range(9):
        world.commit("notice", "bob", "p1")
        world.dispatch()
    link = connect(world, INBOX, cursor=str(Cursor(EPOCH, 0)))
    world.floor = 5
    answer_all(link)
    assert heard(link) == ["connected", "resync", "unread_notifications"]


def test_it_comes_again_when_it_has_become_less() -> None:
    link = connect(World(), INBOX)
    answer_all(link)
    link.session.owe_unread()
    link.pump()
    answer_all(link)
    assert heard(link) == ["connected", "caught_up", *["unread_notifications"] * 2]


def test_who_has_not_asked_for_notifications_is_told_nothing() -> None:
    link = connect(World(), "public")
    link.session.owe_unread()
    link.pump()
    answer_all(link)
    assert heard(link) == ["connected", "caught_up"]
