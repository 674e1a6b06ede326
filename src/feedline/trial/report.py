"""The report of an experiment: both halves, and what can be said of their difference."""

from feedline.errors import NotFound
from feedline.feed.experiments import VARIANTS
from feedline.feed.people import Wire
from feedline.store.base import Snapshot
from feedline.trial.arms import Arm, Evidence, arm_of, sums_of
from feedline.trial.results import Difference, Sample

ADVICE = "For intervals and sample sizes install Feedline with its extra 'experiment'."


class Report(Wire, frozen=True):
    """``advice`` stands in place of what can't be worked out without SciPy."""

    arms: list[Arm]
    differences: list[Difference]
    sample: Sample | None
    advice: str | None


def evidence_of(snapshot: Snapshot, name: str) -> Evidence:
    """All that is kept of an experiment. Raises NotFound."""
    experiment = snapshot.experiment(name)
    if experiment is None:
        raise NotFound("experiment")
    return Evidence(experiment, snapshot.tallies(name), snapshot.taken(name))


def report_of(evidence: Evidence) -> Report:
    """Works it out. Takes some milliseconds, and the first time a second to load SciPy."""
    halves = sums_of(evidence)
    control, treatment = (halves[variant] for variant in VARIANTS)
    arms = [arm_of(variant, halves[variant]) for variant in VARIANTS]
    try:
        from feedline.trial.statistics import differences, sample_of
    except ModuleNotFoundError:
        return Report(arms=arms, differences=[], sample=None, advice=ADVICE)
    experiment = evidence.experiment
    people = (arms[0].people, arms[1].people)
    return Report(
        arms=arms,
        differences=differences(control, treatment),
        sample=sample_of(people, experiment.effect, experiment.power),
        advice=None,
    )
