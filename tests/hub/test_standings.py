"""Who follows whom among those who are here, against a model."""

from hypothesis import given
from hypothesis import strategies as st

from feedline.feed.channels import feed_channel, notifications_channel
from feedline.feed.events import FeedUpdate
from feedline.hub.standings import Rights, Standings
from tests.feed.strategies import examples

PEOPLE = ("ann", "ben", "cat")
steps = st.tuples(
    st.sampled_from(["come", "load", "leave", "follow", "unfollow", "mute"]),
    st.sampled_from(PEOPLE),
    st.sampled_from(PEOPLE),
)


def change(reason: str, user: str, creator: str) -> FeedUpdate:
    channel = feed_channel(user)
    if reason != "unfollow":
        return FeedUpdate(
            channel=channel,
            timestamp="",
            reason="follow",
            creator_id=creator,
            notify_posts=reason == "follow",
        )
    return FeedUpdate(channel=channel, timestamp="", reason="unfollow", creator_id=creator)


@examples(200)
@given(st.lists(steps, max_size=60))
def test_followers_who_are_here_are_those_of_a_model(
    script: list[tuple[str, str, str]],
) -> None:
    standings = Standings()
    follows: dict[str, set[str]] = {person: set() for person in PEOPLE}
    muted: dict[str, set[str]] = {person: set() for person in PEOPLE}
    loaded: set[str] = set()
    for seq, (step, person, creator) in enumerate(script, 1):
        if step == "come":
            standings.of(person)
        elif step == "load":
            standings.of(person)
            rights = Rights(sorted(follows[person]), {}, sorted(muted[person]))
            standings.load(person, rights, seq)
            loaded.add(person)
        elif step == "leave":
            standings.forget(person)
            loaded.discard(person)
        elif person != creator:
            (follows[person].discard if step == "unfollow" else follows[person].add)(creator)
            (muted[person].add if step == "mute" else muted[person].discard)(creator)
            standings.apply(change(step, person, creator), person, seq)
        for one in PEOPLE:
            here = {who for who in loaded if one in (who, *follows[who])}
            assert sorted(standings.feeds(one)) == sorted(map(feed_channel, here))
            hearing = {who for who in here if who != one and one not in muted[who]}
            assert sorted(standings.hearing(one)) == sorted(map(notifications_channel, hearing))
            for who in here:
                since = standings.of(who).heard_since(one)
                assert (since is not None) == (who in hearing)


def test_what_was_in_the_snapshot_already_is_not_taken_twice() -> None:
    """Somebody followed, and stopped before the rights were read: the older event is old news."""
    standings = Standings()
    standings.of("ann")
    standings.apply(change("follow", "ann", "ben"), "ann", 5)
    standings.apply(change("follow", "ann", "cat"), "ann", 8)
    standings.load("ann", Rights([], {}), 7)
    assert list(standings.feeds("ben")) == []
    assert list(standings.feeds("cat")) == [feed_channel("ann")]


def test_a_tier_counts_from_its_event_on() -> None:
    standings = Standings()
    standing = standings.of("ann")
    standings.load("ann", Rights([], {"ben": "vip"}), 3)
    assert standing.viewer.tiers == {"ben": "vip"}
    event = FeedUpdate(
        channel=feed_channel("ann"), timestamp="", reason="tier", creator_id="ben", tier=None
    )
    standings.apply(event, "ann", 4)
    assert standing.viewer.tiers == {}


def test_posts_are_heard_of_from_where_that_began() -> None:
    standings = Standings()
    standing = standings.of("ann")
    standings.load("ann", Rights(["ben"], {}, ["ben"]), 3)
    assert standing.heard_since("ben") is None
    for seq, reason in enumerate(["follow", "follow", "mute", "follow", "unfollow", "follow"], 4):
        standings.apply(change(reason, "ann", "ben"), "ann", seq)
        expected = {4: 4, 5: 4, 6: None, 7: 7, 8: None, 9: 9}[seq]
        assert standing.heard_since("ben") == expected
