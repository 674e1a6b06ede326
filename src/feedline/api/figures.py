"""How the installation fares, for admins."""

from feedline.api.operation import Call
from feedline.api.services import Services
from feedline.dashboard.dashboard import Span
from feedline.feed.people import Wire
from feedline.store.base import Snapshot
from feedline.wire.answers import Answer, answered


class FiguresQuery(Wire, frozen=True, kw_only=True):
    """Of which time: the last minutes as they were told live, the last hour, or the last day."""

    span: Span = "live"


class FiguresCalls:
    """The handler of figures."""

    def __init__(self, services: Services) -> None:
        self._figures = services.figures

    async def figures(self, call: Call[None, FiguresQuery]) -> Answer:
        def admit(reads: Snapshot) -> str:
            call.caller.admin(reads)
            return reads.cursor()

        return answered(await self._figures(call.query.span, admit))
