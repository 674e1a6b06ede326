"""Tokens of other programs, as admins look after them."""

from typing import Annotated

import msgspec

from feedline.api.operation import Call, Operation
from feedline.api.service_tokens import new_service_token, service_digest
from feedline.api.services import Services
from feedline.errors import NotFound, ValidationFailed
from feedline.feed.audit import Subject
from feedline.feed.auditing import record
from feedline.feed.instants import rfc3339
from feedline.feed.people import Wire, name_problems
from feedline.feed.ports import ServiceToken
from feedline.store.base import Snapshot, Transaction
from feedline.wire.answers import Answer, answered

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class NewProgram(Wire, frozen=True, forbid_unknown_fields=True):
    """What to call another program in the list."""

    name: _Name


class Program(Wire, frozen=True):
    """A token, but for the token itself."""

    id: str
    name: str
    created_at: str


class ProgramAnswer(Wire, frozen=True):
    """A new token. It is told this once."""

    program: Program
    token: str


class ProgramsAnswer(Wire, frozen=True):
    programs: list[Program]


class Programs:
    """The handlers of tokens."""

    def __init__(self, services: Services) -> None:
        self._store = services.store

    async def all(self, call: Call[None, None]) -> Answer:
        def read(reads: Snapshot) -> list[ServiceToken]:
            call.caller.admin(reads)
            return reads.service_tokens()

        rows = await self._store.read(read)
        return answered(ProgramsAnswer(programs=[_program(row) for row in rows]))

    async def add(self, call: Call[NewProgram, None]) -> Answer:
        problems = name_problems(call.body.name)
        if problems:
            raise ValidationFailed(*problems)
        token = new_service_token()

        def command(tx: Transaction) -> ServiceToken:
            admin = call.caller.admin(tx)
            row = ServiceToken(tx.new_id(), call.body.name, tx.now)
            tx.add_service_token(row, service_digest(token))
            record(tx, admin, "service.create", row, name=row.name)
            return row

        row = await self._store.write(command)
        return answered(ProgramAnswer(program=_program(row), token=token))

    async def remove(self, call: Call[None, None]) -> Answer:
        token_id = call.params["id"]

        def command(tx: Transaction) -> None:
            admin, name = call.caller.admin(tx), tx.remove_service_token(token_id)
            if name is None:
                raise NotFound("token")
            record(tx, admin, "service.revoke", Subject("service", token_id), name=name)

        await self._store.write(command)
        return Answer()


def program_operations(programs: Programs) -> list[Operation]:
    return [
        Operation(
            method="GET",
            path="/api/admin/tokens",
            name="programs",
            summary="The tokens of other programs, oldest first, without the tokens themselves",
            tag="administration",
            handler=programs.all,
            answer=ProgramsAnswer,
            codes=("forbidden",),
        ),
        Operation(
            method="POST",
            path="/api/admin/tokens",
            name="add_program",
            summary="A token for another program; it can't be shown again",
            tag="administration",
            handler=programs.add,
            body=NewProgram,
            answer=ProgramAnswer,
            status=201,
            codes=("forbidden",),
        ),
        Operation(
            method="DELETE",
            path="/api/admin/tokens/{id}",
            name="remove_program",
            summary="Take a token away: it is refused from then on",
            tag="administration",
            handler=programs.remove,
            status=204,
            codes=("forbidden",),
        ),
    ]


def _program(row: ServiceToken) -> Program:
    return Program(id=row.id, name=row.name, created_at=rfc3339(row.created_at))
