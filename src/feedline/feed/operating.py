"""What operators do while people go on: one function each, like the actions of people."""

import msgspec

from feedline.errors import Conflict, NotFound, ValidationFailed
from feedline.feed.audit import Subject
from feedline.feed.auditing import By, record
from feedline.feed.channels import POLICY
from feedline.feed.events import PolicyChanged
from feedline.feed.experiments import Experiment, experiment_problems
from feedline.feed.instants import rfc3339
from feedline.feed.policy import LivePolicy
from feedline.feed.ports import Writes


def switch_realtime(tx: Writes, by: By, *, is_on: bool) -> LivePolicy:
    """Turns live delivery on or off for everybody, as soon as the event passes each node."""
    policy = tx.policy()
    if policy.is_on == is_on:
        return policy
    record(tx, by, "realtime.on" if is_on else "realtime.off")
    return _decide(tx, msgspec.structs.replace(policy, is_on=is_on, changed_at=tx.now))


def start_experiment(tx: Writes, by: By, experiment: Experiment) -> Experiment:
    """Begins an experiment, on all nodes. Raises ValidationFailed or Conflict.

    One at a time, and under a name that none had: who is in which half follows from it.
    """
    problems = experiment_problems(experiment)
    if problems:
        raise ValidationFailed(*problems)
    policy = tx.policy()
    if policy.experiment is not None:
        raise Conflict("experiment", policy.experiment.name, "runs. Stop it first.")
    if tx.experiment(experiment.name) is not None:
        raise Conflict("name", experiment.name)
    begun = msgspec.structs.replace(experiment, started_at=tx.now, stopped_at=None)
    tx.keep_experiment(begun)
    settings = " ".join(f"{name}={value}" for name, value in begun.settings.items())
    record(tx, by, "experiment.start", Subject("experiment", begun.name), settings=settings)
    _decide(tx, msgspec.structs.replace(policy, experiment=begun))
    return begun


def stop_experiment(tx: Writes, by: By, name: str) -> Experiment:
    """Ends the experiment that runs: everybody has the same again. Raises NotFound."""
    policy = tx.policy()
    if policy.experiment is None or policy.experiment.name != name:
        raise NotFound("experiment that runs")
    ended = msgspec.structs.replace(policy.experiment, stopped_at=tx.now)
    tx.keep_experiment(ended)
    record(tx, by, "experiment.stop", Subject("experiment", ended.name))
    _decide(tx, msgspec.structs.replace(policy, experiment=None))
    return ended


def _decide(tx: Writes, policy: LivePolicy) -> LivePolicy:
    tx.keep_policy(policy)
    tx.append(PolicyChanged(channel=POLICY, timestamp=rfc3339(tx.now), policy=policy))
    return policy
