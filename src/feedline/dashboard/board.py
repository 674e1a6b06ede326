"""What is known of all nodes at this moment, and the points of the last minutes."""

from collections import deque

from feedline.dashboard.points import (
    SILENT_AFTER,
    MishapView,
    NodeView,
    Point,
    mishap_views,
    node_view,
    point,
)
from feedline.dashboard.samples import Sample, followed
from feedline.feed.instants import Millis

TICK_SECONDS = 2.0
KEPT_POINTS = 150  # five minutes of one every two seconds
KEPT_MISHAPS = 50
FORGOTTEN_AFTER: Millis = 15 * 60 * 1000  # since a node was heard of
MOST_NODES = 500


class _Node:
    """A node: what was heard of it since the last point, and what is said of it until then."""

    def __init__(self, sample: Sample) -> None:
        self.newest = sample
        self.fresh: Sample | None = sample

    def take(self, sample: Sample) -> None:
        self.fresh = sample if self.fresh is None else followed(self.fresh, sample)

    def turn(self) -> None:
        """What is fresh counts from now on, until there is something fresher."""
        if self.fresh is not None:
            self.newest, self.fresh = self.fresh, None


class Board:
    """Takes the samples of this node and of others, in whatever order they come."""

    def __init__(self) -> None:
        self.points: deque[Point] = deque(maxlen=KEPT_POINTS)
        self.mishaps: deque[MishapView] = deque(maxlen=KEPT_MISHAPS)
        self._nodes: dict[str, _Node] = {}
        self._new: list[MishapView] = []

    def take(self, sample: Sample) -> None:
        """Something was heard of a node."""
        # What others keep in the database comes again with each look at it.
        self._new += [view for view in mishap_views(sample) if self._is_new(view)]
        node = self._nodes.get(sample.facts.id)
        if node is not None:
            if sample.at > (node.fresh or node.newest).at:
                node.take(sample)
        elif len(self._nodes) < MOST_NODES:
            self._nodes[sample.facts.id] = _Node(sample)

    def turn(self, now: Millis) -> tuple[Point, list[MishapView]]:
        """Makes the next point; with it, the mishaps that are new."""
        self._forget(now)
        for node in self._nodes.values():
            node.turn()
        present = [node.newest for node in self._nodes.values() if self._counts(node.newest, now)]
        made = point(now, present, TICK_SECONDS)
        self.points.append(made)
        new, self._new = self._new, []
        self.mishaps.extend(new)
        return made, new

    def nodes(self, now: Millis) -> list[NodeView]:
        views = [node_view(node.newest, now) for node in self._nodes.values()]
        return sorted(views, key=lambda view: (view.name, view.started_at))

    def _is_new(self, view: MishapView) -> bool:
        return view not in self._new and view not in self.mishaps

    def _counts(self, sample: Sample, now: Millis) -> bool:
        return not sample.is_stopped and now - sample.at <= SILENT_AFTER

    def _forget(self, now: Millis) -> None:
        gone = [id_ for id_, node in self._nodes.items() if now - node.newest.at > FORGOTTEN_AFTER]
        for id_ in gone:
            del self._nodes[id_]
