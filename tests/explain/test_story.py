"""What a story puts first, and what it leaves for whoever asks."""

import io

from msgspec import structs
from rich.console import Console

from feedline.explain.command import show_story
from feedline.explain.facts import CONNECTIONS, Facts, Follows, PersonFacts, PostFacts
from feedline.explain.story import Story, story_of
from feedline.feed.trails import Applied, Began, NodeRun, Subscribed, Trail, WentLive

SECOND = 1_000
COMMITTED = 1_769_076_000_000
RUN = NodeRun(id="n", name="feed1", pid=7, started_at=COMMITTED - SECOND, seen_at=COMMITTED)


def connection(name: str, opened_at: int, position: int) -> Trail:
    """One that was live from a place in the log on, for ten seconds."""
    channels = {"feed:ann": position}
    return Trail(
        id=name,
        user_id="ann",
        node_id="n",
        transport="ws",
        opened_at=opened_at,
        closed_at=opened_at + 10 * SECOND,
        close_code=1001,
        reached=position + 5,
        marks=[
            Began(opened_at, position, position),
            Subscribed(opened_at, position, channels),
            WentLive(opened_at, position),
            Applied(opened_at + 5 * SECOND, position + 5),
        ],
    )


def told(trails: list[Trail]) -> Story:
    post = PostFacts("p", "bob", "bob", 3, COMMITTED)
    person = PersonFacts("ann", "ann", followed_since=0)
    now = COMMITTED + 3_600 * SECOND
    return story_of(Facts(now, 0, post, person, trails=trails, nodes={"n": RUN}))


def in_a_terminal(story: Story) -> str:
    said = io.StringIO()
    show_story(story, Console(file=said, width=200), as_json=False)
    return said.getvalue()


def test_who_comes_and_goes_all_day_has_the_connections_of_the_post_first() -> None:
    there = connection("there", COMMITTED - SECOND, 2)
    later = [connection(f"later{n}", COMMITTED + n * 60 * SECOND, 10 + n) for n in range(1, 32)]
    story = told([there, *later])
    assert (story.verdict, story.reason) == ("shown", "live")
    assert [one.id for one in story.connections] == [trail.id for trail in (there, *later)]
    assert [one.matters for one in story.connections] == [True, *[False] * 31]
    assert [one.kind for one in story.moments].count("opened") == 1
    shown = in_a_terminal(story)
    assert "and 31 other connections later that day" in shown
    assert shown.count("ws ") == 1


def test_when_a_connection_of_a_killed_node_ended_is_not_known() -> None:
    story = told([connection("there", COMMITTED - SECOND, 2)])
    (ended,) = story.connections
    for outcome, end in (("unknown", "to ?"), ("waiting", "to now")):
        open_still = structs.replace(ended, closed_at=None, outcome=outcome)
        assert end in in_a_terminal(structs.replace(story, connections=[open_still]))


def test_one_connection_matters_at_the_least() -> None:
    later = [connection(f"later{n}", COMMITTED + n * 60 * SECOND, 10 + n) for n in (1, 2, 3)]
    story = told(later)
    assert (story.verdict, story.reason) == ("loaded", "listed")
    assert [(one.id, one.matters) for one in story.connections] == [
        ("later1", True),
        ("later2", False),
        ("later3", False),
    ]


def test_that_not_all_were_looked_at_is_said() -> None:
    trails = [connection(f"c{n}", COMMITTED + n * SECOND, 10 + n) for n in range(CONNECTIONS)]
    assert any("first 200" in note for note in told(trails).notes)
    assert not any("first 200" in note for note in told(trails[1:]).notes)


def test_who_follows_and_changed_nothing_since_followed_whatever_the_clocks_of_nodes_say() -> None:
    for since, follows in ((1_050, True), (None, False)):
        person = PersonFacts("ann", "ann", followed_since=since)
        post = PostFacts("p1", "bob", "bob", 1, 1_000)
        assert Follows(Facts(2_000, 0, post, person)).at_the_post is follows
