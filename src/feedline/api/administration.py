"""What admins look after, and what everybody may know of it."""

import asyncio
from typing import Literal

import msgspec

from feedline.api.operation import Call
from feedline.api.services import Services
from feedline.feed.experiments import Experiment, Setting
from feedline.feed.instants import rfc3339
from feedline.feed.operating import start_experiment, stop_experiment, switch_realtime
from feedline.feed.people import Wire
from feedline.feed.policy import LivePolicy
from feedline.store.base import Snapshot, Transaction
from feedline.trial.arms import Evidence
from feedline.trial.report import Report, evidence_of
from feedline.wire.answers import Answer, answered

OnOff = Literal["on", "off"]


class Realtime(Wire, frozen=True):
    """Whether the caller may have live delivery at this moment."""

    realtime: OnOff


class SwitchChange(Wire, frozen=True, forbid_unknown_fields=True):
    """What an admin wants."""

    realtime: OnOff


class SwitchAnswer(Wire, frozen=True):
    """How the switch stands, and since when; null if it was never turned."""

    realtime: OnOff
    since: str | None


class ExperimentStart(Wire, frozen=True, forbid_unknown_fields=True):
    """What an admin wants to try. ``settings``: those of the half that is treated."""

    name: str
    settings: dict[str, Setting]
    share: float = 1.0
    effect: float = 0.2
    power: float = 0.8


class ExperimentShape(Wire, frozen=True):
    """An experiment; it runs until it is stopped."""

    name: str
    settings: dict[str, Setting]
    share: float
    effect: float
    power: float
    started_at: str
    stopped_at: str | None


class ExperimentAnswer(Wire, frozen=True):
    experiment: ExperimentShape


class ExperimentsAnswer(Wire, frozen=True):
    """All that there were, the newest first."""

    experiments: list[ExperimentShape]


class ReportAnswer(Wire, frozen=True):
    """What came of an experiment, so far."""

    experiment: ExperimentShape
    report: Report


class Administration:
    """The handlers of the switch of live delivery, and of experiments with it."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._policy = services.policy
        self._report = services.report

    async def realtime(self, call: Call[None, None]) -> Answer:
        """Asked by those who were sent away, again and again: answered from memory."""
        is_on = self._policy().allows(call.caller.required.user_id)
        return answered(Realtime(realtime=_on_off(is_on)))

    async def switch(self, call: Call[None, None]) -> Answer:
        def read(reads: Snapshot) -> LivePolicy:
            call.caller.admin(reads)
            return reads.policy()

        return answered(_switch(await self._store.read(read)))

    async def turn(self, call: Call[SwitchChange, None]) -> Answer:
        is_on = call.body.realtime == "on"

        def command(tx: Transaction) -> LivePolicy:
            return switch_realtime(tx, call.caller.admin(tx), is_on=is_on)

        return answered(_switch(await self._store.write(command)))

    async def experiments(self, call: Call[None, None]) -> Answer:
        def read(reads: Snapshot) -> list[Experiment]:
            call.caller.admin(reads)
            return reads.experiments()

        found = await self._store.read(read)
        return answered(ExperimentsAnswer(experiments=[shape_of(one) for one in found]))

    async def start(self, call: Call[ExperimentStart, None]) -> Answer:
        wanted = Experiment(**msgspec.structs.asdict(call.body))

        def command(tx: Transaction) -> Experiment:
            return start_experiment(tx, call.caller.admin(tx), wanted)

        return answered(ExperimentAnswer(experiment=shape_of(await self._store.write(command))))

    async def report(self, call: Call[None, None]) -> Answer:
        def read(reads: Snapshot) -> Evidence:
            call.caller.admin(reads)
            return evidence_of(reads, call.params["name"])

        evidence = await self._store.read(read)
        report = await asyncio.to_thread(self._report, evidence)
        return answered(ReportAnswer(experiment=shape_of(evidence.experiment), report=report))

    async def stop(self, call: Call[None, None]) -> Answer:
        def command(tx: Transaction) -> Experiment:
            return stop_experiment(tx, call.caller.admin(tx), call.params["name"])

        return answered(ExperimentAnswer(experiment=shape_of(await self._store.write(command))))


def shape_of(experiment: Experiment) -> ExperimentShape:
    stopped = experiment.stopped_at
    return ExperimentShape(
        name=experiment.name,
        settings=experiment.settings,
        share=experiment.share,
        effect=experiment.effect,
        power=experiment.power,
        started_at=rfc3339(experiment.started_at),
        stopped_at=None if stopped is None else rfc3339(stopped),
    )


def _switch(policy: LivePolicy) -> SwitchAnswer:
    since = rfc3339(policy.changed_at) if policy.changed_at else None
    return SwitchAnswer(realtime=_on_off(policy.is_on), since=since)


def _on_off(is_on: bool) -> OnOff:
    return "on" if is_on else "off"
