"""One module a scenario: ``TITLE`` says what it measures, ``run`` measures it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.results import Row
from bench.rig import Rig
from bench.scenarios import (
    author_latency,
    busy,
    fanout,
    firehose,
    home,
    hot_post,
    memory,
    nodes,
    notify,
    overhead,
    publish,
    replicas,
    slow_reader,
    storm,
)


@dataclass(frozen=True, slots=True)
class Scenario:
    title: str
    run: Callable[[Rig], Sequence[Row]]


SCENARIOS = {
    "publish": Scenario(publish.TITLE, publish.run),
    "author_latency": Scenario(author_latency.TITLE, author_latency.run),
    "busy": Scenario(busy.TITLE, busy.run),
    "fanout": Scenario(fanout.TITLE, fanout.run),
    "firehose": Scenario(firehose.TITLE, firehose.run),
    "slow_reader": Scenario(slow_reader.TITLE, slow_reader.run),
    "storm": Scenario(storm.TITLE, storm.run),
    "memory": Scenario(memory.TITLE, memory.run),
    "home": Scenario(home.TITLE, home.run),
    "hot_post": Scenario(hot_post.TITLE, hot_post.run),
    "notify": Scenario(notify.TITLE, notify.run),
    "nodes": Scenario(nodes.TITLE, nodes.run),
    "replicas": Scenario(replicas.TITLE, replicas.run),
    "overhead": Scenario(overhead.TITLE, overhead.run),
}
SHARED = frozenset({"nodes"})
"""Those that need a database which several servers can share."""

LONG = frozenset({"overhead", "replicas"})
"""Those that take minutes each, or need more than others, and run when they are named."""
