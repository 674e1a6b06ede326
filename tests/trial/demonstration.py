"""``python -m tests.trial.demonstration``: the report of a run in which the truth is known.

1,600 people; the half with `batchUpdateDelayMs=500` sees posts 60 ms later in the mean, with 240
instead of 180 ms. Nothing else is different: 3 % of posts do not come live, 2 posts each.
"""

import asyncio
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console

from feedline import administration
from feedline.feed.experiments import Experiment
from feedline.feed.outcomes import Gathering
from feedline.storage import Storage
from feedline.store.base import Transaction
from feedline.trial.show import show_report

PEOPLE = 1_600
MEANS = {"control": 180.0, "treatment": 240.0}
CALM = Experiment(
    name="calm-updates", settings={"batchUpdateDelayMs": 500}, started_at=1_769_076_000_000
)


def told(seed: int) -> Gathering:
    """What all these people's browsers report."""
    rng = np.random.default_rng(seed)
    gathering = Gathering(CALM)
    for number in range(PEOPLE):
        person = f"{seed}-{number}"
        mean = MEANS[CALM.variant_of(person) or ""] * np.exp(rng.normal(-0.125, 0.5))
        gathering.exposed(person)
        for ms in mean * rng.gamma(4.0, 0.25, 1 + rng.poisson(12)):
            gathering.visible(person, float(ms))
            gathering.arrived(person, is_live=rng.random() > 0.03)
        for _ in range(rng.poisson(2)):
            gathering.published(person)
    return gathering


async def store(place: Storage, gathering: Gathering) -> None:
    tallies, taken = gathering.take()
    database = place.new_store()
    await database.start(lambda _: None)

    def command(tx: Transaction) -> None:
        tx.keep_experiment(CALM)
        tx.add_tallies(CALM.name, tallies)
        for each in taken:
            tx.add_taken(CALM.name, each)

    await database.write(command)
    await database.stop()


def main(seed: int = 20261125) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Storage(Path(folder))
        asyncio.run(store(place, told(seed)))
        evidence = administration.evidence(place, CALM.name)
        show_report(evidence, Console(width=110), as_json=False)


if __name__ == "__main__":
    main()
