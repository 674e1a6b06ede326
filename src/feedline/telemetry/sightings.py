"""What browsers of this process saw: by which way posts came onto screens, and how soon."""

from collections import Counter

from feedline.telemetry.histograms import Histogram

REALTIME, FALLBACK, REFRESH = "realtime", "fallback", "refresh"
WAYS = (REALTIME, FALLBACK, REFRESH)
"""How a post gets to a page; what its author sees at once has come from nowhere."""


class Sightings:
    """Counted since the process began. ``paint`` has the seconds of what came by itself."""

    def __init__(self) -> None:
        self.ways: Counter[str] = Counter()
        self.paint = Histogram()

    def count(self, way: str, seconds: float) -> None:
        if way not in WAYS:
            return
        self.ways[way] += 1
        if way != REFRESH:
            self.paint.observe(seconds)
