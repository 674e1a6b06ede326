"""An experiment on a real server: cohorts by their ids, sums by telemetry, a report at the end."""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from feedline import administration
from feedline.api.tokens import Tokens, load_secret
from feedline.feed import actions
from feedline.feed.experiments import Experiment, seat_of
from feedline.feed.people import Identity, Registration, UserRow
from feedline.storage import Storage
from feedline.store.base import Transaction
from feedline.trial.report import report_of
from tests.gateway.live import Live, eventually, live
from tests.processes import Person, ServerProcess, serving

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

NAME = "without-live"
EACH = 12  # people of each half
SLOWER = 4_000.0  # milliseconds by which the treated see posts later


def command(server: ServerProcess, *words: str) -> str:
    """What ``feedline experiment`` printed beside the server."""
    done = subprocess.run(
        [sys.executable, "-m", "feedline", "experiment", *words, "--data", str(server.data)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "120"},
    )
    return done.stdout


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerProcess]:
    data: Path = tmp_path_factory.mktemp("installation") / "data"
    async with serving(data) as process:
        yield process


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def halves(server: ServerProcess) -> dict[str, list[Person]]:
    """People of both halves; who is in which is known before it begins.

    Nobody shares a group with another, or there may be too few of them to say anything.
    """
    halves: dict[str, list[Person]] = {"control": [], "treatment": []}
    taken: set[tuple[str, int]] = set()
    for person in await asyncio.to_thread(signed_up, server, 6 * EACH):
        seat = seat_of(NAME, person.id)
        half, place = halves[seat.variant], (seat.variant, seat.group)
        if len(half) < EACH and place not in taken:
            half.append(person)
            taken.add(place)
    assert [len(half) for half in halves.values()] == [EACH, EACH]
    return halves


def signed_up(server: ServerProcess, count: int) -> list[Person]:
    """People who signed up, but for the hashes of their passwords, which take long."""
    tokens = Tokens(load_secret(server.data))

    def command(tx: Transaction) -> list[tuple[UserRow, str]]:
        users = []
        for number in range(count):
            newcomer = Registration(username=f"person{number}", password="correct horse")
            user = actions.register(tx, newcomer, "-")
            session = actions.sign_in(tx, user, tx.now + 3_600_000)
            identity = Identity(user.id, session.id, session.expires_at)
            users.append((user, tokens.issue(identity, tx.now)))
        return users

    users = administration.written(Storage(server.data), command)
    return [Person(server, token, {"id": user.id}) for user, token in users]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(server: ServerProcess, halves: dict[str, list[Person]]) -> Person:
    boss = await Person.register(server, "boss")
    await asyncio.to_thread(administration.add_admin, Storage(server.data), "boss")
    return boss


def seen(rng: random.Random, half: str) -> dict[str, Any]:
    """What a browser of this half would tell after a while."""
    path, slower = ("realtime", 0.0) if half == "control" else ("fallback", SLOWER)
    visible = [
        {"postId": "p", "role": "reader", "path": path, "ms": rng.gauss(900, 90) + slower}
        for _ in range(5)
    ]
    own = [
        {"postId": "q", "role": "author", "path": path, "ms": 9}
        for path in ("optimistic", "realtime")
    ]
    return {"visible": visible + own, "connection": []}


async def test_an_experiment_from_its_start_to_its_report(
    server: ServerProcess, halves: dict[str, list[Person]], admin: Person
) -> None:
    control, treated = halves["control"][0], halves["treatment"][0]
    async with live(control, "public") as stays, live(treated, "public") as leaves:
        body = {"name": NAME, "settings": {"realtime": "off"}}
        answer = await admin.http.post("/api/admin/experiments", json=body)
        assert (answer.status_code, answer.json()["experiment"]["name"]) == (201, NAME)
        assert await leaves.closed() == 4011
        await admin.publish("to those who are live")
        assert await stays.hear_posts(1) == ["to those who are live"]
    await _parts_are_told(server, control, treated, admin)
    rng = random.Random(7)
    for half, people in halves.items():
        for person in people:
            told = await person.http.post("/api/telemetry", json=seen(rng, half))
            assert told.status_code == 204

    async def all_is_stored() -> bool:
        report = (await admin.http.get(f"/api/admin/experiments/{NAME}")).json()["report"]
        return all(arm["deliveries"] == 5 * EACH for arm in report["arms"])

    await eventually(all_is_stored, 30)
    found = (await admin.http.get(f"/api/admin/experiments/{NAME}")).json()
    _judge(found["report"])
    assert "difference" in await asyncio.to_thread(command, server, "report", NAME)
    printed = await asyncio.to_thread(command, server, "report", "--json")
    assert json.loads(printed) == found["report"]
    assert (await admin.http.post(f"/api/admin/experiments/{NAME}/stop")).status_code == 200
    assert "realtime=off" in await asyncio.to_thread(command, server, "status")
    async with treated.socket() as socket:
        await Live(socket).go_live("public")
    assert "experiment" not in (await treated.http.get("/api/me")).json()["user"]


