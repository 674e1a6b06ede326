"""Every path on which bytes can come to a viewer, walked at every moment."""

import json
from collections.abc import AsyncIterator, Iterable

from tests.secrecy.stage import FILE_HEAD, Stage, Staged
from tests.secrecy.vault import Kind
from tests.secrecy.viewers import Ear, Viewer, by_polls, by_socket, by_stream, until

REST = (
    *("post", "list", "pages", "list of the creator", "list of a tag", "list of a category"),
    *("feed", "comments", "notifications", "profile", "file", "thumbnail", "part of a file"),
    *(
        "head of a file",
        "colours of a picture",
        "like",
        "comment",
        "edit",
        "deletion",
        "deletion of a comment",
    ),
    *("repeat", "descriptions"),
)
REPLAYS = (
    *("poll", "stream", "socket", "late subscription", "poll of a post", "stream of a post"),
    "socket of a post",
)
LIVE = (
    *("live public", "live creator", "live feed", "live notifications", "live posts"),
    *("live without channels", "live stream", "live poll"),
)
PATHS = (*REST, *REPLAYS, *LIVE)

SHOWN: dict[str, Kind] = {
    **dict.fromkeys(("post", "list", "pages", "feed"), "text"),
    **dict.fromkeys(("list of the creator", "list of a tag", "list of a category"), "text"),
    **dict.fromkeys(("poll", "stream", "socket", "late subscription"), "text"),
    **dict.fromkeys(("comments", "poll of a post", "stream of a post"), "comment"),
    **dict.fromkeys(("socket of a post", "live posts"), "comment"),
    **dict.fromkeys(("live public", "live creator", "live feed"), "text"),
    **dict.fromkeys(("live stream", "live poll"), "text"),
    **dict.fromkeys(("file", "part of a file"), "file"),
    "thumbnail": "thumbnail",
}
"""What each path has to show to those who may see it; so that the search can't find nothing."""

_POLLED = b"}"
_STREAMED = b"event: caught_up\n"
_CAUGHT_UP = b'"type":"caught_up"'

OF_FOLLOWERS = ("feed", "live feed")
OF_PEOPLE = (*REPLAYS, *LIVE, "feed")


async def walk(stage: Stage, viewer: Viewer) -> None:
    """Asks for everything, in every way, as one viewer."""
    await walk_lists(stage, viewer)
    for staged in stage.in_play:
        await walk_post(viewer, staged)
    await walk_writes(stage, viewer)
    await walk_replays(stage, viewer)


async def walk_lists(stage: Stage, viewer: Viewer) -> None:
    author = stage.author.id
    lists = {
        "list": "",
        "list of the creator": f"&creator={author}",
        "list of a tag": "&tag=t",
        "list of a category": "&category=c",
    }
    for path, query in lists.items():
        await viewer.ask(path, "GET", f"/api/posts?limit=100{query}")
    page = ""
    while page is not None:
        answer = await viewer.ask("pages", "GET", f"/api/posts?limit=9&page={page}")
        page = json.loads(answer)["next"]
    await viewer.ask("feed", "GET", "/api/feed?limit=100")
    await viewer.ask("notifications", "GET", "/api/notifications")
    await viewer.ask("profile", "GET", f"/api/users/{author}")
    for url in ("/api/openapi.json", "/metrics", "/readyz", "/api/docs"):
        await viewer.ask("descriptions", "GET", url)


async def walk_post(viewer: Viewer, staged: Staged) -> None:
    url = f"/api/posts/{staged.id}"
    await viewer.ask("post", "GET", url)
    await viewer.ask("comments", "GET", f"{url}/comments?limit=100")
    if staged.thumbnail is not None:
        await viewer.ask("thumbnail", "GET", staged.thumbnail)
        await viewer.ask("colours of a picture", "GET", f"{url}/blurred")
        await viewer.ask("head of a file", "HEAD", f"{staged.file}")
    elif staged.file is not None:
        await viewer.ask("file", "GET", staged.file)
        part = f"bytes={len(FILE_HEAD)}-90"
        await viewer.ask("part of a file", "GET", staged.file, Range=part)


