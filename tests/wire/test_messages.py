"""The messages of a session: what is understood, what is refused, what is written."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedline.wire import messages
from feedline.wire.messages import (
    AnyIncoming,
    Applied,
    CaughtUp,
    ChannelVerdict,
    Connect,
    Connected,
    Error,
    Heartbeat,
    NotAMessage,
    Outgoing,
    Ping,
    Pong,
    Resync,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
    encode,
    parse,
)

LARGEST_ID = 2**53  # the last whole number that a JavaScript client can count to

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def refusal(text: str | bytes) -> NotAMessage:
    with pytest.raises(NotAMessage) as refused:
        parse(text)
    return refused.value


def attempt(text: str | bytes) -> AnyIncoming | NotAMessage:
    try:
        return parse(text)
    except NotAMessage as refused:
        return refused


# ---- from clients


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"connect"}', Connect()),
        (
            '{"type":"connect","token":"t","channels":["public"],"cursor":"e-1"}',
            Connect(token="t", channels=["public"], cursor="e-1"),
        ),
        ('{"cursor":null,"type":"connect","token":null}', Connect()),
        ('{"type":"subscribe","id":1,"channel":"public"}', Subscribe(id=1, channel="public")),
        (
            '{"type":"subscribe","channel":"c","cursor":"e-2"}',
            Subscribe(channel="c", cursor="e-2"),
        ),
        ('{"type":"unsubscribe","id":"x","channel":"c"}', Unsubscribe(id="x", channel="c")),
        ('{"type":"applied","cursor":"e-3"}', Applied(cursor="e-3")),
        (' {"type" : "ping"}\n', Ping()),
        ('{"type":"ping","id":0}', Ping(id=0)),
        ('{"type":"ping","later":{"fields":"are ignored"}}', Ping()),
    ],
)
def test_what_is_understood(text: str, message: AnyIncoming) -> None:
    assert parse(text) == message


def test_no_channels_may_be_written_as_null() -> None:
    message = parse('{"type":"connect","channels":null}')
    assert isinstance(message, Connect)
    assert message.names == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "nonsense",
        '{"type":"ping"',
        '{"type":"ping"}{"type":"ping"}',
        "[]",
        "null",
        "1",
        '"ping"',
        '[{"type":"ping"}]',
        "{}",
        '{"type":null}',
        '{"type":1}',
        '{"type":"Ping"}',
        '{"type":"incoming"}',
        '{"type":"connected"}',
        '{"type":"connect","channels":"public"}',
        '{"type":"connect","channels":[1]}',
        '{"type":"connect","token":1}',
        '{"type":"connect","cursor":{}}',
        '{"type":"subscribe"}',
        '{"type":"subscribe","channel":null}',
        '{"type":"subscribe","channel":["public"]}',
        '{"type":"unsubscribe","channel":1}',
        '{"type":"applied"}',
        '{"type":"applied","cursor":7}',
        '{"type":"ping","id":1.5}',
        '{"type":"ping","id":true}',
        '{"type":"ping","id":[]}',
        '{"type":"ping","id":NaN}',
        "[" * 100_000,
        '{"type":1,"x":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"type":"ping","x":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"x":' * 10_000,
    ],
)
def test_what_is_no_message(text: str) -> None:
    assert str(refusal(text))


def test_binary_is_no_message() -> None:
    assert "text" in str(refusal(b'{"type":"ping"}'))


@pytest.mark.parametrize("message_id", [0, -1, 7, LARGEST_ID, -LARGEST_ID, "", "a", "é😀", "1"])
def test_an_id_is_carried_whether_the_message_is_right_or_wrong(message_id: int | str) -> None:
    spelled = json.dumps(message_id)
    assert parse(f'{{"type":"ping","id":{spelled}}}') == Ping(id=message_id)
    assert refusal(f'{{"type":"nothing","id":{spelled}}}').id == message_id
    assert refusal(f'{{"type":"subscribe","id":{spelled}}}').id == message_id
    assert refusal(f'{{"type":"subscribe","channel":1,"id":{spelled}}}').id == message_id


@pytest.mark.parametrize("wrong", ["1.5", "true", "[]", "{}", str(2**53 + 1), str(2**64), "1e400"])
def test_an_id_that_is_none_is_not_carried(wrong: str) -> None:
    assert refusal(f'{{"type":"subscribe","id":{wrong}}}').id is None


@given(st.one_of(st.text(), st.binary(), json_values.map(json.dumps)))
@example('{"type":"ping","id":"\\ud800"}')
@example('{"type":"\\ud800"}')
def test_nothing_but_a_refusal_is_raised(text: str | bytes) -> None:
    refused = attempt(text)
    if isinstance(refused, NotAMessage):
        assert encode(Error(id=refused.id, code="bad_request", message=str(refused)))


@given(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["connect", "subscribe", "unsubscribe", "applied", "ping"])},
        optional=dict.fromkeys(("id", "token", "channel", "channels", "cursor"), json_values),
    )
)
def test_fields_of_any_type_are_read_or_refused(fields: dict[str, Any]) -> None:
    message = attempt(json.dumps(fields))
    if isinstance(message, NotAMessage):
        assert str(message)
    else:
        assert type(message).__name__.lower() == fields["type"]
        assert getattr(message, "id", None) == (
            fields.get("id") if hasattr(message, "id") else None
        )


# ---- to clients


@pytest.mark.parametrize(
    ("message", "written"),
    [
        (
            Connected(
                user_id="u",
                session_id="s",
                cursor="e-1",
                heartbeat=25,
                channels=[
                    ChannelVerdict(channel="public", ok=True),
                    ChannelVerdict(channel="feed:x", ok=False, code="forbidden"),
                ],
            ),
            {
                "type": "connected",
                "userId": "u",
                "sessionId": "s",
                "cursor": "e-1",
                "heartbeat": 25,
                "channels": [
                    {"channel": "public", "ok": True},
                    {"channel": "feed:x", "ok": False, "code": "forbidden"},
                ],
            },
        ),
        (
            Subscribed(id=1, channel="c", cursor="e-1"),
            {"type": "subscribed", "id": 1, "channel": "c", "cursor": "e-1"},
        ),
        (Unsubscribed(id="b", channel="c"), {"type": "unsubscribed", "id": "b", "channel": "c"}),
        (CaughtUp(cursor="e-1"), {"type": "caught_up", "cursor": "e-1"}),
        (CaughtUp(id=0, cursor="e-1"), {"type": "caught_up", "id": 0, "cursor": "e-1"}),
        (Heartbeat(cursor="e-9"), {"type": "heartbeat", "cursor": "e-9"}),
        (
            Resync(id=3, reason="unknown_epoch", cursor="e-1"),
            {"type": "resync", "id": 3, "reason": "unknown_epoch", "cursor": "e-1"},
        ),
        (Pong(), {"type": "pong"}),
        (Pong(id=""), {"type": "pong", "id": ""}),
        (
            Error(code="bad_request", message="No."),
            {"type": "error", "code": "bad_request", "message": "No."},
        ),
    ],
)
def test_what_is_written(message: Outgoing, written: dict[str, Any]) -> None:
    assert json.loads(encode(message)) == written


def test_every_incoming_message_is_in_the_union() -> None:
    kinds = {kind.__name__ for kind in messages.Incoming.__subclasses__()}
    assert kinds == {"Connect", "Subscribe", "Unsubscribe", "Applied", "Ping"}