async def _parts_are_told(
    server: ServerProcess, control: Person, treated: Person, admin: Person
) -> None:
    for person, variant, settings in (
        (control, "control", {}),
        (treated, "treatment", {"realtime": "off"}),
    ):
        part = {"name": NAME, "variant": variant, "settings": settings}
        assert (await person.http.get("/api/me")).json()["user"]["experiment"] == part
    assert (await control.http.get("/api/realtime")).json() == {"realtime": "on"}
    assert (await treated.http.get("/api/realtime")).json() == {"realtime": "off"}
    credentials = {"username": "boss", "password": "correct horse"}
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        signed_in = await client.post("/api/auth/login", json=credentials)
    part = (await admin.http.get("/api/me")).json()["user"]["experiment"]
    assert signed_in.json()["user"]["experiment"] == part


def _judge(report: dict[str, Any]) -> None:
    control, treatment = report["arms"]
    for arm in (control, treatment):
        assert (arm["people"], arm["published"]) == (EACH, EACH)
        assert arm["publishRate"] == pytest.approx(1, rel=0.01)
    assert (control["fallbackRate"], treatment["fallbackRate"]) == (0, pytest.approx(5 / 6))
    measures = {one["measure"]: one for one in report["differences"]}
    time = measures["timeToVisible"]
    assert time["low"] < SLOWER < time["high"]
    assert time["high"] - time["low"] < 200
    assert measures["fallbackRate"]["difference"] == pytest.approx(5 / 6)
    assert (report["sample"]["reached"], report["sample"]["isMismatched"]) == (EACH, False)


async def test_the_treated_go_on_by_the_next_transport(
    admin: Person, halves: dict[str, list[Person]]
) -> None:
    """Whoever is treated here follows from another name."""
    plain = Experiment(name="plain", settings={"transport": "poll"})
    people = [person for half in halves.values() for person in half]
    treated = next(one for one in people if plain.variant_of(one.id) == "treatment")
    control = next(one for one in people if plain.variant_of(one.id) == "control")
    async with live(control, "public") as stays, live(treated, "public") as leaves:
        body = {"name": plain.name, "settings": plain.settings}
        assert (await admin.http.post("/api/admin/experiments", json=body)).status_code == 201
        assert await leaves.closed() == 4020
        async with treated.socket() as again:
            assert await Live(again).closed() == 4020
        stream = await treated.http.get("/api/stream", params={"channels": "public"})
        assert (stream.status_code, stream.json()["code"]) == (421, "other_transport")
        polled = await treated.http.get("/api/events", params={"channels": "public"})
        assert polled.status_code == 200
        assert (await treated.http.get("/api/realtime")).json() == {"realtime": "on"}
        await admin.publish("still live")
        assert await stays.hear_posts(1) == ["still live"]
    stop = await admin.http.post(f"/api/admin/experiments/{plain.name}/stop")
    assert stop.status_code == 200
    async with treated.socket() as socket:
        await Live(socket).go_live("public")


async def test_it_is_refused_what_makes_no_sense(admin: Person, halves: dict[str, Any]) -> None:
    nobody: Person = halves["control"][1]
    path, body = "/api/admin/experiments", {"name": "calm", "settings": {"maxPendingPosts": 20}}
    for answer in (
        await nobody.http.get(path),
        await nobody.http.post(path, json=body),
        await nobody.http.get(f"{path}/{NAME}"),
        await nobody.http.post(f"{path}/{NAME}/stop"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    wrong = await admin.http.post(path, json={**body, "share": 2})
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "share")
    assert (await admin.http.post(path, json=body)).status_code == 201
    assert (await admin.http.post(path, json={**body, "name": "other"})).status_code == 409
    assert (await admin.http.post(f"{path}/other/stop")).status_code == 404
    assert (await admin.http.post(f"{path}/calm/stop")).status_code == 200
    assert (await admin.http.post(path, json=body)).status_code == 409
    assert (await admin.http.get(f"{path}/unknown")).status_code == 404
    names = [one["name"] for one in (await admin.http.get(path)).json()["experiments"]]
    assert names[0] == "calm"
    record = (await admin.http.get("/api/admin/audit", params={"limit": 2})).json()["entries"]
    assert [entry["action"] for entry in record] == ["experiment.stop", "experiment.start"]
    assert record[1]["details"] == {"settings": "maxPendingPosts=20"}


async def test_without_the_statistics_library_the_report_says_what_to_install(
    server: ServerProcess, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "feedline.trial.statistics", None)
    body = {"name": "bare", "settings": {"maxPendingPosts": 20}}
    assert (await admin.http.post("/api/admin/experiments", json=body)).status_code == 201
    assert (await admin.http.post("/api/admin/experiments/bare/stop")).status_code == 200
    storage = Storage(server.data)
    report = report_of(await asyncio.to_thread(administration.evidence, storage, "bare"))
    assert (report.differences, report.sample) == ([], None)
    assert "extra 'experiment'" in (report.advice or "")
    assert len(report.arms) == 2
