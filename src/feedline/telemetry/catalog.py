"""All metrics there are: what each is called and means, and what to do when it is bad.

/metrics, the documentation, the dashboard for Grafana and the alerts are made or checked by it.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal["counter", "gauge", "histogram"]


class Listed(NamedTuple):
    """One metric. ``labels`` has what values each label takes."""

    name: str
    """As Prometheus stores it; a histogram has its ``_bucket``, ``_sum`` and ``_count``."""
    kind: Kind
    unit: str
    meaning: str
    when_bad: str
    labels: Mapping[str, str] = {}


_SOCKETS = "`ws`, `sse`, `poll`"

METRICS = (
    Listed(
        "feedline_http_requests_total",
        "counter",
        "requests",
        "Requests answered.",
        "Many 5xx: the log of the node has each with its operation. 503 alone: the database.",
        {"operation": "of the API", "status": "`2xx`, `3xx`, `4xx`, `5xx`"},
    ),
    Listed(
        "feedline_http_request_seconds",
        "histogram",
        "seconds",
        "Time from the head of a request to the end of its answer.",
        "Slow everywhere: the core is full, add workers. Slow writes alone: the disk.",
        {"operation": "of the API"},
    ),
    Listed(
        "feedline_posts_published_total",
        "counter",
        "posts",
        "Posts published; repeats with an Idempotency-Key don't count.",
        "None for long where there were always some: try to publish one, and read the log.",
    ),
    Listed(
        "feedline_author_notices_total",
        "counter",
        "posts",
        "Posts that another program told an author of, by whether the author was connected.",
        "",
        {"delivery": "`direct`, `channel-only`"},
    ),
    Listed(
        "feedline_people_registered_total",
        "counter",
        "people",
        "People who signed up.",
        "A flood of them: a proxy in front can limit `POST /api/auth/register` by address.",
    ),
    Listed(
        "feedline_logins_failed_total",
        "counter",
        "logins",
        "Logins with a wrong name or password.",
        "A flood of them: somebody tries passwords; the limits hold, and may be made lower.",
    ),
    Listed(
        "feedline_logins_throttled_total",
        "counter",
        "logins",
        "Logins refused because of earlier failures.",
        "As above. Behind a proxy: is it in `trusted_proxies`? Else all share an address.",
    ),
    Listed(
        "feedline_post_visible_seconds",
        "histogram",
        "seconds",
        "Time from publishing a post to its being on a screen, as browsers saw it.",
        "Much by `fallback` or `refresh`: live delivery does not reach browsers. Does the proxy "
        "pass on `/ws`, and is the switch on?",
        {
            "role": "`author`, `reader`",
            "path": "`optimistic`, `realtime`, `fallback`, `refresh`",
        },
    ),
    Listed(
        "feedline_browser_connections_total",
        "counter",
        "happenings",
        "What happened to live connections, as browsers saw it.",
        "Many `fallback`: see above. Many `close`: a proxy with a short timeout, or restarts.",
        {"transport": f"{_SOCKETS}, `none`", "event": "`open`, `close`, `fallback`, `resync`"},
    ),
    Listed(
        "feedline_stage_seconds",
        "histogram",
        "seconds",
        "Time that each stage of a change took: the first for each write, the second for each "
        "entry of the log, the others until it was handed to the first and the last socket.",
        "The first: the disk or the database. The second: the bus, or a core that is full. The "
        "others: more sockets than one core serves at this rate; add nodes.",
        {
            "stage": "`accept_to_commit`, `commit_to_dispatch`, `dispatch_to_first`, "
            "`dispatch_to_last`"
        },
    ),
    Listed(
        "feedline_delivery_seconds",
        "histogram",
        "seconds",
        "Time from a commit to handing its event to a socket, for each socket; for a poll, until "
        "it was woken.",
        "Look at `feedline_stage_seconds`, which says where the time goes.",
        {"transport": _SOCKETS},
    ),
    Listed(
        "feedline_applied_seconds",
        "histogram",
        "seconds",
        "Time from a commit to the client's word that it has put the event on the screen.",
        "Slow while `feedline_delivery_seconds` is quick: networks, or pages that are busy.",
        {"transport": "`ws`"},
    ),
    Listed(
        "feedline_events_dispatched_total",
        "counter",
        "entries of the log",
        "Entries of the log that were offered to those who are live.",
        "Other nodes count on and this one does not: it hangs. Restart it.",
    ),
    Listed(
        "feedline_slow_events_total",
        "counter",
        "entries of the log",
        "Entries of the log that took longer than `slow_event_seconds` from their commit to their "
        "last socket on this node; all of them, also those that the log has no line of.",
        "The log has a line for the first ones, with the stage that took the time; see "
        "`feedline_stage_seconds`.",
    ),
    Listed(
        "feedline_connections",
        "gauge",
        "connections",
        "Open sockets and streams, and polls that wait.",
        "A fall to nothing: the proxy, or the switch. Near `connections` of the settings: add a "
        "node.",
    ),
    Listed(
        "feedline_transport_connections",
        "gauge",
        "connections",
        "Open connections by transport.",
        "Hardly any `ws`: the proxy does not pass on upgrades of `/ws`.",
        {"transport": _SOCKETS},
    ),
    Listed(
        "feedline_worker_up",
        "gauge",
        "0 or 1",
        "Whether a worker answered when its node was asked; only where there are several.",
        "It is started again by itself. If it does not come up, the log of the node says why.",
        {"worker": "`0`, `1`, ..."},
    ),
    Listed(
        "feedline_slow_readers",
        "gauge",
        "connections",
        "Connections whose socket is full and that are served later.",
        "A few are people on trains. All of a sudden many: the network of the node is full.",
    ),
    Listed(
        "feedline_realtime_on",
        "gauge",
        "0 or 1",
        "Whether live delivery is switched on.",
        "0 and nobody knows why: `feedline audit --action realtime.off` says who turned it off.",
    ),
    Listed(
        "feedline_log_position",
        "gauge",
        "place in the log",
        "Place in the log up to which this node has dispatched.",
        "It stays behind those of other nodes: this one hears and reads nothing. Restart it.",
    ),
    Listed(
        "feedline_writes_waiting",
        "gauge",
        "writes",
        "Writes that are not answered yet.",
        "It stays high: the disk is slow, or something holds a lock in the database.",
    ),
    Listed(
        "feedline_replica_up",
        "gauge",
        "0 or 1",
        "Whether a replica of the database may answer reads; only where there are any.",
        "Its reads go to the primary. `/readyz` says why; then see to that server.",
        {"replica": "its address"},
    ),
    Listed(
        "feedline_replica_position",
        "gauge",
        "place in the log",
        "Place in the log which a replica had when it was last looked at, once a second.",
        "It stays behind `feedline_log_position`: its disk or network is too slow.",
        {"replica": "its address"},
    ),
    Listed(
        "feedline_replica_reads_total",
        "counter",
        "reads",
        "Reads that a replica was asked for: what it answered, and what the primary had to, as the "
        "replica did not have all of it yet, or failed.",
        "Many `behind`: it lags, or reads are of what was written a moment ago. Many `failed`: "
        "queries are in the way of its replay (`max_standby_streaming_delay`).",
        {"replica": "its address", "outcome": "`answered`, `behind`, `failed`"},
    ),
    Listed(
        "feedline_bus_up",
        "gauge",
        "0 or 1",
        "Whether the bus between nodes carries messages, or there is none.",
        "Nothing is lost, and nodes hear of each other later. See to Redis or the database.",
    ),
    Listed(
        "feedline_bus_sent_total",
        "counter",
        "messages",
        "Messages sent to other nodes.",
        "",
    ),
    Listed(
        "feedline_bus_received_total",
        "counter",
        "messages",
        "Messages of other nodes.",
        "None while others send: both ends have to have the same address of the bus.",
    ),
    Listed(
        "feedline_bus_dropped_total",
        "counter",
        "messages",
        "Messages that were not sent, because the bus was down or too far behind.",
        "They are read from the log instead. For long: the bus is too slow.",
    ),
    Listed(
        "feedline_bus_refused_total",
        "counter",
        "messages",
        "Messages on the bus that can't be read or are not from this installation.",
        "Somebody else writes to this bus. Give it a password, or one of its own.",
    ),
    Listed(
        "feedline_bus_reconnects_total",
        "counter",
        "connections",
        "Times that the bus was connected anew.",
        "Again and again: the broker restarts, or something cuts idle connections.",
    ),
)

_BY_NAME = {metric.name: metric for metric in METRICS}


def listed(name: str) -> Listed:
    """What is known of a metric. Raises KeyError for one that is not in the list."""
    return _BY_NAME[name]


def stored_names() -> set[str]:
    """The names of all series that Prometheus gets of them."""
    parts = ("_bucket", "_sum", "_count")
    return {
        f"{metric.name}{part}"
        for metric in METRICS
        for part in (parts if metric.kind == "histogram" else ("",))
    }
