"""Experiments and their sums in every database, also from several nodes."""

import asyncio

from feedline.feed.experiments import Experiment
from feedline.feed.outcomes import Taken, Tally
from feedline.store.base import Store, Transaction

CALM = Experiment(name="calm", settings={"batchUpdateDelayMs": 500, "realtime": "off", "x": True})


async def test_experiments_are_kept_and_changed(store: Store) -> None:
    later = Experiment(name="later", settings={"a": 1.5}, started_at=2)
    ended = Experiment(name="calm", settings=CALM.settings, started_at=1, stopped_at=9)

    def command(tx: Transaction) -> None:
        tx.keep_experiment(Experiment(name="calm", settings=CALM.settings, started_at=1))
        tx.keep_experiment(later)
        tx.keep_experiment(ended)

    await store.write(command)
    assert await store.read(lambda reads: reads.experiments()) == [later, ended]
    assert await store.read(lambda reads: reads.experiment("calm")) == ended
    assert await store.read(lambda reads: reads.experiment("unknown")) is None


async def test_sums_of_all_nodes_add_up(store: Store) -> None:
    await store.write(lambda tx: tx.keep_experiment(CALM))
    one = Tally("control", "visible", 7, 2, 30.5, 500.25)
    other = Tally("treatment", "bins", 7, 1, 1, 1)

    def command(tx: Transaction) -> None:
        tx.add_tallies("calm", [one, other])
        tx.add_taken("calm", Taken("control", bytes([1, 0, 128])))
        tx.add_taken("calm", Taken("control", bytes([2, 0, 128])))

    await asyncio.gather(*(store.write(command) for _ in range(3)))
    assert await store.read(lambda reads: reads.tallies("calm")) == [
        Tally("control", "visible", 7, 6, 91.5, 1500.75),
        Tally("treatment", "bins", 7, 3, 3, 3),
    ]
    assert await store.read(lambda reads: reads.taken("calm")) == [
        Taken("control", bytes([3, 0, 128]))
    ]
    assert await store.read(lambda reads: reads.tallies("other")) == []
