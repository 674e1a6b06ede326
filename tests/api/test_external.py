"""Tokens of another issuer: who they let in, and every way in which they do not."""

import hmac
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from feedline.api import keys
from feedline.api.external import ExternalIdentity
from feedline.api.keys import KeySet, read_keys
from feedline.api.tokens import load_shared_secret
from feedline.errors import SecretUnsafe
from tests.api.conftest import External
from tests.api.world import NOW, World, problem

ISSUER, AUDIENCE = "https://issuer.test", "feed"
SECRET = bytes(range(100, 164))
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SHORT_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
SIGNING: dict[str, Any] = {"RS256": RSA, "ES256": EC, "EdDSA": ED}


def public(algorithm: str, kid: str | None = None, **more: Any) -> dict[str, Any]:
    makers: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}
    data = makers[algorithm].to_jwk(SIGNING[algorithm].public_key(), as_dict=True)
    return {**data, "kid": kid or algorithm, **more}


@dataclass
class Issuer:
    """A server with a key set that tests may change."""

    url: str = ""
    keys: list[Any] = field(default_factory=lambda: [public(name) for name in SIGNING])
    status: int = 200
    asked: int = 0


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    state = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            body = json.dumps({"keys": state.keys}).encode()
            self.send_response(state.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/keys"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def external(issuer: Issuer) -> External:
    return lambda store: ExternalIdentity(ISSUER, AUDIENCE, SECRET, KeySet(issuer.url), store)


def token(algorithm: str = "HS256", key: Any = None, kid: str | None = None, **claims: Any) -> str:
    body = {"sub": "7", "iss": ISSUER, "aud": AUDIENCE, "exp": NOW // 1000 + 600, **claims}
    body = {name: value for name, value in body.items() if value is not None}
    key = key or SIGNING.get(algorithm, SECRET)
    return jwt.encode(body, key, algorithm=algorithm, headers={"kid": kid or algorithm})


async def ask(
    world: World, sent: str, path: str = "/api/me", method: str = "GET"
) -> httpx.Response:
    return await world.client(headers={"authorization": f"Bearer {sent}"}).request(method, path)


@pytest.mark.parametrize("algorithm", ["HS256", *SIGNING])
async def test_a_token_signs_its_person_in(world: World, algorithm: str) -> None:
    sent = token(
        algorithm, sub="u-7", preferred_username="zoe", name="Zoe Z", picture="https://a.test/z.png"
    )
    for _ in range(2):
        user = (await ask(world, sent)).json()["user"]
        assert (user["id"], user["username"], user["name"]) == ("u-7", "zoe", "Zoe Z")
        assert user["avatar"] == "https://a.test/z.png"
        assert user["role"] == "user"


async def test_names_that_are_null_are_none(world: World) -> None:
    nameless = dict.fromkeys(("name", "preferred_username", "nickname", "picture"))
    body = {"sub": "u-8", "iss": ISSUER, "aud": AUDIENCE, "exp": NOW // 1000 + 600, **nameless}
    user = (await ask(world, jwt.encode(body, SECRET))).json()["user"]
    assert (user["id"], user["avatar"]) == ("u-8", None)
    assert user["name"]


async def test_it_is_a_session_like_any_other(world: World) -> None:
    sent = token()
    client = world.client(headers={"authorization": f"Bearer {sent}"})
    post = (await client.post("/api/posts", json={"text": "mine"})).json()["post"]
    assert post["creator"]["id"] == "7"
    assert (await client.post("/api/auth/ticket")).status_code == 200
    problem(await client.post("/api/auth/refresh"), 403, "forbidden")
    assert (await client.post("/api/auth/logout")).status_code == 204
    problem(await client.get("/api/me"), 401, "unauthenticated")
    assert (await ask(world, token(exp=NOW // 1000 + 900))).status_code == 200


async def test_a_session_that_was_ended_stays_so_after_a_restart(
    world: World, external: External
) -> None:
    sent = token()
    await ask(world, sent, "/api/auth/logout", "POST")
    afresh = external(world.store)
    assert afresh is not None
    identity = await afresh.read(sent, NOW)
    signed_in = await world.store.read(lambda reads: reads.signed_in(identity.session_id, NOW))
    assert signed_in is None


async def test_it_ends_with_the_token(world: World) -> None:
    sent = token(exp=NOW // 1000 + 60)
    assert (await ask(world, sent)).status_code == 200
    world.clock.forward(seconds=60)
    problem(await ask(world, sent), 401, "unauthenticated")


async def test_own_tokens_go_on_beside_it(world: World) -> None:
    ann = await world.person()
    assert (await ann.client.get("/api/me")).status_code == 200


NONE = jwt.encode({"sub": "7", "iss": ISSUER, "aud": AUDIENCE, "exp": 2**31}, "", algorithm="none")


def confused() -> str:
    """Signed by HMAC with what everybody knows (CVE-2015-9235)."""
    head, body, _ = token(kid="RS256").split(".")
    known = json.dumps(public("RS256")).encode()
    signature = hmac.digest(known, f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


BAD: dict[str, Callable[[], str]] = {
    "another issuer": lambda: token(iss="https://evil.test"),
    "another audience": lambda: token(aud="other"),
    "no audience": lambda: token(aud=None),
    "no subject": lambda: token(sub=None),
    "no end": lambda: token(exp=None),
    "over": lambda: token(exp=NOW // 1000),
    "not yet": lambda: token(nbf=NOW // 1000 + 60),
    "another secret": lambda: token(key=bytes(64)),
    "no signature": lambda: NONE,
    "another key": lambda: token("ES256", ec.generate_private_key(ec.SECP256R1())),
    "an unknown key": lambda: token("ES256", kid="other"),
    "the key of another algorithm": lambda: token("RS256", kid="ES256"),
    "another algorithm of the family": lambda: token("RS512", RSA, kid="RS256"),
    "a longer hash": lambda: token("HS512"),
    "a public key for a secret": confused,
    "a subject that is no id": lambda: token(sub="a b"),
    "nonsense": lambda: "a.b.c",
    "much": lambda: token(much="x" * 9_000),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_is_wrong_with_a_token_lets_nobody_in(world: World, name: str) -> None:
    answer = await ask(world, BAD[name]())
    problem(answer, 401, "unauthenticated")
    assert await world.store.read(lambda reads: reads.user("7")) is None


async def test_a_key_that_is_new_is_fetched_and_unknown_ones_do_not_flood_the_issuer(
    world: World, issuer: Issuer
) -> None:
    assert (await ask(world, token("ES256"))).status_code == 200
    issuer.keys = [public("EdDSA", "new")]
    for number in range(5):
        problem(await ask(world, token("EdDSA", kid=f"x{number}")), 401, "unauthenticated")
    assert issuer.asked == 1
    world.clock.forward(seconds=60)
    assert (await ask(world, token("EdDSA", kid="new"))).status_code == 200
    assert issuer.asked == 2
    problem(await ask(world, token("ES256", sub="8")), 401, "unauthenticated")


async def test_a_key_that_was_withdrawn_is_refused_within_the_hour(
    world: World, issuer: Issuer
) -> None:
    assert (await ask(world, token("ES256"))).status_code == 200
    issuer.keys = [public("RS256")]
    world.clock.forward(seconds=3_600)
    late = token("ES256", sub="8", exp=NOW // 1000 + 9_000)
    problem(await ask(world, late), 401, "unauthenticated")


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_without_its_keys_nobody_is_let_in_and_it_is_no_fault_of_theirs(
    world: World, issuer: Issuer, status: int
) -> None:
    issuer.status = status
    problem(await ask(world, token("ES256")), 503, "unavailable")
    assert issuer.asked == 1
    assert (await ask(world, token("HS256"))).status_code == 200


async def test_keys_that_are_known_outlive_the_issuer(world: World, issuer: Issuer) -> None:
    assert (await ask(world, token("ES256"))).status_code == 200
    issuer.status = 500
    world.clock.forward(seconds=3_600)
    late = token("ES256", sub="8", exp=NOW // 1000 + 9_000)
    assert (await ask(world, late)).status_code == 200


def test_only_keys_for_signatures_that_are_long_enough_are_taken() -> None:
    short = RSAAlgorithm.to_jwk(SHORT_RSA.public_key(), as_dict=True)
    listed: list[Any] = [
        *(public("RS256"), public("ES256", use="enc"), public("RS256", "a", alg="RS512")),
        *({**short, "kid": "b"}, {"kty": "oct", "k": "c2VjcmV0", "kid": "c"}, {"kty": "RSA"}),
        *({}, None, "x", {"kty": "EC", "crv": "P-384", "kid": "d"}, public("EdDSA", alg=7)),
    ]
    assert list(read_keys(json.dumps({"keys": listed}).encode())) == ["RS256"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"keys": {}}', b"\xff", b"[" * 100_000])
def test_what_is_no_key_set_is_refused(body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        read_keys(body)


def test_a_key_set_may_be_so_large(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_MOST_BYTES", 100)
    with pytest.raises(ValueError, match="too large"):
        keys._get(issuer.url)


def test_a_shared_secret_has_to_be_there_and_long_enough(tmp_path: Path) -> None:
    path = tmp_path / "shared"
    with pytest.raises(SecretUnsafe, match="No such file"):
        load_shared_secret(path)
    path.write_bytes(bytes(31))
    with pytest.raises(SecretUnsafe, match="fewer than 32"):
        load_shared_secret(path)
    path.write_bytes(b"s" * 32 + b"\n")
    assert load_shared_secret(path) == b"s" * 32
