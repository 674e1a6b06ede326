"""An experiment as the command line has it."""

from dataclasses import dataclass

import msgspec

from feedline.feed.experiments import Experiment, Setting


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialPlan:
    """Who takes part, and what should be found."""

    share: float = 1.0
    """Share of all people who take part; half of them are treated."""

    effect: float = 0.2
    """Smallest difference that matters, in standard deviations between people."""

    power: float = 0.8
    """How surely that difference should be found."""


def experiment_of(name: str, settings: tuple[str, ...], plan: TrialPlan) -> Experiment:
    """It is checked when it starts."""
    return Experiment(
        name=name,
        settings=dict(map(_setting, settings)),
        share=plan.share,
        effect=plan.effect,
        power=plan.power,
    )


def _setting(text: str) -> tuple[str, Setting]:
    """``name=value``; what is a number or a truth value in JSON is one."""
    name, _, value = text.partition("=")
    try:
        return name, msgspec.json.decode(value, type=int | float | bool)
    except msgspec.DecodeError:
        return name, value
