"""Profiles: anyone's to read, one's own to change."""

import msgspec

from feedline.api.operation import Call
from feedline.api.paging import Limit
from feedline.api.services import Services
from feedline.errors import NotFound
from feedline.feed import actions
from feedline.feed.experiments import Setting, Variant
from feedline.feed.instants import is_id
from feedline.feed.people import ProfileChange, User, UserRow, Wire, user_of
from feedline.feed.policy import LivePolicy
from feedline.feed.ports import Reads
from feedline.feed.visibility import Tier
from feedline.store.base import Snapshot, Transaction
from feedline.wire.answers import Answer, answered


class Profile(User, frozen=True):
    """A person as their profile shows them to the caller."""

    is_followed: bool
    notify_posts: bool
    tier: Tier | None
    is_blocked: bool
    """By the caller, who may end it; who is blocked finds nobody."""


class Part(Wire, frozen=True):
    """How somebody takes part in the experiment that runs, and what is different for them."""

    name: str
    variant: Variant
    settings: dict[str, Setting]


class Me(User, frozen=True):
    """A person as they see themselves."""

    experiment: Part | msgspec.UnsetType = msgspec.UNSET


class UserAnswer(Wire, frozen=True):
    user: Me


class ProfileAnswer(Wire, frozen=True):
    user: Profile


class UsersAnswer(Wire, frozen=True):
    users: list[User]


class SuggestionQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How many people to suggest."""

    limit: Limit = 20


class Users:
    """The handlers of profiles."""

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._policy = services.policy

    async def me(self, call: Call[None, None]) -> Answer:
        def read(reads: Snapshot) -> UserRow:
            return call.caller.person(reads)

        return answered(UserAnswer(user=me_of(await self._store.read(read), self._policy())))

    async def change_me(self, call: Call[ProfileChange, None]) -> Answer:
        caller, change = call.caller, call.body

        def command(tx: Transaction) -> Profile:
            return profile_of(actions.change_profile(tx, caller.person(tx), change))

        return answered(ProfileAnswer(user=await self._store.write(command)))

    async def to_follow(self, call: Call[None, SuggestionQuery]) -> Answer:
        limit = call.query.limit

        def read(reads: Snapshot) -> list[UserRow]:
            return reads.people_to_follow(call.caller.viewer(reads).id, limit)

        rows = await self._store.read(read, call.seen)
        return answered(UsersAnswer(users=[user_of(row) for row in rows]))

    async def one(self, call: Call[None, None]) -> Answer:
        wanted = call.params["idOrUsername"]

        def read(reads: Snapshot) -> Profile:
            viewer = call.caller.viewer(reads)
            row = find_user(reads, wanted)
            if row is None:
                raise NotFound("person")
            is_apart = row.id in viewer.apart
            if is_apart and not reads.has_blocked(str(viewer.id), row.id):
                raise NotFound("person")
            followed = viewer.id is not None and reads.is_following(viewer.id, row.id)
            return profile_of(
                row,
                is_followed=followed,
                notify_posts=followed and reads.notifies_posts(str(viewer.id), row.id),
                tier=viewer.tiers.get(row.id),
                is_blocked=is_apart,
            )

        return answered(ProfileAnswer(user=await self._store.read(read, call.seen)))


def find_user(reads: Reads, id_or_username: str) -> UserRow | None:
    """A person by either. Ids win: a newcomer could take the id of another for a name."""
    given = id_or_username.lower() if is_id(id_or_username.lower()) else id_or_username
    return reads.user(given) or reads.user_by_name(id_or_username)


def me_of(row: UserRow, policy: LivePolicy) -> Me:
    """A person as they see themselves; with their part in an experiment, if they have one."""
    part: Part | msgspec.UnsetType = msgspec.UNSET
    experiment = policy.experiment
    variant = experiment and experiment.variant_of(row.id)
    if experiment and variant:
        settings = experiment.settings_of(row.id) or {}
        part = Part(name=experiment.name, variant=variant, settings=settings)
    return Me(**msgspec.structs.asdict(user_of(row)), experiment=part)


def profile_of(
    row: UserRow,
    *,
    is_followed: bool = False,
    notify_posts: bool = False,
    tier: Tier | None = None,
    is_blocked: bool = False,
) -> Profile:
    return Profile(
        **msgspec.structs.asdict(user_of(row)),
        is_followed=is_followed,
        notify_posts=notify_posts,
        tier=tier,
        is_blocked=is_blocked,
    )
