import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from feedline.api import health
from feedline.api.application import build_api
from feedline.errors import Unavailable
from feedline.store.base import ReplicaReport
from feedline.telemetry.metrics import Gauge
from tests.api.world import World, problem

VISIBLE = [{"postId": "1", "role": "author", "path": "optimistic", "ms": 23.1}]
CONNECTION = [{"transport": "ws", "event": "close", "reason": "4009"}]


def rebuilt(world: World, **services: Any) -> httpx.AsyncClient:
    """A client of the same installation with some of its services replaced."""
    world.api = build_api(replace(world.services, **services))
    return world.client()


class FailingStore:
    async def read(self, _query: object) -> None:
        raise Unavailable("The database failed.")


class StuckStore:
    async def read(self, _query: object) -> None:
        await asyncio.Event().wait()


async def test_a_live_process_says_so_without_its_database(world: World) -> None:
    answer = await rebuilt(world, store=FailingStore()).get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_ready_is_with_a_database_and_not_draining(world: World) -> None:
    answer = await world.client().get("/readyz")
    assert answer.status_code == 200
    checks = {"database": "ok", "bus": "ok", "draining": "no"}
    assert answer.json() == {"status": "ready", "checks": checks}


async def test_without_its_bus_a_server_is_ready_and_says_that_it_is_degraded(world: World) -> None:
    answer = await rebuilt(world, bus_state=lambda: "degraded").get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["checks"]["bus"] == "degraded"


async def test_a_replica_that_is_no_use_makes_a_server_degraded(world: World) -> None:
    report = ReplicaReport("feedline@there:5432", "ok")
    client = rebuilt(world, replicas=lambda: [report])
    assert (await client.get("/readyz")).json()["status"] == "ready"
    report.state = "behind"
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["replica feedline@there:5432"] == "behind"


@pytest.mark.parametrize(("store", "state"), [(FailingStore(), "failing"), (StuckStore(), "slow")])
async def test_without_its_database_a_server_is_not_ready(
    world: World, store: object, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.01)
    answer = await rebuilt(world, store=store).get("/readyz")
    body = problem(answer, 503, "unavailable")
    assert body["checks"] == {"database": state, "bus": "ok", "draining": "no"}
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_draining_server_is_not_ready(world: World) -> None:
    answer = await rebuilt(world, draining=lambda: True).get("/readyz")
    assert problem(answer, 503, "unavailable")["checks"] == {
        "database": "ok",
        "bus": "ok",
        "draining": "yes",
    }


async def test_metrics_are_in_the_form_that_prometheus_reads(world: World) -> None:
    world.services.metrics.observe_gauges(lambda: [Gauge("feedline_connections", 2)])
    ann = await world.person()
    await ann.publish()
    await world.browser("ben")
    answer = await world.client().get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    for line in (
        'feedline_http_requests_total{operation="publish_post",status="2xx"} 1.0',
        "feedline_posts_published_total 1.0",
        "feedline_people_registered_total 1.0",
        "feedline_connections 2.0",
    ):
        assert line in answer.text


class Others:
    """Workers of whom the second has died, and the third can't read."""

    async def ask(self, question: bytes, seconds: float) -> dict[int, bytes | None]:
        answers = {health.METRICS: b"# HELP x X.\n# TYPE x gauge\nx 1.0\n", health.READY: b"ok"}
        return {0: answers[question], 1: None, 2: b"not ready"}


async def test_with_workers_that_are_not_well_a_server_is_ready_and_degraded(world: World) -> None:
    answer = await rebuilt(world, workers=Others()).get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    workers = {"worker 0": "ok", "worker 1": "no answer", "worker 2": "not ready"}
    assert answer.json()["checks"].items() >= workers.items()


async def test_metrics_are_those_of_all_workers(world: World) -> None:
    text = (await rebuilt(world, workers=Others()).get("/metrics")).text
    assert 'x{worker="0"} 1.0' in text
    assert 'feedline_worker_up{worker="1"} 0.0' in text


async def test_a_worker_says_how_it_is_itself(world: World) -> None:
    answers = health.Health(replace(world.services, workers=Others())).answers()
    assert await answers[health.READY]() == b"ok"
    assert b"feedline_posts_published_total 0.0" in await answers[health.METRICS]()
    unwell = health.Health(replace(world.services, draining=lambda: True)).answers()
    assert await unwell[health.READY]() == b"not ready"


class TestBrowsers:
    async def test_what_browsers_saw_is_counted(self, world: World) -> None:
        ann = await world.person()
        answer = await ann.client.post(
            "/api/telemetry", json={"visible": VISIBLE, "connection": CONNECTION}
        )
        assert answer.status_code == 204
        metrics = (await ann.client.get("/metrics")).text
        labels = '{path="optimistic",role="author"}'
        assert f"feedline_post_visible_seconds_count{labels} 1.0" in metrics
        assert 'feedline_browser_connections_total{event="close",transport="ws"} 1.0' in metrics

    async def test_an_empty_report_is_fine(self, world: World) -> None:
        ann = await world.person()
        assert (await ann.client.post("/api/telemetry", json={})).status_code == 204

    @pytest.mark.parametrize(
        "report",
        [
            {"visible": [{"postId": "1", "role": "author", "path": "magic", "ms": 1}]},
            {"visible": [{"postId": "1", "role": "owner", "path": "realtime", "ms": 1}]},
            {"visible": [{"postId": "1", "role": "author", "path": "realtime", "ms": -1}]},
            {"visible": [{"postId": "1", "role": "author", "path": "realtime", "ms": 1e300}]},
            {"visible": [{"postId": "1", "role": "author", "path": "realtime"}]},
            {"visible": [{"postId": "x" * 65, "role": "author", "path": "realtime", "ms": 1}]},
            {"visible": VISIBLE * 101},
            {"visible": VISIBLE * 60, "connection": CONNECTION * 41},
            {"connection": [{"transport": "carrier pigeon", "event": "open"}]},
            {"connection": [{"transport": "ws", "event": "open", "reason": "x" * 201}]},
            {"connection": [{"transport": "ws", "event": "open", "user": "ann"}]},
            {"who": "ann"},
        ],
    )
    async def test_nonsense_is_refused_and_not_counted(
        self, world: World, report: dict[str, Any]
    ) -> None:
        ann = await world.person()
        answer = await ann.client.post("/api/telemetry", json=report)
        problem(answer, 422, "validation_failed")
        metrics = (await ann.client.get("/metrics")).text
        assert "feedline_post_visible_seconds_count{" not in metrics
        assert "feedline_browser_connections_total{" not in metrics
