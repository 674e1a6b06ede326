"""The story of a post and a person, for admins; and for authors, how far their posts got."""

from typing import Annotated

import msgspec

from feedline.api.operation import Call
from feedline.api.services import Services
from feedline.api.users import find_user
from feedline.errors import Forbidden, NotFound
from feedline.explain.gathering import facts_of, post_facts
from feedline.explain.reach import Reach, reach_of
from feedline.explain.story import Story, story_of
from feedline.feed.actions import post_for
from feedline.feed.people import Wire
from feedline.store.base import Snapshot
from feedline.store.database import now_millis
from feedline.wire.answers import Answer, answered


class StoryQuery(Wire, frozen=True):
    """Whose story: a username or an id."""

    user: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class StoryAnswer(Wire, frozen=True):
    """What became of a post on the way to a person."""

    story: Story


class ReachAnswer(Wire, frozen=True):
    """How far a post got, live."""

    reach: Reach


class Stories:
    """The handlers of both."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def story(self, call: Call[None, StoryQuery]) -> Answer:
        def read(reads: Snapshot) -> Story:
            call.caller.admin(reads)
            person = find_user(reads, call.query.user)
            if person is None:
                raise NotFound("person")
            return story_of(facts_of(reads, call.params["id"], person, now_millis()))

        return answered(StoryAnswer(story=await self._store.read(read)))

    async def reach(self, call: Call[None, None]) -> Answer:
        """Raises NotFound, Forbidden for a post of somebody else, RateLimited."""

        def check(reads: Snapshot) -> str:
            person = call.caller.person(reads)
            row = post_for(reads, call.params["id"], reads.viewer(person.id))
            if row.creator.id != person.id:
                raise Forbidden("How far a post got is told to its author alone.")
            return person.id

        def read(reads: Snapshot) -> Reach:
            return reach_of(reads, post_facts(reads, call.params["id"]), now_millis())

        self._services.reaches.count(await self._store.read(check), self._services.clock())
        return answered(ReachAnswer(reach=await self._store.read(read)))
