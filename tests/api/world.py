"""An installation without a socket, and the people who use it."""

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

import httpx
import msgspec
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from feedline.api.application import Application
from feedline.api.service_tokens import new_service_token, service_digest
from feedline.api.services import Services
from feedline.api.users import me_of
from feedline.feed import actions
from feedline.feed.people import Identity, Registration, UserRow
from feedline.feed.ports import ServiceToken
from feedline.store.base import Transaction
from feedline.store.sqlite import SqliteStore
from feedline.telemetry.metrics import Metrics, OperationMetrics

PASSWORD = "correct horse"
NOW = 1_769_076_000_000  # 2026-01-22T10:00:00Z
ADDRESS = "192.0.2.1"  # RFC 5737: for examples


@cache
def _stored_password() -> str:
    """What is stored of the password that everybody has."""
    return PasswordHasher.from_parameters(CHEAPEST).hash(PASSWORD)


class LateMetrics(Metrics):
    """What is counted of an operation is made for its first answer: a test asks for few of them."""

    def operation(self, name: str) -> OperationMetrics:
        return _LateOperation(self, name)

    def made(self, name: str) -> OperationMetrics:
        return super().operation(name)


class _LateOperation(OperationMetrics):
    def __init__(self, metrics: LateMetrics, name: str) -> None:
        self._metrics = metrics
        self._name = name

    @cached_property
    def _made(self) -> OperationMetrics:
        return self._metrics.made(self._name)

    def answered(self, status: int, seconds: float) -> None:
        self._made.answered(status, seconds)


@dataclass
class Clock:
    """Stands until it is moved."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now

    def forward(self, *, seconds: int) -> None:
        self.now += seconds * 1000


@dataclass
class World:
    """The parts of an installation; every client has an address of its own choosing."""

    services: Services
    api: Application
    store: SqliteStore
    clock: Clock
    connected: set[str]
    """Ids of those who are said to have a connection open."""
    owed: list[None]
    """One for each time that likes were said to wait."""
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def client(self, *, address: str = ADDRESS, **options: Any) -> httpx.AsyncClient:
        """A client that sends no credentials but the cookies it gets."""
        transport = httpx.ASGITransport(self.api, client=(address, 50_000))
        options.setdefault("base_url", "http://feed.test")
        client = httpx.AsyncClient(transport=transport, **options)
        self.clients.append(client)
        return client

    async def person(self, username: str = "ann") -> "Person":
        """Somebody who has signed up, with a client that sends their token and no cookie."""
        registration = Registration(username=username, password=PASSWORD)
        hours = self.services.settings.token_hours

        def command(tx: Transaction) -> tuple[UserRow, Identity]:
            row = actions.register(tx, registration, _stored_password())
            session = actions.sign_in(tx, row, tx.now + hours * 3_600_000)
            return row, Identity(row.id, session.id, session.expires_at)

        row, identity = await self.store.write(command)
        user = msgspec.json.decode(msgspec.json.encode(me_of(row, self.services.policy())))
        token = self.services.tokens.issue(identity, self.clock.now)
        return Person(self.client(headers={"authorization": f"Bearer {token}"}), user, token)

    async def browser(self, username: str = "ann") -> httpx.AsyncClient:
        """A client that somebody signed up with, and that sends their cookie."""
        client = self.client()
        answer = await register(client, username)
        assert answer.status_code == 201, answer.text
        return client

    async def admin(self, username: str = "root") -> "Person":
        """An admin; only whoever holds the data directory can make one."""

        def command(tx: Transaction) -> Identity:
            row = UserRow(
                id=tx.new_id(),
                username=username,
                name="",
                password_hash="",
                role="admin",
                created_at=tx.now,
            )
            tx.add_user(row)
            session = actions.sign_in(tx, row, tx.now + 3_600_000)
            return Identity(row.id, session.id, session.expires_at)

        identity = await self.store.write(command)
        token = self.services.tokens.issue(identity, self.clock.now)
        client = self.client(headers={"authorization": f"Bearer {token}"})
        return Person(client, {"id": identity.user_id}, token)

    async def program(self) -> httpx.AsyncClient:
        """A client of another program, with a service token."""
        token = new_service_token()

        def command(tx: Transaction) -> None:
            tx.add_service_token(ServiceToken("shop", "", tx.now), service_digest(token))

        await self.store.write(command)
        return self.client(headers={"authorization": f"Bearer {token}"})

    async def head(self) -> int:
        """The position of the log; it moves whenever something happened."""
        return (await self.store.read(lambda reads: reads.log_bounds())).head

    def identity(self, person: "Person") -> Identity:
        return self.services.tokens.read(person.token, self.clock.now)


@dataclass
class Person:
    """Somebody with a client of their own."""

    client: httpx.AsyncClient
    user: dict[str, Any]
    token: str

    @property
    def id(self) -> str:
        return str(self.user["id"])

    async def publish(self, **draft: Any) -> dict[str, Any]:
        answer = await self.client.post("/api/posts", json=draft or {"text": "Hello"})
        assert answer.status_code == 201, answer.text
        post: dict[str, Any] = answer.json()["post"]
        return post


async def register(client: httpx.AsyncClient, username: str, **more: str) -> httpx.Response:
    body = {"username": username, "password": PASSWORD, **more}
    return await client.post("/api/auth/register", json=body)


async def login(
    client: httpx.AsyncClient, username: str, password: str = PASSWORD
) -> httpx.Response:
    body = {"username": username, "password": password}
    return await client.post("/api/auth/login", json=body)


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Checks that an answer is a problem in full (RFC 9457), and returns it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"]
    assert body["title"]
    assert body["detail"]
    return body


def paths(body: dict[str, Any]) -> list[str]:
    """The fields that a problem is about."""
    return [error["path"] for error in body["errors"]]
