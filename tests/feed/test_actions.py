"""What people do, through a real store: the events of each action say exactly what it changed."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.errors import Conflict, Forbidden, NotFound, Refusal, ValidationFailed
from feedline.feed import actions
from feedline.feed.drafts import Draft, DraftLimits
from feedline.feed.events import (
    AnyEvent,
    CreatorUpdated,
    PostCreated,
    PostDeleted,
    PostEvent,
    PostUpdated,
    SessionRevoked,
    audience,
    rendered,
)
from feedline.feed.people import ProfileChange, Registration, UserRow
from feedline.feed.ports import PostQuery
from feedline.feed.posts import Post, for_event, normalize
from feedline.feed.visibility import Viewer
from feedline.store.base import LogEntry, Snapshot, Store, Transaction
from tests.feed.strategies import drafts, examples, new_id, texts
from tests.store.opening import (
    DATABASES,
    HOUR,
    NOW,
    Announced,
    Clock,
    Location,
    contents,
    location_of,
    opened,
    publish,
    register,
    whole_log,
)

LIMITS = DraftLimits()
PEOPLE = ("ann", "ben", "cat")
Posts = dict[str, Post]


class Reader:
    """A client in short: it holds posts and applies events to them."""

    def __init__(self, viewer_id: str, posts: Posts) -> None:
        self.viewer_id = viewer_id
        self.posts = dict(posts)

    def apply(self, event: AnyEvent) -> None:
        form = audience(event, Viewer(self.viewer_id))
        event = event if form is None else rendered(event, form)
        match event:
            case PostDeleted(post_id=post_id):
                self.posts.pop(post_id, None)
            case CreatorUpdated(creator=creator):
                for id_, post in self.posts.items():
                    if post.creator.id == creator.id:
                        self.posts[id_] = msgspec.structs.replace(post, creator=creator)
            case PostCreated() | PostUpdated():
                self.posts[event.post.id] = event.post


class Town:
    """Three people, one of them an admin, in a store; actions come from tests."""

    def __init__(self, path: Location) -> None:
        self.path = path
        self.clock = Clock()
        self.announced = Announced()
        self.ids: dict[str, str] = {}
        self._runner = asyncio.Runner()
        self._opened = opened(path, self.announced, clock=self.clock)
        self.store: Store = self._runner.run(self._opened.__aenter__())
        self.write(self._settle)

    def _settle(self, tx: Transaction) -> None:
        for name in PEOPLE:
            self.ids[name] = register(tx, name).id
        self.ids["root"] = tx.new_id()
        tx.add_user(
            UserRow(
                id=self.ids["root"],
                username="root",
                name="Root",
                role="admin",
                password_hash="hash",
                created_at=tx.now,
            )
        )

    def close(self) -> None:
        self._runner.run(self._opened.__aexit__(None, None, None))
        self._runner.close()

    def write(self, command: Callable[[Transaction], Any]) -> Any:
        return self._runner.run(self.store.write(command))

    def act(self, name: str, act: Callable[[Transaction, UserRow], Any]) -> Any:
        """What a person does, with them as they are now."""

        def command(tx: Transaction) -> Any:
            person = tx.user(self.ids[name])
            assert person is not None
            return act(tx, person)

        return self.write(command)

    def publish(self, name: str, **draft: Any) -> Post:
        post: Post = self.act(name, lambda tx, person: publish(tx, person, **draft))
        return post

    def edit(self, name: str, post_id: str, **draft: Any) -> Post:
        post: Post = self.act(
            name, lambda tx, person: actions.edit_post(tx, person, post_id, Draft(**draft), LIMITS)
        )[0]
        return post

    def delete(self, name: str, post_id: str) -> None:
        self.act(name, lambda tx, person: actions.delete_post(tx, person, post_id))

    def posts_of(self, viewer: str) -> Posts:
        """The snapshot that a person gets by REST, in the form that events have."""

        def read(snapshot: Snapshot) -> Posts:
            rows = snapshot.posts(PostQuery(limit=1_000))
            return {row.id: for_event(normalize(row, Viewer(self.ids[viewer]))) for row in rows}

        return self._runner.run(self.store.read(read))

    def log(self) -> list[LogEntry]:
        return self._runner.run(whole_log(self.store))

    def readers(self) -> list[Reader]:
        return [Reader(id_, self.posts_of(name)) for name, id_ in self.ids.items()]


@contextmanager
def town_in(path: Location) -> Iterator[Town]:
    town = Town(path)
    try:
        yield town
    finally:
        town.close()


@contextmanager
def new_town(database: str) -> Iterator[Town]:
    with location_of(database) as location, town_in(location) as town:
        yield town


@pytest.fixture(params=DATABASES)
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    with new_town(request.param) as town:
        yield town


def assert_converged(town: Town, readers: list[Reader], events: list[AnyEvent]) -> None:
    """A snapshot from before with the events since is the snapshot of now, for everyone."""
    for name, reader in zip(town.ids, readers, strict=True):
        for event in events:
            reader.apply(event)
        assert reader.posts == town.posts_of(name)


# What can be done, as a person's name, a pick among the posts, and what is said.
publications = st.tuples(st.just("publish"), st.sampled_from(PEOPLE), st.just(0), drafts)
edits = st.tuples(st.just("edit"), st.sampled_from(PEOPLE), st.integers(0, 5), drafts)
deletions = st.tuples(
    st.just("delete"), st.sampled_from([*PEOPLE, "root"]), st.integers(0, 5), st.none()
)
profiles = st.tuples(
    st.just("profile"),
    st.sampled_from(PEOPLE),
    st.just(0),
    st.builds(ProfileChange, name=texts, avatar=st.sampled_from([None, "https://a/b.png"])),
)
newcomers = st.tuples(st.just("register"), st.sampled_from(["Ann", "dan"]), st.just(0), st.none())
ticks = st.tuples(st.just("tick"), st.just(""), st.integers(-2, 3), st.none())
histories = st.lists(
    publications | publications | edits | edits | deletions | profiles | newcomers | ticks,
    min_size=4,
    max_size=12,
)


def perform(town: Town, step: tuple[str, str, int, Any]) -> None:
    """One step of a history. Raises what the action raises."""
    kind, name, pick, said = step
    posts = sorted(town.posts_of("ann"))
    post_id = posts[pick % len(posts)] if posts else new_id()
    if kind == "publish":
        town.act(name, lambda tx, who: actions.publish_post(tx, who, said, LIMITS, "a key"))
    elif kind == "edit":
        town.act(name, lambda tx, who: actions.edit_post(tx, who, post_id, said, LIMITS))
    elif kind == "delete":
        town.delete(name, post_id)
    elif kind == "profile":
        town.act(name, lambda tx, who: actions.change_profile(tx, who, said))
    elif kind == "register":
        town.write(lambda tx: register(tx, name))
    else:
        town.clock.now += pick


@pytest.mark.parametrize("database", DATABASES)
@examples(20)
@given(history=histories)
def test_a_snapshot_and_the_events_since_are_the_snapshot_of_now(
    database: str, history: list[tuple[str, str, int, Any]]
) -> None:
    """Checked after each action, for everyone; and a refused one changes nothing at all."""
    with new_town(database) as town:
        nobody = [Reader(id_, {}) for id_ in town.ids.values()]
        for step in history:
            readers, rows = town.readers(), contents(town.path)
            known = len(town.announced.entries)
            try:
                perform(town, step)
            except Refusal:
                assert contents(town.path) == rows
                assert len(town.announced.entries) == known
            assert_converged(
                town, readers, [entry.event for entry in town.announced.entries[known:]]
            )
        # Whoever was away all the time and replays the log arrives at the same.
        assert_converged(town, nobody, [entry.event for entry in town.log()])


def refused(town: Town, why: type[Refusal], act: Callable[[], Any]) -> Refusal:
    """Checks that an action is refused, and that nothing of it remains."""
    before = contents(town.path)
    with pytest.raises(why) as caught:
        act()
    assert contents(town.path) == before
    return caught.value


def last_event(town: Town) -> AnyEvent:
    return town.log()[-1].event


def test_a_new_post_is_in_its_event_as_in_the_answer(town: Town) -> None:
    post, position = town.act(
        "ann",
        lambda tx, ann: actions.publish_post(tx, ann, Draft(text="a", tier="vip"), LIMITS, "key"),
    )
    event = last_event(town)
    assert isinstance(event, PostCreated)
    assert event.post == for_event(post)
    assert event.cursor == str(position)
    assert event.channel == f"creator:{town.ids['ann']}"
    assert event.timestamp == post.created_at
    assert post.client_id == "key"


def test_an_edit_keeps_what_it_does_not_name(town: Town) -> None:
    post = town.publish("ann", title="a", text="b", tags=["c"], tier="basic")
    edited = town.edit("ann", post.id, text="changed")
    assert edited.content == msgspec.structs.replace(post.content, text="changed")
    assert edited.access == post.access
    assert edited.created_at == post.created_at


def test_edits_at_one_instant_and_after_a_clock_set_back_sort_in_their_order(town: Town) -> None:
    post = town.publish("ann", text="0")
    instants = [post.updated_at]
    for step in (0, 0, -5_000, 1):
        town.clock.now += step
        instants.append(town.edit("ann", post.id, text=str(len(instants))).updated_at)
    assert instants == sorted(set(instants))


def test_an_edit_that_changes_nothing_is_no_event(town: Town) -> None:
    post = town.publish("ann", title="a")
    before = contents(town.path)
    town.clock.now += 1_000
    assert town.edit("ann", post.id, title=" a ", text="", tags=[], tier=None) == post
    assert town.edit("ann", post.id) == post
    assert contents(town.path) == before


@pytest.mark.parametrize("draft", [{}, {"title": " "}, {"text": "x" * 10_001}, {"tier": "gold"}])
def test_a_post_that_is_not_valid_is_refused(town: Town, draft: dict[str, Any]) -> None:
    refused(town, ValidationFailed, lambda: town.publish("ann", **draft))


@pytest.mark.parametrize("draft", [{"text": None}, {"title": "x" * 201}, {"tags": [""]}])
def test_an_edit_that_is_not_valid_is_refused(town: Town, draft: dict[str, Any]) -> None:
    post = town.publish("ann", text="a")
    refused(town, ValidationFailed, lambda: town.edit("ann", post.id, **draft))


def test_a_post_of_somebody_else_can_not_be_edited(town: Town) -> None:
    post = town.publish("ann", text="a")
    for name in ("ben", "root"):
        refused(town, Forbidden, partial(town.edit, name, post.id, text="b"))


def test_a_post_of_somebody_else_can_not_be_deleted_but_by_an_admin(town: Town) -> None:
    post = town.publish("ann", text="a")
    refused(town, Forbidden, lambda: town.delete("ben", post.id))
    town.delete("root", post.id)
    event = last_event(town)
    assert isinstance(event, PostDeleted)
    assert event.user_id == town.ids["ann"]
    assert event.channel == f"creator:{town.ids['ann']}"


def test_a_post_that_is_not_there_can_not_be_changed(town: Town) -> None:
    post = town.publish("ann", text="a")
    town.delete("ann", post.id)
    for post_id in (post.id, new_id(), "nonsense", ""):
        refused(town, NotFound, partial(town.edit, "ann", post_id, text="b"))
        refused(town, NotFound, partial(town.delete, "ann", post_id))


def test_a_deleted_post_leaves_nothing_of_what_it_said_in_the_log(town: Town) -> None:
    kept = town.publish("ann", text="stays")
    post = town.publish("ann", title="secret 1", text="secret 2", category="secret 3")
    town.edit("ann", post.id, text="secret 4", tags=["secret 5"])
    town.delete("ann", post.id)
    stored = [row[3] for row in contents(town.path)["events"]]
    assert not [body for body in stored if b"secret" in body]
    assert [body for body in stored if b"stays" in body]
    posts = [e.event.post.id for e in town.log() if isinstance(e.event, PostEvent)]
    assert posts == [kept.id, post.id, post.id]


def test_names_are_taken_whatever_their_case(town: Town) -> None:
    refusal = refused(town, Conflict, lambda: town.write(lambda tx: register(tx, "ANN")))
    assert str(refusal) == "The username 'ANN' is already taken."


def test_a_registration_that_is_not_valid_is_refused(town: Town) -> None:
    wrong = Registration(username="x!", password="short")
    refused(
        town, ValidationFailed, lambda: town.write(lambda tx: actions.register(tx, wrong, "hash"))
    )


def test_a_newcomer_without_a_name_is_called_by_the_username(town: Town) -> None:
    newcomer = Registration(username="Dan", password="correct horse")
    row = town.write(lambda tx: actions.register(tx, newcomer, "hash"))
    assert (row.name, row.role, row.created_at) == ("Dan", "user", NOW)


def test_a_profile_is_changed_in_the_parts_that_are_named(town: Town) -> None:
    def change(**parts: str | None) -> tuple[str, str | None]:
        wanted = ProfileChange(**parts)  # type: ignore[arg-type]
        town.act("ann", lambda tx, ann: actions.change_profile(tx, ann, wanted))
        event = last_event(town)
        assert isinstance(event, CreatorUpdated)
        return event.creator.name, event.creator.avatar

    assert change(name=" Ann Lee ") == ("Ann Lee", None)
    assert change(avatar="https://a/b.png") == ("Ann Lee", "https://a/b.png")
    assert change(avatar="", name="Ann") == ("Ann", None)


def test_a_profile_that_stays_the_same_is_no_event(town: Town) -> None:
    before = contents(town.path)
    for change in (ProfileChange(), ProfileChange(name="ann", avatar=None)):
        town.act("ann", partial(actions.change_profile, change=change))
    assert contents(town.path) == before


def test_a_profile_that_is_not_valid_is_refused(town: Town) -> None:
    change = ProfileChange(name="\n", avatar="javascript:alert(1)")
    refused(
        town,
        ValidationFailed,
        lambda: town.act("ann", lambda tx, ann: actions.change_profile(tx, ann, change)),
    )


def test_a_session_is_good_until_its_end(town: Town) -> None:
    session = town.act("ann", lambda tx, ann: actions.sign_in(tx, ann, NOW + HOUR))

    def signed_in(now: int) -> bool:
        person = town.write(lambda tx: tx.signed_in(session.id, now))
        return person is not None and person.id == town.ids["ann"]

    assert signed_in(NOW + HOUR - 1)
    assert not signed_in(NOW + HOUR)


def test_signing_out_ends_the_session_and_tells_the_servers(town: Town) -> None:
    session = town.act("ann", lambda tx, ann: actions.sign_in(tx, ann, NOW + HOUR))
    other = town.act("ann", lambda tx, ann: actions.sign_in(tx, ann, NOW + HOUR))
    town.write(lambda tx: actions.sign_out(tx, session.id))
    assert town.write(lambda tx: tx.signed_in(session.id, NOW)) is None
    assert town.write(lambda tx: tx.signed_in(other.id, NOW)) is not None
    event = last_event(town)
    assert isinstance(event, SessionRevoked)
    assert event.session_id == session.id


def test_a_profile_counts_the_posts_that_are_there(town: Town) -> None:
    def count() -> int:
        person: UserRow = town.write(lambda tx: tx.user(town.ids["ann"]))
        return person.posts_count

    posts = [town.publish("ann", text=str(number)) for number in range(3)]
    assert count() == 3
    town.delete("root", posts[0].id)
    town.delete("ann", posts[1].id)
    assert count() == 1
