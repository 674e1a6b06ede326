"""Whatever happens in whatever order, a session gets each event of its channels once, in order."""

import os
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from feedline.feed.cursor import Cursor
from tests.wire.world import AUTHORS, CHANNELS, EPOCH, INBOX, OWN, POSTS, Client, Link, World

KINDS = ("created", "notice", "created", "notice", "updated", "deleted", "creator", "revoked")
EXAMPLES = int(os.environ.get("FEEDLINE_TEST_EXAMPLES", settings().max_examples * 3 // 2))


def seq_of(cursor: str) -> int:
    parsed = Cursor.parse(cursor)
    assert parsed is not None
    return parsed.seq


class Story:
    """A client that subscribes, lags, drops and comes back while others commit.

    Each pair of bytes is one step: which, and an argument to it.
    """

    def __init__(self) -> None:
        self.world = World()
        self.client = Client()
        self.link: Link | None = None
        self.next_id = 0
        self.own_since: int | None = None
        steps: list[tuple[int, Callable[[int], None]]] = [
            (6, self.commit),
            (5, self.dispatch),
            (4, self.serve),
            (2, self.end_window),
            (1, self.beat),
            (5, self.read_messages),
            (6, self.answer),
            (3, self.subscribe),
            (1, self.fill_socket),
            (2, self.drain_socket),
            (1, self.drop),
            (2, self.reconnect),
        ]
        self.steps = [step for weight, step in steps for _ in range(weight)]

    def run(self, script: bytes) -> None:
        self.begin(script[0])
        for which, argument in zip(script[1::2], script[2::2], strict=False):
            self.steps[which % len(self.steps)](argument)
            self.check_once_a_connection()
        self.come_to_rest()

    def begin(self, choice: int) -> None:
        for index in range(choice % 8):
            self.commit(index)
        self.dispatch(choice % 4)
        self.client.start = dict.fromkeys(CHANNELS[: choice % 3], -1)
        if choice % 5 == 0:  # from a list that was loaded before
            self.client.cursor = self.world.head
        self.connect()

    # ---- what others do

    def commit(self, choice: int) -> None:
        kind, author = KINDS[choice % len(KINDS)], AUTHORS[choice % len(AUTHORS)]
        self.world.commit(kind, author, POSTS[choice % len(POSTS)])

    def dispatch(self, choice: int) -> None:
        for _ in range(1 + choice % 3):
            self.world.dispatch()

    def serve(self, choice: int) -> None:
        self.world.fanout.serve(choice % 4)

    def end_window(self, _: int) -> None:
        self.world.fanout.end_window()

    def beat(self, _: int) -> None:
        if self.link is not None:
            self.link.beat()

    # ---- what the client does

    def reconnect(self, _: int) -> None:
        if self.link is None:
            self.connect()

    def connect(self) -> None:
        client = self.client
        client.connected = False
        client.here, client.replayed = [], {}
        self.link = Link(self.world)
        message: dict[str, Any] = {"type": "connect", "channels": sorted(client.start)}
        if client.cursor is not None:
            message["cursor"] = str(Cursor(EPOCH, client.cursor))
        self.link.say(message)
        unfinished, client.joining = client.joining, {}
        for channel, since in unfinished.values():
            self._subscribe(channel, since)

    def subscribe(self, choice: int) -> None:
        channel = CHANNELS[choice % len(CHANNELS)]
        taken = {*self.client.start, *(name for name, _ in self.client.joining.values())}
        if self.link is None or channel in taken or not self.client.connected:
            return
        back = choice // len(CHANNELS) % 9
        self._subscribe(channel, max(0, self.world.head - back) if back < 8 else None)

    def _subscribe(self, channel: str, since: int | None) -> None:
        assert self.link is not None
        self.next_id += 1
        self.client.joining[self.next_id] = (channel, since)
        message: dict[str, Any] = {"type": "subscribe", "id": self.next_id, "channel": channel}
        if since is not None:
            message["cursor"] = str(Cursor(EPOCH, since))
        self.link.say(message)

    def read_messages(self, choice: int) -> None:
        for _ in range(1 + choice % 5):
            if self.link is not None and self.link.in_flight:
                self._take(msgspec.json.decode(self.link.in_flight.popleft()))

    def drop(self, choice: int) -> None:
        self.read_messages(choice)
        if self.link is not None:
            self.link.drop()
            self.link = None

    # ---- what the network and the database do

    def answer(self, _: int) -> None:
        if self.link is not None:
            self.link.answer()

    def fill_socket(self, choice: int) -> None:
        if self.link is not None:
            self.link.fill(1 + choice % 3)

    def drain_socket(self, _: int) -> None:
        if self.link is not None:
            self.link.drain()

    # ---- what the client makes of messages

    def _take(self, message: dict[str, Any]) -> None:
        client = self.client
        match message["type"]:
            case "connected":
                position = seq_of(message["cursor"])
                assert client.cursor in (None, position)
                client.cursor, client.connected = position, True
                client.wants_unread = INBOX in client.start
                for channel, start in client.start.items():
                    client.start[channel] = position if start < 0 else start
                self.own_since = position if self.own_since is None else self.own_since
            case "subscribed":
                channel, since = client.joining[message["id"]]
                position = seq_of(message["cursor"])
                assert since is None or since == position
                client.joining[message["id"]] = (channel, position)
            case "caught_up" if "id" in message:
                channel, since = client.joining.pop(message["id"])
                assert since is not None
                client.start[channel] = since
                client.wants_unread |= channel == INBOX
            case "caught_up" | "heartbeat":
                client.cursor = max(client.cursor or 0, seq_of(message["cursor"]))
            case "unread_notifications":
                assert client.wants_unread
                client.wants_unread = False
                assert message["count"] >= (client.cursor or 0), "it is of now, or of later"
            case _:
                self._take_event(message)

    def _take_event(self, event: dict[str, Any]) -> None:
        client, seq = self.client, seq_of(event["cursor"])
        if "replay" in event:
            run = client.replayed.setdefault(event["replay"], [])
            assert not run or run[-1] < seq, "a replay is in order"
            run.append(seq)
            channel, since = client.joining[event["replay"]]
            assert since is not None
            assert seq in self.world.wanted({channel}, since, seq)
        else:
            assert client.cursor is not None
            assert seq > client.cursor, "the stream is in order and does not repeat"
            client.cursor = seq
            client.here.append(seq)
            own = {OWN, *client.start, *(name for name, _ in client.joining.values())}
            assert seq in self.world.wanted(own, 0, seq)
        client.had.add(seq)

    def check_once_a_connection(self) -> None:
        seqs = [*self.client.here, *(s for run in self.client.replayed.values() for s in run)]
        assert len(seqs) == len(set(seqs))

    def come_to_rest(self) -> None:
        """Everything comes to rest; then nothing may be missing."""
        if self.link is None:
            self.connect()
        link = self.link
        assert link is not None
        link.drain()
        while link.questions or link.in_flight or link.position < self.world.head:
            link.answer()
            self.world.dispatch()
            self.world.fanout.end_window()
            self.world.fanout.serve(10)
            if link.in_flight:
                self._take(msgspec.json.decode(link.in_flight.popleft()))
        assert not self.client.joining
        assert not self.client.wants_unread
        head = self.world.head
        for channel, start in {**self.client.start, OWN: self.own_since or 0}.items():
            missing = set(self.world.wanted({channel}, start, head)) - self.client.had
            assert not missing, f"{channel} is owed {sorted(missing)}"
        assert link.session.here() == head


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(min_size=121, max_size=301))
def test_every_event_once_and_in_order(script: bytes) -> None:
    Story().run(script)
