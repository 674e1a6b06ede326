"""``feedline explain``, and how it looks in a terminal."""

from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from feedline.administration import named, written
from feedline.errors import NotFound
from feedline.explain.gathering import facts_of
from feedline.explain.story import Story, story_of
from feedline.feed.ports import PostQuery
from feedline.storage import Storage
from feedline.store.base import Transaction
from feedline.store.database import now_millis

_PLACE = Storage()
_COLOURS = {"shown": "green", "sent": "green", "loaded": "cyan", "unknown": "yellow"}


def explain(
    post: str,
    *,
    user: str,
    json: Annotated[bool, Parameter(negative="")] = False,
    storage: Annotated[Storage, Parameter(name="*")] = _PLACE,
) -> None:
    """Say why somebody saw a post, or why not, and when it got how far on each connection.

    feedline explain 019be525-8500-7000-96d1-664c76f6c930 --user ann

    feedline explain @bob --user ann

    What connections went through is kept for a day (`--trail-hours` of `serve`).

    Parameters
    ----------
    post
        The id of the post, the address of its page, or @NAME: the newest one of that person.
    user
        The username of the person who should have seen it.
    json
        Print the story as JSON.
    """

    def read(reads: Transaction) -> Story:
        person = named(reads, user.removeprefix("@"))
        return story_of(facts_of(reads, _id_of(reads, post), person, now_millis()))

    show_story(written(storage, read), Console(), as_json=json)


def _id_of(reads: Transaction, post: str) -> str:
    """Raises NoSuchUser or NotFound."""
    if not post.startswith("@"):
        return post.partition("?")[0].rstrip("/").rpartition("/")[2]
    author = named(reads, post.removeprefix("@"))
    newest = reads.posts(PostQuery(creator=author.id, limit=1))
    if not newest:
        raise NotFound("post")
    return newest[0].id


def show_story(story: Story, console: Console, *, as_json: bool) -> None:
    """Prints it."""
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(story)).decode())  # noqa: T201 - for programs
        return
    colour = _COLOURS.get(story.verdict, "red")
    console.print(f"[bold {colour}]{story.verdict.replace('_', ' ')}[/]  {story.summary}")
    console.print(_moments(story))
    if story.connections:
        console.print(_connections(story))
        others = sum(not one.matters for one in story.connections)
        if others:
            what = "other connection" if others == 1 else "other connections"
            console.print(f"and {others} {what} later that day (--json has them)", highlight=False)
    for note in story.notes:
        console.print(f"[dim]{note}[/]", highlight=False)


def _moments(story: Story) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for moment in story.moments:
        table.add_row(f"{moment.ms:+,} ms", moment.at[11:23], moment.text)
    return table


def _connections(story: Story) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("connection", "node", "open", "what became of it"):
        table.add_column(title, overflow="fold")
    for one in filter(lambda one: one.matters, story.connections):
        # A node that was killed takes with it when its connections ended.
        still = "?" if one.outcome == "unknown" else "now"
        end = still if one.closed_at is None else one.closed_at[11:19]
        table.add_row(one.transport, one.node, f"{one.opened_at[11:19]} to {end}", one.text)
    return table
