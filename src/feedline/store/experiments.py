"""Experiments in a database, and what is kept of them: the port, by named queries."""

import msgspec

from feedline.feed.experiments import Experiment
from feedline.feed.outcomes import Taken, Tally, united
from feedline.store.rows import Rows

_decoder = msgspec.json.Decoder(Experiment)
_encoder = msgspec.json.Encoder()


class Experiments(Rows):
    """The part of reading that is about experiments."""

    def experiment(self, name: str) -> Experiment | None:
        row = self._first("experiment", name)
        return None if row is None else _decoder.decode(row[0])

    def experiments(self) -> list[Experiment]:
        return [_decoder.decode(body) for (body,) in self._rows("experiments")]

    def tallies(self, name: str) -> list[Tally]:
        return [Tally(*row) for row in self._rows("tallies", name)]

    def taken(self, name: str) -> list[Taken]:
        return self._taken("taken", name)

    def _taken(self, query: str, name: str) -> list[Taken]:
        return [Taken(variant, bytes(bits)) for variant, bits in self._rows(query, name)]


class ExperimentWrites(Experiments):
    """The part of writing that is."""

    def keep_experiment(self, experiment: Experiment) -> None:
        body = _encoder.encode(experiment)
        self._do("keep_experiment", experiment.name, experiment.started_at, body)

    def add_tallies(self, name: str, tallies: list[Tally]) -> None:
        for tally in sorted(tallies, key=lambda one: (one.variant, one.measure, one.place)):
            self._do("add_tally", name, *msgspec.structs.astuple(tally))

    def add_taken(self, name: str, taken: Taken) -> None:
        known = {each.variant: each.bits for each in self.taken(name)}
        bits = known.get(taken.variant)
        if bits is None:
            self._do("add_taken", name, taken.variant, taken.bits)
        else:
            self._do("change_taken", united(bits, taken.bits), name, taken.variant)
