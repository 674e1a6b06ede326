"""Gathers what browsers report while an experiment runs, and stores the sums now and then."""

import asyncio
import logging
from collections.abc import Callable

from feedline.errors import Unavailable
from feedline.feed.experiments import Experiment
from feedline.feed.outcomes import Gathering, Taken, Tally
from feedline.feed.policy import LivePolicy
from feedline.store.base import Store, Transaction

STORE_SECONDS = 10.0  # what is gathered in this time is lost if the process dies

logger = logging.getLogger("feedline.trial")


class Gatherer:
    """The sums of one process; those of all nodes add up in the database."""

    def __init__(self, store: Store, policy: Callable[[], LivePolicy]) -> None:
        self._store = store
        self._policy = policy
        self._gatherings: dict[str, Gathering] = {}

    def gathering(self) -> Gathering | None:
        """Where the outcomes of the experiment that runs go; None without one."""
        experiment = self._policy().experiment
        return None if experiment is None else self._of(experiment)

    async def run(self) -> None:
        """Stores what there is, again and again, until cancelled."""
        while True:
            await asyncio.sleep(STORE_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Stores what there is; what can't be stored now is kept for the next time."""
        running = self._policy().experiment
        for name, gathering in list(self._gatherings.items()):
            tallies, taken = gathering.take()
            try:
                await self._keep(name, tallies, taken)
            except Unavailable as failure:
                gathering.give_back(tallies, taken)
                logger.warning("outcomes of an experiment were not stored: %s", failure)
            else:
                if running is None or running.name != name:
                    self._gatherings.pop(name, None)

    async def _keep(self, name: str, tallies: list[Tally], taken: list[Taken]) -> None:
        if not tallies and not taken:
            return

        def command(tx: Transaction) -> None:
            tx.add_tallies(name, tallies)
            for each in taken:
                tx.add_taken(name, each)

        await self._store.write(command)

    def _of(self, experiment: Experiment) -> Gathering:
        gathering = self._gatherings.get(experiment.name)
        if gathering is None:
            gathering = self._gatherings[experiment.name] = Gathering(experiment)
        return gathering
