"""Blocks over REST."""

from feedline.api.operation import Call
from feedline.api.paging import PageQuery, cut
from feedline.api.services import Services
from feedline.feed import blocking
from feedline.feed.instants import rfc3339
from feedline.feed.people import Creator, Wire
from feedline.feed.ports import BlockQuery, BlockRow
from feedline.store.base import Snapshot, Transaction
from feedline.wire.answers import Answer, answered


class BlockAnswer(Wire, frozen=True):
    """Whether the caller has blocked a person now."""

    user_id: str
    is_blocked: bool
    cursor: str


class Block(Wire, frozen=True):
    """Somebody whom the caller has blocked, and since when."""

    user: Creator
    created_at: str


class BlocksAnswer(Wire, frozen=True):
    """A page of those who are blocked, the newest first, and where the next one begins."""

    blocks: list[Block]
    next: str | None


class Blocking:
    """The handlers of blocks."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._limit = services.settings.blocks_limit

    async def block(self, call: Call[None, None]) -> Answer:
        def command(tx: Transaction) -> blocking.Blocked:
            return blocking.block(tx, call.caller.person(tx), call.params["id"], self._limit)

        return _answer(await self._store.write(command))

    async def unblock(self, call: Call[None, None]) -> Answer:
        def command(tx: Transaction) -> blocking.Blocked:
            return blocking.unblock(tx, call.caller.person(tx), call.params["id"])

        return _answer(await self._store.write(command))

    async def mine(self, call: Call[None, PageQuery]) -> Answer:
        limit, before = call.query.limit, call.query.before

        def read(reads: Snapshot) -> list[BlockRow]:
            person = call.caller.person(reads)
            return reads.blocks(BlockQuery(blocker_id=person.id, before=before, limit=limit + 1))

        rows, following = cut(await self._store.read(read), limit)
        blocks = [Block(user=row.user, created_at=rfc3339(row.created_at)) for row in rows]
        return answered(BlocksAnswer(blocks=blocks, next=following))


def _answer(blocked: blocking.Blocked) -> Answer:
    return answered(
        BlockAnswer(
            user_id=blocked.user_id, is_blocked=blocked.is_blocked, cursor=str(blocked.position)
        )
    )
