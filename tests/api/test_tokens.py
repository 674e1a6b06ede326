import base64
import json
import stat
from pathlib import Path
from typing import Any

import jwt
import pytest

from feedline.api.tokens import Tokens, load_secret
from feedline.errors import SecretUnsafe, Unauthenticated
from feedline.feed.people import Identity
from tests.api.world import NOW

SECRET = bytes(range(32))
WHO = Identity("user", "session", NOW + 60_000)
CLAIMS: dict[str, Any] = {
    "sub": "user",
    "sid": "session",
    "aud": "feedline",
    "iss": "feedline",
    "iat": NOW // 1000,
    "exp": NOW // 1000 + 60,
}


def signed(claims: dict[str, Any], secret: bytes = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, secret, algorithm=algorithm)


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_token_says_whose_session_it_is_and_until_when() -> None:
    tokens = Tokens(SECRET)
    assert tokens.read(tokens.issue(WHO, NOW), NOW) == WHO
    assert tokens.read(signed(CLAIMS), NOW) == WHO


def test_a_token_is_good_until_its_last_second() -> None:
    tokens = Tokens(SECRET)
    token = tokens.issue(WHO, NOW)
    assert tokens.read(token, WHO.expires_at - 1) == WHO
    with pytest.raises(Unauthenticated, match="expired"):
        tokens.read(token, WHO.expires_at)


@pytest.mark.parametrize("claim", sorted(CLAIMS))
def test_every_claim_is_required(claim: str) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != claim}
    with pytest.raises(Unauthenticated):
        Tokens(SECRET).read(signed(claims), NOW)


@pytest.mark.parametrize(
    "token",
    [
        signed(CLAIMS | {"aud": "other"}),
        signed(CLAIMS | {"aud": []}),
        signed(CLAIMS | {"iss": "other"}),
        signed(CLAIMS | {"sid": 7}),
        signed(CLAIMS | {"exp": "soon"}),
        signed(CLAIMS, secret=bytes(32)),
        signed(CLAIMS, secret=bytes(64), algorithm="HS512"),
        signed(CLAIMS, secret=SECRET * 2, algorithm="HS512"),
        f"{segment({'alg': 'none', 'typ': 'JWT'})}.{segment(CLAIMS)}.",
        f"{segment({'alg': 'None'})}.{segment(CLAIMS)}.",
        f"{segment({'alg': 'HS256'})}.{segment(CLAIMS)}.",
        f"{segment({'alg': 'HS256'})}.{segment(CLAIMS)}.AAAA",
        f"{segment([])}.{segment(CLAIMS)}.AAAA",
        f"{'W1tb' * 100}.a.b",
        "",
        ".",
        "..",
        "a.b.c",
        "a" * 10_000,
        "\xff\xfe",
        "\ud800",
    ],
)
def test_what_this_installation_did_not_sign_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        Tokens(SECRET).read(token, NOW)


def test_a_token_that_was_read_once_is_not_good_for_ever() -> None:
    tokens = Tokens(SECRET)
    token = tokens.issue(WHO, NOW)
    tokens.read(token, NOW)
    with pytest.raises(Unauthenticated):
        tokens.read(token, WHO.expires_at + 1)


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    secret = load_secret(tmp_path)
    assert len(secret) == 32
    assert load_secret(tmp_path) == secret
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_two_installations_have_two_secrets(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    assert load_secret(folders[0]) != load_secret(folders[1])


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_secret_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    load_secret(tmp_path)
    (tmp_path / "secret").chmod(mode)
    with pytest.raises(SecretUnsafe, match="others"):
        load_secret(tmp_path)


@pytest.mark.parametrize("content", ["", "00" * 31, "zz" * 32, "password"])
def test_a_secret_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "secret"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(SecretUnsafe):
        load_secret(tmp_path)
