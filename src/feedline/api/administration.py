"""What admins look after, and what everybody may know of it."""

from typing import Literal

from feedline.api.operation import Call
from feedline.api.services import Services
from feedline.feed.instants import rfc3339
from feedline.feed.operating import switch_realtime
from feedline.feed.people import Wire
from feedline.feed.policy import LivePolicy
from feedline.store.base import Snapshot, Transaction
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


class Administration:
    """The handlers of the switch of live delivery."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._policy = services.policy

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


def _switch(policy: LivePolicy) -> SwitchAnswer:
    since = rfc3339(policy.changed_at) if policy.changed_at else None
    return SwitchAnswer(realtime=_on_off(policy.is_on), since=since)


def _on_off(is_on: bool) -> OnOff:
    return "on" if is_on else "off"
