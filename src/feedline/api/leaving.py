"""One's own account: taking everything along, and deleting it; and what admins do to others'."""

import msgspec

from feedline.api.exporting import exported
from feedline.api.identity import session_cookie
from feedline.api.operation import Call
from feedline.api.ranges import FileAnswer
from feedline.api.services import Services
from feedline.errors import Forbidden, NotFound, ValidationFailed
from feedline.feed import accounts
from feedline.feed.accounts import Account, account_of
from feedline.feed.people import UserRow, Wire, password_problems
from feedline.feed.ports import Reads
from feedline.store.base import Snapshot, Transaction
from feedline.wire.answers import Answer, answered

_WRONG = "The password is not right."
_SESSIONS = 1_000  # that are counted of one person


class Farewell(Wire, frozen=True, forbid_unknown_fields=True):
    """Somebody wants to be deleted, and proves that it is them."""

    password: str


class PasswordChange(Wire, frozen=True, forbid_unknown_fields=True):
    """Somebody wants another password, and proves that it is them."""

    password: str
    new_password: str


class AccountChange(Wire, frozen=True, forbid_unknown_fields=True):
    """Whether somebody is shut out."""

    disabled: bool


class AccountAnswer(Wire, frozen=True):
    user: Account


class AccountsAnswer(Wire, frozen=True):
    users: list[Account]


class AccountsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts: those whose username begins so, the newest first."""

    search: str = ""


class Leaving:
    """The handlers of accounts as a whole."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def export(self, call: Call[None, None]) -> FileAnswer:
        person = await self._store.read(call.caller.person)
        self._services.exports.count(person.id, self._services.clock())
        pieces = exported(self._store, self._services.files, person, call.caller.now)
        headers = (
            (b"content-type", b"application/zip"),
            (b"content-disposition", b'attachment; filename="feedline-%b.zip"' % _name(person)),
            (b"cache-control", b"no-store"),
        )
        first = b"" if call.method == "HEAD" else await anext(pieces)
        return FileAnswer(200, headers, first, pieces)

    async def delete_me(self, call: Call[Farewell, None]) -> Answer:
        """Raises Forbidden for a wrong password, RateLimited after too many."""
        await self._prove(call, call.body.password)

        def command(tx: Transaction) -> None:
            me = call.caller.person(tx)
            accounts.delete(tx, me, me)

        await self._store.write(command)
        self._services.somebody_leaves()
        return Answer(headers=(session_cookie("", 0, call.scheme),))

    async def change_password(self, call: Call[PasswordChange, None]) -> Answer:
        """Raises ValidationFailed; Forbidden for a wrong password, RateLimited after too many."""
        problems = password_problems("newPassword", call.body.new_password)
        if problems:
            raise ValidationFailed(*problems)
        proven = await self._prove(call, call.body.password)
        password_hash = await self._services.hasher.hash(call.body.new_password)

        def command(tx: Transaction) -> None:
            me = call.caller.person(tx)
            if me.password_hash != proven.password_hash:  # it was changed meanwhile
                raise Forbidden(_WRONG)
            session_id = call.caller.required.session_id
            accounts.change_password(tx, me, password_hash, session_id)

        await self._store.write(command)
        return Answer()

    async def _prove(
        self, call: Call[Farewell, None] | Call[PasswordChange, None], password: str
    ) -> UserRow:
        """The person, whose password is right. Raises Forbidden, RateLimited after too many."""
        services = self._services
        person = await self._store.read(call.caller.person)
        now = services.clock()
        services.throttle.check(person.username, call.address, now)
        if not await services.hasher.verify(password, person.password_hash or None):
            services.throttle.failed(person.username, call.address, now)
            raise Forbidden(_WRONG)
        return person

    async def accounts(self, call: Call[None, AccountsQuery]) -> Answer:
        def read(reads: Snapshot) -> list[Account]:
            call.caller.admin(reads)
            rows = reads.people(call.query.search, None, 100)
            return [_account(reads, row, call.caller.now) for row in rows]

        return answered(AccountsAnswer(users=await self._store.read(read)))

    async def change(self, call: Call[AccountChange, None]) -> Answer:
        act = accounts.disable if call.body.disabled else accounts.enable

        def command(tx: Transaction) -> Account:
            admin, person = call.caller.admin(tx), _other(tx, call)
            act(tx, admin, person)
            return _account(tx, _other(tx, call), tx.now)

        return answered(AccountAnswer(user=await self._store.write(command)))

    async def delete(self, call: Call[None, None]) -> Answer:
        def command(tx: Transaction) -> None:
            accounts.delete(tx, call.caller.admin(tx), _other(tx, call))

        await self._store.write(command)
        self._services.somebody_leaves()
        return Answer()


def _other(reads: Reads, call: Call[AccountChange, None] | Call[None, None]) -> UserRow:
    """Whom it is about. Raises NotFound, or Forbidden for oneself."""
    row = reads.user(call.params["id"])
    if row is None:
        raise NotFound("person")
    if row.id == call.caller.required.user_id:
        raise Forbidden("Not one's own account.")
    return row


def _account(reads: Reads, row: UserRow, now: int) -> Account:
    return account_of(row, len(reads.sessions_of(row.id, now, _SESSIONS)))


def _name(person: UserRow) -> bytes:
    return person.username.encode("ascii", "ignore")
