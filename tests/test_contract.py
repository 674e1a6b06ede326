"""The examples in contract/, which the browser's side reads too, against the project's structs."""

import json
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from feedline.api.accounts import Refreshed, SignedIn, Ticket
from feedline.api.administration import ExperimentAnswer, Realtime, SwitchAnswer
from feedline.api.blocking import BlockAnswer, BlocksAnswer
from feedline.api.following import FollowAnswer, TierAnswer
from feedline.api.media import MediaAnswer
from feedline.api.notifications import NotificationsAnswer, ReadAnswer
from feedline.api.notify import AuthorNotified, FollowersNotified, LikesNotified
from feedline.api.posts import PostAnswer, PostsAnswer
from feedline.api.reactions import CommentAnswer, CommentsAnswer, LikeAnswer
from feedline.api.reports import ReportSent
from feedline.api.stories import StoryAnswer
from feedline.api.users import ProfileAnswer, UserAnswer
from feedline.dashboard.points import FiguresAnswer
from feedline.errors import CODES, CloseCode
from feedline.feed.events import AnyEvent, InnerEvent
from feedline.feed.posts import Post
from feedline.feed.visibility import STRANGER
from feedline.wire import messages
from feedline.wire.answers import encode
from feedline.wire.encoded import EncodedEvent
from feedline.wire.messages import AnyIncoming, Outgoing
from feedline.wire.problems import Problem
from feedline.wire.span import LogSpan

FOLDER = Path(__file__).parents[1] / "contract"
EXAMPLES: dict[str, Any] = json.loads((FOLDER / "messages.json").read_text(encoding="utf-8"))
TABLES: dict[str, Any] = json.loads((FOLDER / "codes.json").read_text(encoding="utf-8"))

ANSWERS: dict[str, type[msgspec.Struct]] = {
    "register": SignedIn,
    "login": SignedIn,
    "refresh": Refreshed,
    "ticket": Ticket,
    "me": UserAnswer,
    "profile": ProfileAnswer,
    "post": PostAnswer,
    "posts": PostsAnswer,
    "feed": PostsAnswer,
    "media": MediaAnswer,
    "figures": FiguresAnswer,
    "follow": FollowAnswer,
    "block": BlockAnswer,
    "blocks": BlocksAnswer,
    "report": ReportSent,
    "story": StoryAnswer,
    "notifications": NotificationsAnswer,
    "readNotifications": ReadAnswer,
    "tier": TierAnswer,
    "like": LikeAnswer,
    "comment": CommentAnswer,
    "comments": CommentsAnswer,
    "notifyPostAuthor": AuthorNotified,
    "notifyNewPost": FollowersNotified,
    "updatePostLikes": LikesNotified,
    "realtime": Realtime,
    "experiment": ExperimentAnswer,
    "realtimeSwitch": SwitchAnswer,
}


def rewritten(example: Any, shape: Any) -> Any:
    """An example, read as a shape and written again. What the shape does not know is lost."""
    return json.loads(encode(msgspec.json.decode(json.dumps(example), type=shape)))


def tags(*shapes: type[msgspec.Struct]) -> set[str]:
    """The ``type`` of each kind of message."""
    return {str(shape.__struct_config__.tag) for shape in shapes}


def types_in(section: str) -> set[str]:
    return {example["type"] for example in EXAMPLES[section]}


def kind_of(example: Any) -> str:
    """What a failing example is called."""
    return str(example.get("type", "post"))


@pytest.mark.parametrize("example", EXAMPLES["posts"], ids=kind_of)
def test_posts(example: Any) -> None:
    assert rewritten(example, Post) == example


def test_there_is_an_example_of_each_answer() -> None:
    assert set(EXAMPLES["answers"]) == set(ANSWERS)


@pytest.mark.parametrize("name", ANSWERS)
def test_answers(name: str) -> None:
    example = EXAMPLES["answers"][name]
    assert rewritten(example, ANSWERS[name]) == example


@pytest.mark.parametrize("example", EXAMPLES["problems"], ids=kind_of)
def test_problems(example: Any) -> None:
    assert rewritten(example, Problem) == example
    facts = CODES[example["code"]]
    assert (example["status"], example["title"]) == (facts.status, facts.title)


def test_there_is_an_example_of_each_message_of_a_client() -> None:
    assert types_in("client") == tags(*get_args(AnyIncoming))


@pytest.mark.parametrize("example", EXAMPLES["client"], ids=kind_of)
def test_messages_of_a_client(example: Any) -> None:
    read = messages.parse(json.dumps(example))
    assert example.items() <= msgspec.to_builtins(read).items()


def test_there_is_an_example_of_each_message_of_the_server() -> None:
    assert types_in("server") == tags(*Outgoing.__subclasses__())


@pytest.mark.parametrize("example", EXAMPLES["server"], ids=kind_of)
def test_messages_of_the_server(example: Any) -> None:
    shape = next(kind for kind in Outgoing.__subclasses__() if tags(kind) == {example["type"]})
    assert rewritten(example, shape) == example
    assert example.get("code", "forbidden") in CODES


def test_there_is_an_example_of_each_event() -> None:
    seen_outside = set(get_args(AnyEvent)) - set(get_args(InnerEvent))
    assert types_in("events") == tags(*seen_outside)


@pytest.mark.parametrize("example", EXAMPLES["events"], ids=kind_of)
def test_events(example: Any) -> None:
    bare = {name: value for name, value in example.items() if name != "replay"}
    assert rewritten(bare, AnyEvent) == bare
    if "replay" in example:
        event = EncodedEvent(1, msgspec.json.decode(json.dumps(bare), type=AnyEvent))
        assert json.loads(event.replay_for(STRANGER, example["replay"]) or b"") == example


def test_the_codes_are_those_of_the_project() -> None:
    assert TABLES["errors"] == [
        {"code": code, "status": facts.status, "title": facts.title, "retry": facts.retry}
        for code, facts in CODES.items()
    ]


def test_the_close_codes_are_those_of_the_project() -> None:
    listed = {row["name"]: row["code"] for row in TABLES["closeCodes"]}
    assert listed == {code.name: code.value for code in CloseCode}
    assert all(row["meaning"] for row in TABLES["closeCodes"])


def test_what_follows_a_close_code_fits_its_range() -> None:
    for row in TABLES["closeCodes"]:
        if 4000 <= row["code"] <= 4007:
            assert row["afterwards"] == "new-credentials"
        elif row["name"] == "REALTIME_OFF":
            assert row["afterwards"] == "off"
        elif 4008 <= row["code"] <= 4019:
            assert row["afterwards"] == "pause"
        else:
            assert row["afterwards"] == ("spread" if row["name"] == "RESTART" else "back-off")


def test_the_reasons_of_a_resync_are_those_of_the_project() -> None:
    log = LogSpan("epoch", floor=5, head=9)
    given = [log.start(cursor, 9)[1] for cursor in ("epoch-1", "other-7", "epoch-10")]
    assert TABLES["resyncReasons"] == given
    assert {e["reason"] for e in EXAMPLES["server"] if e["type"] == "resync"} <= set(given)
