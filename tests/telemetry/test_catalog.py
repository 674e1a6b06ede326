"""One list of metrics: what is exposed, documented, drawn and warned of is on it, and all of it.

``python -m tests.telemetry.test_catalog`` writes the table of the documentation anew.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import promql_parser
import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from feedline import observed
from feedline.bus.local import LocalBus
from feedline.feed.policy import LivePolicy
from feedline.hub.hub import Hub
from feedline.store.base import ReplicaReport, Store
from feedline.telemetry.catalog import METRICS, Listed, stored_names
from feedline.telemetry.merging import merged
from feedline.telemetry.metrics import Metrics
from tests.telemetry import grafana

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/metrics.md"
RULES = ROOT / "deploy/monitoring/feedline.rules.yaml"
BEGIN, END = "| metric | type |", "\n## "
OF_THE_PROCESS = re.compile(r"process_\w+")
OF_PROMETHEUS = {"up"}


class Quiet:
    """A hub and a store in which nothing happens."""

    connections = position = waiting_writes = slow_readers = 0
    connections_by_transport: Mapping[str, int] = MappingProxyType({"ws": 0})
    policy = LivePolicy()
    replicas = (ReplicaReport("feedline@there:5432"),)


def full() -> Metrics:
    """Metrics in which everything has happened once."""
    metrics = Metrics()
    quiet = Quiet()
    metrics.observe_gauges(
        lambda: observed.gauges(cast("Store", quiet), cast("Hub", quiet), LocalBus())
    )
    metrics.operation("any").answered(200, 0)
    metrics.post_visible("author", "realtime", 0)
    metrics.browser_connection("ws", "open")
    metrics.author_notified("direct")
    return metrics


def exposed() -> list[Metric]:
    """What one of several workers answers."""
    text = merged({0: generate_latest(full().registry)}).decode()
    families = text_string_to_metric_families(text)
    return [family for family in families if family.name.startswith("feedline_")]


def stored(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def test_what_is_exposed_is_the_list() -> None:
    found = {stored(family): (family.type, family.documentation) for family in exposed()}
    assert found == {metric.name: (metric.kind, metric.meaning) for metric in METRICS}


def test_labels_are_those_of_the_list() -> None:
    known = {metric.name: set(metric.labels) for metric in METRICS}
    for family in exposed():
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == known[stored(family)] | {"worker"}, sample


# ---- the page


def table() -> str:
    lines = [f"{BEGIN} labels | unit | meaning | when it is bad |", "|---|---|---|---|---|---|"]
    return "\n".join([*lines, *map(_row, METRICS)]) + "\n"


def _row(metric: Listed) -> str:
    labels = "; ".join(f"`{name}`: {values}" for name, values in metric.labels.items())
    cells = (f"`{metric.name}`", metric.kind, labels, metric.unit, metric.meaning, metric.when_bad)
    return "| " + " | ".join(cells) + " |"


def _parts(text: str) -> tuple[str, str]:
    """What stands before and after the table."""
    before, _, rest = text.partition(BEGIN)
    return before, END + rest.partition(END)[2]


def test_the_page_is_the_list() -> None:
    before, after = _parts(PAGE.read_text())
    assert PAGE.read_text() == before + table() + after


# ---- the dashboard and the alerts


def expressions() -> Iterator[tuple[str, str]]:
    """Where each stands, and what it says."""
    for panel in grafana.PANELS:
        for _, expression in panel.lines:
            yield panel.title, expression.replace("$__rate_interval", "1m")
    for rule in rules():
        yield rule.get("alert") or rule["record"], rule["expr"]


@cache
def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def selected(expression: object) -> Iterator[str]:
    """The names of all series that an expression reads."""
    if isinstance(expression, promql_parser.VectorSelector):
        yield str(expression.name)
    for part in ("expr", "lhs", "rhs", "param", "vector_selector", "args"):
        inner = getattr(expression, part, None)
        for one in inner if isinstance(inner, list) else [inner]:
            if one is not None and not isinstance(one, str):
                yield from selected(one)


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_an_expression_is_right_and_reads_what_there_is(where: str, expression: str) -> None:
    names = set(selected(promql_parser.parse(expression)))
    known = (
        stored_names() | OF_PROMETHEUS | {rule["record"] for rule in rules() if "record" in rule}
    )
    assert names, where
    assert {name for name in names if not OF_THE_PROCESS.fullmatch(name)} <= known


def test_the_dashboard_is_what_its_list_makes_and_shows_every_metric() -> None:
    assert grafana.DASHBOARD.read_text() == grafana.text()
    read = {n for _, text in expressions() for n in selected(promql_parser.parse(text.strip()))}
    shown = {re.sub(r"_(bucket|count|sum)$", "", name) for name in read}
    assert {metric.name for metric in METRICS} <= shown


def test_every_alert_says_what_to_do() -> None:
    alerts = [rule for rule in rules() if "alert" in rule]
    assert len({rule["alert"] for rule in alerts}) == len(alerts)
    for rule in alerts:
        assert rule["labels"]["severity"] in {"page", "warn"}
        assert set(rule["annotations"]) == {"summary", "action"}
        assert re.fullmatch(r"\d+[mh]", rule.get("for", "1m"))


def test_a_wrong_name_would_be_seen() -> None:
    wrong = promql_parser.parse("sum(rate(feedline_nothing_total[5m])) / feedline_bus_up > 1")
    assert set(selected(wrong)) == {"feedline_nothing_total", "feedline_bus_up"}


if __name__ == "__main__":
    before, after = _parts(PAGE.read_text())
    PAGE.write_text(before + table() + after)
