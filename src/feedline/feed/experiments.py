"""Experiments: half of those who take part get other settings, and what that changes is measured.

Who is in which half follows from their id alone, so it is the same everywhere and always, and
nothing is stored for a person. What is kept are sums over fifty groups of each half: enough for
intervals that allow for people being unlike each other, and nothing that is about one of them.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

import msgspec

from feedline.errors import FieldProblem
from feedline.feed.instants import Millis

Variant = Literal["control", "treatment"]
Setting = str | int | float | bool
Transport = Literal["ws", "sse", "poll"]
TRANSPORTS: tuple[Transport, ...] = ("ws", "sse", "poll")
"""From the best to the last one."""
VARIANTS: tuple[Variant, Variant] = ("control", "treatment")

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
GROUPS = 50  # of each half: enough for a t distribution, few enough to hold many people each
SLOTS = 1 << 18  # places of the people of one half: two share one only where there are many
MOST_SETTINGS = 20
_SETTING_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9]{0,39}")
_SETTING_LONGEST = 200  # characters
_BOUNDS = {"batchUpdateDelayMs": (0, 60_000), "maxPendingPosts": (1, 1_000)}


class Experiment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``share``: of all people who take part. ``settings``: of the half that is treated.

    ``effect``: the smallest difference that matters, in standard deviations between people, and
    ``power``: how surely it should be found. Both are for the size of the sample.
    """

    name: str
    settings: dict[str, Setting]
    share: float = 1.0
    effect: float = 0.2
    power: float = 0.8
    started_at: Millis = 0
    stopped_at: Millis | None = None

    def variant_of(self, user_id: str) -> Variant | None:
        """In which half somebody is; None if they don't take part."""
        seat = seat_of(self.name, user_id)
        if seat.part >= self.share:
            return None
        return seat.variant

    def settings_of(self, user_id: str) -> dict[str, Setting] | None:
        """What is different for somebody; None if they don't take part."""
        variant = self.variant_of(user_id)
        if variant is None:
            return None
        return self.settings if variant == "treatment" else {}

    def allows(self, user_id: str) -> bool:
        """Whether somebody may have live delivery, as far as this experiment goes."""
        is_off = self.settings.get("realtime") == "off"
        return not is_off or self.variant_of(user_id) != "treatment"

    def carries(self, user_id: str, transport: Transport) -> bool:
        """Whether somebody may use a transport; those after the one that is set they may."""
        best = self.settings.get("transport")
        if best not in TRANSPORTS or self.variant_of(user_id) != "treatment":
            return True
        return TRANSPORTS.index(transport) >= TRANSPORTS.index(best)


@dataclass(frozen=True, slots=True)
class Seat:
    """Where somebody is in an experiment: ``part`` is in [0, 1)."""

    part: float
    variant: Variant
    slot: int

    @property
    def group(self) -> int:
        return self.slot % GROUPS


def seat_of(name: str, user_id: str) -> Seat:
    """The same for the same person, and independent of every other experiment."""
    digest = hashlib.sha256(f"{name}:{user_id}".encode()).digest()
    return Seat(
        part=int.from_bytes(digest[:6]) / 2**48,
        variant=VARIANTS[digest[6] & 1],
        slot=int.from_bytes(digest[8:12]) % SLOTS,
    )


def experiment_problems(experiment: Experiment) -> list[FieldProblem]:
    """Everything that is wrong with an experiment; empty when it can begin."""
    problems = []
    if not NAME.fullmatch(experiment.name):
        problems.append(FieldProblem("name", "Use 1 to 64 small letters, digits and dashes."))
    if not 0 < experiment.share <= 1:
        problems.append(FieldProblem("share", "Use more than 0, and at most 1."))
    if not 0.01 <= experiment.effect <= 2:
        problems.append(FieldProblem("effect", "Use 0.01 to 2 standard deviations."))
    if not 0.5 <= experiment.power < 1:
        problems.append(FieldProblem("power", "Use 0.5, and less than 1."))
    if not 1 <= len(experiment.settings) <= MOST_SETTINGS:
        problems.append(FieldProblem("settings", f"Name 1 to {MOST_SETTINGS} settings."))
    for name, value in experiment.settings.items():
        problem = _setting_problem(name, value)
        if problem:
            problems.append(FieldProblem(f"settings.{name[:40]}", problem))
    return problems


def _setting_problem(name: str, value: Setting) -> str | None:
    if not _SETTING_NAME.fullmatch(name):
        return "Use letters and digits for the name of a setting."
    if name == "realtime":
        return None if value == "off" else "Use off: that is what it is compared with."
    if name == "transport":
        return None if value in TRANSPORTS[1:] else "Use sse or poll: the best one for these."
    if name in _BOUNDS:
        low, high = _BOUNDS[name]
        is_fit = type(value) is int and low <= value <= high
        return None if is_fit else f"Use a whole number from {low} to {high}."
    is_long = isinstance(value, str) and len(value) > _SETTING_LONGEST
    return f"Use at most {_SETTING_LONGEST} characters." if is_long else None
