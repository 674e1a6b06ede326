import re
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.feed.people import (
    AVATAR_LIMIT,
    NAME_LIMIT,
    PASSWORD_LONGEST,
    PASSWORD_SHORTEST,
    Creator,
    ProfileChange,
    Registration,
    User,
    UserRow,
    creator_of,
    profile_problems,
    registration_problems,
    user_of,
)
from tests.feed.strategies import ANN, NOW, examples, user_rows

PASSWORD = "correct horse"
BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def registration(**parts: str | None) -> Registration:
    return Registration(**{"username": "ann", "password": PASSWORD, **parts})  # type: ignore[arg-type]


def faults(registration: Registration) -> list[str]:
    return [problem.path for problem in registration_problems(registration)]


def profile_faults(change: ProfileChange) -> list[str]:
    return [problem.path for problem in profile_problems(change)]


@pytest.mark.parametrize("username", ["a", "Ann", "7up", "a.b-c_d", "x" * 40])
def test_usernames_that_can_be_had(username: str) -> None:
    assert faults(registration(username=username)) == []


@pytest.mark.parametrize(
    "username",
    [
        "",
        ".ann",
        "-ann",
        "_ann",
        "x" * 41,
        "ann!",
        "an n",
        "ann\n",
        "ännchen",
        "аnn",
        "ann/..",
        ANN,
    ],
)
def test_usernames_that_can_not(username: str) -> None:
    assert faults(registration(username=username)) == ["username"]


def test_a_username_is_never_taken_for_an_id() -> None:
    assert faults(registration(username=ANN.upper())) == ["username"]


@pytest.mark.parametrize("length", [PASSWORD_SHORTEST, PASSWORD_LONGEST])
def test_passwords_at_the_edge(length: int) -> None:
    assert faults(registration(password="x" * length)) == []


@pytest.mark.parametrize("length", [0, PASSWORD_SHORTEST - 1, PASSWORD_LONGEST + 1])
def test_passwords_over_the_edge(length: int) -> None:
    assert faults(registration(password="x" * length)) == ["password"]


@pytest.mark.parametrize(
    "name", ["A", "Ann Lee", "Анна", "👩\u200d🚀", "שרה", "x" * NAME_LIMIT, " Ann "]
)
def test_names_that_can_be_had(name: str) -> None:
    assert faults(registration(name=name)) == []
    assert profile_faults(ProfileChange(name=name)) == []


@pytest.mark.parametrize(
    "name",
    ["", " ", "\u00a0\u2003", "x" * (NAME_LIMIT + 1), "a\nb", "a\0", "\x7f", "a\x85b", "a\u2028b"],
)
def test_names_that_can_not(name: str) -> None:
    assert faults(registration(name=name)) == ["name"]
    assert profile_faults(ProfileChange(name=name)) == ["name"]


@pytest.mark.parametrize("blank", "\u200b\u200d\u2060\ufeff\u3164\u00ad\u2800")
def test_a_name_has_something_to_see(blank: str) -> None:
    assert faults(registration(name=blank * 3)) == ["name"]
    assert faults(registration(name=f" {blank}\u200c")) == ["name"]
    assert faults(registration(name=f"{blank}a")) == []


@pytest.mark.parametrize("control", BIDI_CONTROLS)
def test_a_name_can_not_turn_the_text_after_it(control: str) -> None:
    assert faults(registration(name=f"Ann{control}")) == ["name"]


@examples(100)
@given(st.text(max_size=NAME_LIMIT + 2))
def test_a_name_that_is_taken_is_one_line_that_can_be_seen(name: str) -> None:
    if not faults(registration(name=name)):
        assert name.strip()
        assert name.splitlines() == [name]
        assert not any(unicodedata.category(letter) == "Cc" for letter in name)


def test_everything_wrong_is_said_at_once() -> None:
    wrong = registration(username="", password="", name="")
    assert faults(wrong) == ["username", "password", "name"]
    assert profile_faults(ProfileChange(name="", avatar="ann.png")) == ["name", "avatar"]


def test_what_is_left_out_of_a_profile_is_not_judged() -> None:
    assert profile_faults(ProfileChange()) == []


@pytest.mark.parametrize(
    "avatar",
    [
        None,
        "",
        "https://a",
        "https://example.com/ann.png?size=2",
        "https://" + "x" * (AVATAR_LIMIT - 8),
    ],
)
def test_avatars_that_can_be_had(avatar: str | None) -> None:
    assert profile_faults(ProfileChange(avatar=avatar)) == []


@pytest.mark.parametrize(
    "avatar",
    [
        "https://",
        "http://example.com/ann.png",
        "HTTPS://example.com/ann.png",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "//example.com/ann.png",
        " https://example.com",
        "https://example.com/a b",
        "https://example.com/a\nb",
        "https://" + "x" * (AVATAR_LIMIT - 7),
    ],
)
def test_avatars_that_can_not(avatar: str) -> None:
    assert profile_faults(ProfileChange(avatar=avatar)) == ["avatar"]


@examples(50)
@given(user_rows)
def test_any_stored_person_has_valid_shapes(row: UserRow) -> None:
    creator, user = creator_of(row), user_of(row)
    assert msgspec.json.decode(msgspec.json.encode(creator), type=Creator, strict=True) == creator
    assert msgspec.json.decode(msgspec.json.encode(user), type=User, strict=True) == user
    assert creator.name == user.name == (row.name or row.username)
    assert user.posts_count >= 0
    assert user.role == ("admin" if row.role == "admin" else "user")


def test_nobody_is_shown_a_password_hash() -> None:
    row = UserRow(id=ANN, username="ann", name="Ann", password_hash="$argon2id$", created_at=NOW)
    shown = msgspec.json.encode([creator_of(row), user_of(row)])
    assert b"argon2id" not in shown
    assert b"assword" not in shown


def test_the_shapes_have_the_names_of_the_protocol() -> None:
    row = UserRow(id=ANN, username="ann", name="", password_hash="", created_at=NOW)
    assert msgspec.to_builtins(user_of(row)) == {
        "id": ANN,
        "username": "ann",
        "name": "ann",
        "avatar": None,
        "isVerified": False,
        "role": "user",
        "followersCount": 0,
        "followingCount": 0,
        "postsCount": 0,
        "createdAt": "2026-01-22T10:00:00.000Z",
    }


@pytest.mark.parametrize(
    "body", [b'{"username":"ann"}', b'{"username":"ann","password":"x","x":1}']
)
def test_a_registration_has_all_its_fields_and_no_others(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError, match=re.compile("missing|unknown")):
        msgspec.json.decode(body, type=Registration)
