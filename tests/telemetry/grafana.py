"""The dashboard for Grafana. ``python -m tests.telemetry.grafana`` writes it anew."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

DASHBOARD = Path(__file__).parents[2] / "deploy/monitoring/grafana.json"
SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, HEIGHT, COLUMNS = 8, 8, 3
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


class Panel(NamedTuple):
    """One chart: its lines, each with what it is called, and where it gets bad."""

    title: str
    unit: str
    lines: Sequence[tuple[str, str]]
    bad: float | None = None
    bad_below: bool = False


def _rate(metric: str, by: str) -> str:
    return f"sum by ({by}) (rate({metric}[$__rate_interval]))"


def _quantiles(metric: str, where: str = "") -> list[tuple[str, str]]:
    rate = f"sum by (le) (rate({metric}_bucket{where}[$__rate_interval]))"
    return [(name, f"histogram_quantile({share}, {rate})") for name, share in QUANTILES.items()]


def _share(path: str) -> str:
    seen = "feedline_post_visible_seconds_count"
    part = f'sum(rate({seen}{{path="{path}"}}[15m]))'
    return f'{part} / sum(rate({seen}{{path!="optimistic"}}[15m]))'


PANELS = (
    Panel(
        "Came live", "percentunit", [("came live", _share("realtime"))], bad=0.95, bad_below=True
    ),
    Panel("Came by a fallback", "percentunit", [("fallback", _share("fallback"))], bad=0.05),
    Panel(
        "From publishing to the screen",
        "s",
        _quantiles("feedline_post_visible_seconds", '{path="realtime"}'),
    ),
    Panel("From the commit to the socket", "s", _quantiles("feedline_delivery_seconds")),
    Panel("From the commit to the client's receipt", "s", _quantiles("feedline_applied_seconds")),
    Panel(
        "Stages, p95",
        "s",
        [
            (
                "{{stage}}",
                f"histogram_quantile(0.95, {_rate('feedline_stage_seconds_bucket', 'le, stage')})",
            )
        ],
    ),
    Panel(
        "Connections",
        "short",
        [
            ("{{transport}}", "sum by (transport) (feedline_transport_connections)"),
            ("all", "sum(feedline_connections)"),
            ("slow readers", "sum(feedline_slow_readers)"),
        ],
    ),
    Panel(
        "What happened to connections",
        "ops",
        [
            (
                "{{transport}} {{event}}",
                _rate("feedline_browser_connections_total", "transport, event"),
            )
        ],
    ),
    Panel(
        "Posts and events",
        "ops",
        [
            ("published", "sum(rate(feedline_posts_published_total[$__rate_interval]))"),
            (
                "dispatched by {{instance}}",
                _rate("feedline_events_dispatched_total", "instance"),
            ),
            ("slow at {{instance}}", _rate("feedline_slow_events_total", "instance")),
            ("told {{delivery}}", _rate("feedline_author_notices_total", "delivery")),
        ],
    ),
    Panel(
        "Deliveries",
        "ops",
        [("{{transport}}", _rate("feedline_delivery_seconds_count", "transport"))],
    ),
    Panel("Requests", "reqps", [("{{status}}", _rate("feedline_http_requests_total", "status"))]),
    Panel("Time of a request", "s", _quantiles("feedline_http_request_seconds")),
    Panel("Writes that wait", "short", [("{{instance}}", "feedline_writes_waiting")], bad=500),
    Panel(
        "Place in the log, behind the first",
        "short",
        [("{{instance}}", "scalar(max(feedline_log_position)) - feedline_log_position")],
    ),
    Panel(
        "Bus",
        "ops",
        [
            (f"{what} {{{{instance}}}}", _rate(f"feedline_bus_{what}_total", "instance"))
            for what in ("sent", "received", "dropped", "refused", "reconnects")
        ],
    ),
    Panel(
        "Reads of replicas",
        "ops",
        [
            (
                "{{outcome}} {{replica}}",
                _rate("feedline_replica_reads_total", "replica, outcome"),
            )
        ],
    ),
    Panel(
        "Place in the log of replicas, behind the first node",
        "short",
        [
            (
                "{{replica}} as {{instance}} sees it",
                "scalar(max(feedline_log_position)) - feedline_replica_position",
            )
        ],
    ),
    Panel(
        "Up",
        "short",
        [
            ("bus of {{instance}}", "feedline_bus_up"),
            ("replica {{replica}} of {{instance}}", "feedline_replica_up"),
            ("worker {{worker}} of {{instance}}", "feedline_worker_up"),
            ("live delivery of {{instance}}", "feedline_realtime_on"),
        ],
    ),
    Panel(
        "People",
        "ops",
        [
            ("signed up", "sum(rate(feedline_people_registered_total[$__rate_interval]))"),
            ("logins failed", "sum(rate(feedline_logins_failed_total[$__rate_interval]))"),
            ("logins refused", "sum(rate(feedline_logins_throttled_total[$__rate_interval]))"),
        ],
    ),
    Panel(
        "Processor",
        "percentunit",
        [
            (
                "{{instance}} {{worker}}",
                'rate(process_cpu_seconds_total{job="feedline"}[$__rate_interval])',
            )
        ],
    ),
)


def dashboard() -> dict[str, object]:
    """What Grafana imports."""
    return {
        "title": "Feedline",
        "uid": "feedline",
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {
            "list": [
                {"name": "source", "type": "datasource", "query": "prometheus", "label": "Source"}
            ]
        },
        "panels": [_panel(number, panel) for number, panel in enumerate(PANELS)],
    }


def _panel(number: int, panel: Panel) -> dict[str, object]:
    row, column = divmod(number, COLUMNS)
    return {
        "id": number + 1,
        "title": panel.title,
        "type": "timeseries",
        "datasource": SOURCE,
        "gridPos": {"x": column * WIDTH, "y": row * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": {"tooltip": {"mode": "multi"}, "legend": {"displayMode": "list"}},
        "targets": [
            {"refId": chr(ord("A") + place), "expr": expression, "legendFormat": name}
            for place, (name, expression) in enumerate(panel.lines)
        ],
    }


def _defaults(panel: Panel) -> dict[str, object]:
    found: dict[str, object] = {"unit": panel.unit, "min": 0}
    if panel.bad is not None:
        colors = ("red", "green") if panel.bad_below else ("green", "red")
        first, second = colors
        found["thresholds"] = {
            "mode": "absolute",
            "steps": [
                {"color": first, "value": None},
                {"color": second, "value": panel.bad},
            ],
        }
        found["custom"] = {"thresholdsStyle": {"mode": "line"}}
    return found


def text() -> str:
    return json.dumps(dashboard(), indent=2) + "\n"


if __name__ == "__main__":
    DASHBOARD.write_text(text())
