"""A dashboard on a real store: what is told live, what is kept, and who may see it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from feedline.dashboard.dashboard import KEEP_TICKS, Dashboard
from feedline.errors import Forbidden
from feedline.feed.reports import ReportLimits, send_report
from feedline.feed.visibility import Viewer
from feedline.store.base import Snapshot, Store
from feedline.store.sqlite import SqliteStore
from feedline.telemetry.troubles import Trouble
from tests.dashboard.figuring import Clock, Looker, Node
from tests.store.opening import register


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = SqliteStore(tmp_path / "feed.db")
    await store.start(lambda _: None)
    yield store
    await store.stop()


@pytest.fixture
def node(store: Store) -> Node:
    return Node(store, Clock())


async def person(store: Store, name: str, role: str) -> str:
    def sign_up(tx: Any) -> str:
        row = register(tx, name)
        tx.set_role(row.id, role)
        return str(row.id)

    return await store.write(sign_up)


def told(looker: Looker) -> list[dict[str, Any]]:
    return [msgspec.json.decode(body) for body in looker.told]


def let_in(snapshot: Snapshot) -> str:
    return snapshot.cursor()


async def asked(dashboard: Dashboard, span: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(await dashboard.answer(span, let_in))
    return found


async def test_an_admin_is_told_what_came_since_the_last_time(store: Store, node: Node) -> None:
    ann = Looker(Viewer(await person(store, "ann", "admin")))
    node.watchers.append(ann)
    node.counts.posts = 6
    node.counts.connections = {"ws": 3, "poll": 1}
    node.counts.to_socket.observe(0.02, 8)
    await node.tick()
    await node.tick()
    first, second = told(ann)
    assert (first["type"], first["channel"]) == ("figures", "admin")
    assert (first["point"]["postsPerSecond"], first["point"]["deliveriesPerSecond"]) == (3, 4)
    assert first["point"]["connections"] == {"ws": 3, "sse": 0, "poll": 1}
    assert first["point"]["commitToSocket"]["count"] == 8
    assert 15 <= first["point"]["commitToSocket"]["p50"] <= 20
    assert second["point"]["postsPerSecond"] == 0
    assert second["point"].get("commitToSocket") is None
    [shown] = second["nodes"]
    assert (shown["name"], shown["state"], shown["database"]) == ("one", "up", "ok")


async def test_an_admin_hears_of_reports(store: Store, node: Node) -> None:
    ann = Looker(Viewer(await person(store, "ann", "admin")))
    node.watchers.append(ann)
    ben = await person(store, "ben", "user")
    await node.tick()

    def report(tx: Any) -> str:
        reporter, limits = tx.user(ben), ReportLimits(text=100, in_an_hour=10)
        row = send_report(tx, reporter, "user", ann.viewer.id or "", "spam", "", limits)
        return row.id

    report_id = await store.write(report)
    await node.tick()
    first, second = told(ann)
    assert (first["openReports"], first.get("newestReport")) == (0, None)
    assert (second["openReports"], second["newestReport"]) == (1, report_id)


async def test_whoever_is_no_admin_any_more_is_told_nothing(store: Store, node: Node) -> None:
    ann = Looker(Viewer(await person(store, "ann", "admin")))
    node.watchers.append(ann)
    await node.tick()
    assert len(ann.told) == 1
    await store.write(lambda tx: tx.set_role(ann.viewer.id or "", "user"))
    await node.tick()
    assert (len(ann.told), ann.rechecked) == (1, 1)


async def test_shares_are_of_all_posts_that_came_onto_screens(store: Store, node: Node) -> None:
    ann = Looker(Viewer(await person(store, "ann", "admin")))
    node.watchers.append(ann)
    node.counts.seen = {"realtime": 18, "fallback": 1, "refresh": 1}
    await node.tick()
    [message] = told(ann)
    assert message["point"]["realtimeShare"] == 0.9
    assert message["point"]["fallbackShare"] == 0.05


async def test_an_hour_and_a_day_survive_a_restart(store: Store, node: Node) -> None:
    clock = node.clock
    for _ in range(2 * 30):
        node.counts.posts += 4
        await node.tick()
    await node.dashboard.stop()
    later = Node(store, clock, "two")
    await later.dashboard.remember()
    for _ in range(30 + KEEP_TICKS):
        later.counts.posts += 2
        await later.tick()
    await later.dashboard.stop()
    hour = await asked(later.dashboard, "hour")
    assert [point["postsPerSecond"] for point in hour["points"]][:2] == [2, 2]
    assert hour["points"][2]["postsPerSecond"] == 1
    assert {one["name"]: one["state"] for one in hour["nodes"]} == {"one": "stopped", "two": "up"}
    day = await asked(later.dashboard, "day")
    assert day["step"] == 300
    assert sum(
        point["postsPerSecond"] * point["seconds"] for point in day["points"]
    ) == pytest.approx(310, abs=1)


async def test_what_was_logged_is_shown_and_kept(store: Store, node: Node) -> None:
    node.counts.troubles.append(
        Trouble(1_769_076_000.5, "WARNING", "feedline.bus", "it is down", 3)
    )
    await node.tick()
    [live] = (await asked(node.dashboard, "live"))["mishaps"]
    assert live["message"] == "it is down"
    assert live["at"] == "2026-01-22T10:00:00.500Z"
    await node.dashboard.stop()
    [kept] = (await asked(node.dashboard, "hour"))["mishaps"]
    assert kept == live


async def test_nodes_are_summed_and_missed(store: Store, node: Node) -> None:
    other = Node(store, node.clock, "two")
    ann = Looker(Viewer(await person(store, "ann", "admin")))
    node.watchers.append(ann)
    other.counts.posts, node.counts.posts = 2, 4
    other.counts.connections = node.counts.connections = {"ws": 5}
    node.clock.now += 2000
    await other.dashboard.tick()
    node.dashboard.hear(other.said[-1])
    node.dashboard.hear(b"\x92\xa1a\xa1b")  # another kind of note
    await node.dashboard.tick()
    assert told(ann)[-1]["point"]["postsPerSecond"] == 3
    assert told(ann)[-1]["point"]["connections"]["ws"] == 10
    await node.tick(20)
    assert {one["name"]: one["state"] for one in told(ann)[-1]["nodes"]} == {
        "one": "up",
        "two": "silent",
    }
    assert told(ann)[-1]["point"]["connections"]["ws"] == 5


async def test_without_a_bus_others_are_heard_of_through_the_database(
    store: Store, node: Node
) -> None:
    other = Node(store, node.clock, "two")
    node.counts.bus = other.counts.bus = "degraded"
    for _ in range(2 * KEEP_TICKS):
        other.counts.posts += 2
        await other.tick_and_keep(1)
        await node.tick_and_keep(1)
    await node.dashboard.stop()
    await node.tick()
    live = await asked(node.dashboard, "live")
    assert [one["name"] for one in live["nodes"]] == ["one", "two"]
    assert live["points"][-1]["bus"] == "degraded"


async def test_who_is_not_let_in_gets_nothing(store: Store, node: Node) -> None:
    def refuse(_: Snapshot) -> str:
        raise Forbidden("This is for admins.")

    for span in ("live", "hour", "day"):
        with pytest.raises(Forbidden):
            await node.dashboard.answer(span, refuse)


async def test_a_database_that_is_down_is_shown_to_who_was_an_admin(
    store: Store, node: Node
) -> None:
    ann = Looker(Viewer(await person(store, "ann", "admin")))
    node.watchers.append(ann)
    await node.tick()
    await store.stop()
    await node.tick()
    assert told(ann)[-1]["point"]["database"] == "down"