async def walk_writes(stage: Stage, viewer: Viewer) -> None:
    """What is answered to who wants to change a post of each tier."""
    for staged in stage.doomed:
        url = f"/api/posts/{staged.id}"
        await viewer.ask("like", "PUT", f"{url}/like")
        await viewer.ask("like", "DELETE", f"{url}/like")
        await viewer.ask("comment", "POST", f"{url}/comments", {"text": "Nice"})
        await viewer.ask("edit", "PATCH", url, {"category": "c"})
        if viewer.name not in ("author", "admin"):
            await viewer.ask("deletion", "DELETE", url)
            comment = f"/api/comments/{staged.comment_id}"
            await viewer.ask("deletion of a comment", "DELETE", comment)
        draft = staged.draft if viewer.is_author else {"text": "other"}
        await viewer.ask("repeat", "POST", "/api/posts", draft, Idempotency_Key=staged.key)


async def walk_replays(stage: Stage, viewer: Viewer) -> None:
    """What the log brings of everything since the start."""
    channels = viewer.channels(stage.author)
    several = list(channels.values())
    connect = {"type": "connect", "channels": several, "cursor": stage.start}
    subscribes = [
        {"type": "subscribe", "id": number, "channel": name, "cursor": stage.start}
        for number, name in enumerate(several)
    ]
    await keep(viewer, "poll", by_polls(viewer, several, stage.start), _POLLED)
    await keep(viewer, "stream", by_stream(viewer, several, stage.start), _STREAMED)
    await keep(viewer, "socket", by_socket(stage.server, viewer, connect), _CAUGHT_UP)
    late = by_socket(stage.server, viewer, {"type": "connect"}, *subscribes)
    await keep(viewer, "late subscription", late, _CAUGHT_UP, 1 + len(several))
    posts = [f"post:{staged.id}" for staged in stage.in_play]
    for staged in (*stage.posts[::5][:4], stage.closing[1], stage.opening[3], stage.doomed[3]):
        await walk_post_channel(stage, viewer, f"post:{staged.id}")
    connect = {"type": "connect", "channels": posts, "cursor": stage.start}
    await keep(viewer, "socket of a post", by_socket(stage.server, viewer, connect), _CAUGHT_UP)


async def walk_post_channel(stage: Stage, viewer: Viewer, name: str) -> None:
    await keep(viewer, "poll of a post", by_polls(viewer, [name], stage.start), _POLLED)
    await keep(viewer, "stream of a post", by_stream(viewer, [name], stage.start), _STREAMED)


async def keep(
    viewer: Viewer, path: str, pieces: AsyncIterator[bytes], sign: bytes, times: int = 1
) -> None:
    viewer.received[path] += await until(pieces, sign, times)


Sound = tuple[Ear, AsyncIterator[bytes]]


def open_ears(stage: Stage, viewer: Viewer, cursor: str) -> Iterable[Sound]:
    """A connection of each kind, which stays open."""
    channels = viewer.channels(stage.author)
    for kind, name in channels.items():
        connect = {"type": "connect", "channels": [name], "cursor": cursor}
        yield Ear(viewer, f"live {kind}"), by_socket(stage.server, viewer, connect)
    connect = {"type": "connect", "cursor": cursor}
    yield Ear(viewer, "live without channels"), by_socket(stage.server, viewer, connect)
    several = list(channels.values())
    yield Ear(viewer, "live stream"), by_stream(viewer, several, cursor)
    yield Ear(viewer, "live poll"), by_polls(viewer, several, cursor)


def open_post_ear(stage: Stage, viewer: Viewer, cursor: str) -> Sound:
    """A connection with each post that is visible when it begins."""
    posts = [f"post:{staged.id}" for staged in stage.posts]
    connect = {"type": "connect", "channels": posts, "cursor": cursor}
    return Ear(viewer, "live posts"), by_socket(stage.server, viewer, connect)
