"""Long-poll: one request, one answer with the next events, as soon as there are any."""

import asyncio
from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from feedline.errors import CloseCode, Refusal
from feedline.feed.people import Identity
from feedline.gateway.entrance import Entrance, address_of, hung_up, refuse
from feedline.hub.poll import Poll
from feedline.wire.answers import Answer, send_answer
from feedline.wire.requests import PollQuery, events_body


class LongPolls:
    """The ASGI application of ``GET /api/events``."""

    def __init__(self, entrance: Entrance, poll: Callable[[Identity, str], Poll]) -> None:
        self._entrance = entrance
        self._poll = poll

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            identity, query = await self._entrance.admit(scope, PollQuery)
            answer = await self._answer(self._poll(identity, address_of(scope)), query, receive)
        except Refusal as refusal:
            await refuse(send, refusal)
        else:
            await send_answer(send, answer, 200)

    async def _answer(self, poll: Poll, query: PollQuery, receive: Receive) -> Answer:
        hangup = asyncio.create_task(hung_up(receive))
        hangup.add_done_callback(lambda _: poll.close(CloseCode.GOING_AWAY, "the client left"))
        try:
            found = await poll.ask(query.names, query.cursor or None, query.wait)
        finally:
            hangup.cancel()
            poll.leave()
        body = events_body(found.bodies, poll.cursor(found), resync=found.resync, more=found.more)
        return Answer(body)
