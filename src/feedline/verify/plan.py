"""What a run shall do."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from feedline.errors import VerificationBroken

TOKEN_VARIABLE = "FEEDLINE_VERIFY_TOKEN"  # noqa: S105 - a name
_MOST_DELIVERIES = 2_000_000  # each is kept until the end, to be judged


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How long, how many and how fast."""

    seconds: Annotated[float, Parameter(validator=Number(gt=0, lte=3_600))] = 30
    """Length of the run; it ends up to a minute later, when everybody has everything."""

    authors: Annotated[int, Parameter(validator=Number(gte=1, lte=100))] = 4
    """People who publish."""

    readers: Annotated[int, Parameter(validator=Number(gte=1, lte=300))] = 6
    """Connections that follow them, in turn by WebSocket, SSE and long-poll."""

    rate: Annotated[float, Parameter(validator=Number(gt=0, lte=1_000))] = 20
    """Posts a second of all authors together, as far as they are answered in time."""

    token: Annotated[str, Parameter(env_var=TOKEN_VARIABLE)] = ""
    """A person's token, to publish and read as them; else people are signed up for it."""

    keep: Annotated[bool, Parameter(negative="")] = False
    """Leave the posts there instead of deleting them."""

    def check(self) -> None:
        """Raises VerificationBroken if it is more than can be kept track of."""
        if self.seconds * self.rate * self.readers > _MOST_DELIVERIES:
            raise VerificationBroken(
                f"More than {_MOST_DELIVERIES:,} deliveries can't be kept track of: choose a "
                "shorter run, fewer readers or a lower rate."
            )
