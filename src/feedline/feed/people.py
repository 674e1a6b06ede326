"""People: how they are stored, and the two shapes in which the world sees them."""

import re
from typing import Literal

import msgspec

from feedline.errors import FieldProblem
from feedline.feed.instants import Millis, is_id, rfc3339

Role = Literal["user", "admin"]
State = Literal["active", "disabled", "leaving"]
"""Whether somebody may do anything; who is leaving is being deleted."""

USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
# What breaks a line, or turns the direction of what follows (UAX 9), has no place in a name.
UNFIT = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
# Letters and signs of no width, and the blank ones of Hangul: a name needs more than these.
_UNSEEN = r"\s\u00ad\u034f\u115f\u1160\u180e\u200b-\u200f\u2060-\u206f\u2800\u3164\ufeff\uffa0"
NAME = re.compile(rf"[^{UNFIT}]*[^{UNFIT}{_UNSEEN}][^{UNFIT}]*")
NAME_LIMIT = 80
AVATAR_LIMIT = 2_000
_MEDIA = re.compile(r"/api/media/([0-9a-f-]{36})(?:/thumbnail)?")
_AVATAR_HINT = "Use an https:// address, that of a picture which you sent, or null for none."
PASSWORD_SHORTEST = 8  # NIST SP 800-63B section 5.1.1.2
PASSWORD_LONGEST = 256


class Wire(msgspec.Struct, rename="camel", kw_only=True, frozen=True, gc=False):
    """Base of everything that crosses the wire: camelCase names."""


class Creator(Wire, frozen=True):
    """The author as a post or comment shows them."""

    id: str
    username: str
    name: str
    avatar: str | None
    is_verified: bool


class User(Wire, frozen=True):
    """A person as their profile shows them."""

    id: str
    username: str
    name: str
    avatar: str | None
    is_verified: bool
    role: Role
    followers_count: int
    following_count: int
    posts_count: int
    created_at: str


class UserRow(msgspec.Struct, kw_only=True):
    """A person as stored."""

    id: str
    username: str
    name: str
    avatar: str | None = None
    is_verified: bool = False
    role: str = "user"
    password_hash: str
    followers_count: int = 0
    following_count: int = 0
    posts_count: int = 0
    created_at: Millis
    state: str = "active"


class Registration(Wire, frozen=True, forbid_unknown_fields=True):
    """What a newcomer sends."""

    username: str
    password: str
    name: str | None = None


class ProfileChange(Wire, frozen=True, forbid_unknown_fields=True):
    """Which parts of their profile a person wants changed; what is left out stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    avatar: str | msgspec.UnsetType | None = msgspec.UNSET


class Identity(msgspec.Struct, frozen=True):
    """Who is behind a request or a socket, for as long as their session and token last."""

    user_id: str
    session_id: str
    expires_at: Millis


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in as stored."""

    id: str
    user_id: str
    created_at: Millis
    expires_at: Millis


def creator_of(row: UserRow) -> Creator:
    """The author's shape of a stored person."""
    return Creator(
        id=row.id,
        username=row.username,
        name=row.name or row.username,
        avatar=row.avatar,
        is_verified=row.is_verified,
    )


def user_of(row: UserRow) -> User:
    """The profile's shape of a stored person."""
    return User(
        id=row.id,
        username=row.username,
        name=row.name or row.username,
        avatar=row.avatar,
        is_verified=row.is_verified,
        role="admin" if row.role == "admin" else "user",
        followers_count=max(row.followers_count, 0),
        following_count=max(row.following_count, 0),
        posts_count=max(row.posts_count, 0),
        created_at=rfc3339(row.created_at),
    )


def registration_problems(registration: Registration) -> list[FieldProblem]:
    """Everything that is wrong with a registration; empty when it can be accepted."""
    problems = []
    if not USERNAME.fullmatch(registration.username) or is_id(registration.username.lower()):
        problems.append(
            FieldProblem(
                "username",
                "Use 1 to 40 letters, digits, dots, dashes, underscores; a letter or digit first.",
            )
        )
    problems += password_problems("password", registration.password)
    if registration.name is not None:
        problems += name_problems(registration.name)
    return problems


def password_problems(path: str, password: str) -> list[FieldProblem]:
    if PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST:
        return []
    return [FieldProblem(path, f"Use {PASSWORD_SHORTEST} to {PASSWORD_LONGEST} characters.")]


def profile_problems(change: ProfileChange) -> list[FieldProblem]:
    """Everything that is wrong with a change of profile; empty when it can be accepted."""
    problems = [] if change.name is msgspec.UNSET else name_problems(change.name)
    if change.avatar and not (media_at(change.avatar) or is_picture_address(change.avatar)):
        problems.append(FieldProblem("avatar", _AVATAR_HINT))
    return problems


def name_problems(name: str) -> list[FieldProblem]:
    if not name.strip() or len(name) > NAME_LIMIT:
        return [FieldProblem("name", f"Use 1 to {NAME_LIMIT} characters.")]
    if not NAME.fullmatch(name):
        return [FieldProblem("name", "Use letters that can be seen, and no control characters.")]
    return []


def media_at(address: str) -> str | None:
    """The file that an address of ours, or that of its thumbnail, leads to."""
    found = _MEDIA.fullmatch(address)
    return found[1] if found else None


def is_picture_address(address: str) -> bool:
    return (
        address.startswith("https://")
        and len("https://") < len(address) <= AVATAR_LIMIT
        and address.isprintable()
        and " " not in address
    )
