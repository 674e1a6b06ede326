"""A client in short: what it holds, and what events change of that. Nothing but the protocol."""

from dataclasses import dataclass, field
from typing import Any

from feedline.feed.visibility import TIERS
from tests.convergence.snapshot import Comments, Json, View


@dataclass
class Reader:
    """``wanted``: posts whose channel it has yet to join, and from which cursor on.

    ``stale``: creators whose posts have to be loaded anew. ``unsure``: whose posts one is
    notified of has changed, so that notifications are loaded anew, where they don't come anew.
    """

    me: str
    cursor: str = ""
    posts: dict[str, Json] = field(default_factory=dict)
    home: set[str] = field(default_factory=set)
    comments: Comments = field(default_factory=dict)
    notifications: dict[str, Json] = field(default_factory=dict)
    unread: int = 0
    follows: set[str] = field(default_factory=set)
    tiers: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, Json] = field(default_factory=dict)
    watched: set[str] = field(default_factory=set)
    wanted: dict[str, str] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    unsure: bool = False

    @classmethod
    def of(cls, me: str, view: View) -> "Reader":
        """Somebody who has just loaded everything."""
        return cls(
            me=me,
            cursor=view.cursor,
            posts=dict(view.posts),
            home=set(view.home),
            comments={id_: dict(comments) for id_, comments in view.comments.items()},
            notifications=dict(view.notifications),
            unread=view.unread,
            follows=set(view.follows),
            tiers=dict(view.tiers),
            wanted=dict.fromkeys(view.comments, view.cursor),
        )

    def apply(self, event: Json) -> None:
        """Takes in one event, in the order in which they come."""
        kind = event["type"]
        if "timestamp" in event and "replay" not in event:
            self.cursor = event["cursor"]
        match kind:
            case "post_created" | "post_updated":
                self._take(event["post"], event["cursor"])
            case "post_deleted":
                self._forget(event["postId"])
                self._unnotify(event["postId"])
            case "post_retracted":
                self._retract(event)
            case "post_liked" | "post_unliked":
                self._like(event, liked=kind == "post_liked")
            case "comment_added" | "comment_deleted":
                self._comment(event)
            case "feed_update":
                self._update(event)
            case "creator_updated":
                self._rename(event["creator"])
            case "new_subscription":
                pass
            case _:
                self._notify(event)

    def reload(self, view: View, creators: set[str]) -> None:
        """Takes over some creators' posts as they are now; their channels go on from there."""
        for id_, post in view.posts.items():
            if post["creator"]["id"] in creators:
                self.posts[id_] = post
                if not post["access"]["isLocked"]:
                    self.comments[id_] = dict(view.comments[id_])
                    self.watched.discard(id_)
                    self.wanted[id_] = view.cursor
                if id_ in view.home:
                    self.home.add(id_)

    def leave(self, post_id: str) -> None:
        """The channel of a post is over, and with it what only it brings."""
        self.watched.discard(post_id)
        self.wanted.pop(post_id, None)
        self.comments.pop(post_id, None)

    # ---- posts

    def _take(self, incoming: Json, cursor: str) -> None:
        id_, held = incoming["id"], self.posts.get(incoming["id"])
        if held is not None and incoming["updatedAt"] <= held["updatedAt"]:
            return  # a list, or another channel, was faster
        liked = bool(held and held["engagement"]["isLiked"])
        own = held["clientId"] if held else None
        self.posts[id_] = {
            **incoming,
            "clientId": incoming["clientId"] or own,
            "engagement": {**incoming["engagement"], "isLiked": liked},
        }
        if incoming["creator"]["id"] in {*self.follows, self.me}:
            self.home.add(id_)
        if incoming["access"]["isLocked"]:
            self.leave(id_)
        elif held is None:
            self.comments[id_] = {}
            self.wanted[id_] = cursor
        elif held["access"]["isLocked"]:  # what was said meanwhile has not come
            self.stale.add(incoming["creator"]["id"])

    def _forget(self, post_id: str) -> None:
        self.posts.pop(post_id, None)
        self.home.discard(post_id)
        self.leave(post_id)

    def _retract(self, event: Json) -> None:
        if event["reason"] == "blocked":
            self._lose(event["creatorId"])
        for id_, post in list(self.posts.items()):
            if event.get("postId") != id_ and event.get("creatorId") != post["creator"]["id"]:
                continue
            if event["reason"] == "unfollowed":
                self.home.discard(id_)
            elif event["reason"] == "tier":
                self._lock(post)
            else:
                self._forget(id_)

    def _lose(self, creator: str) -> None:
        """Nothing of somebody's is there any more."""
        self.unsure = True
        for comments in self.comments.values():
            for id_, comment in list(comments.items()):
                if comment["author"]["id"] == creator:
                    del comments[id_]

    def _lock(self, post: Json) -> None:
        tier, held = post["access"]["tier"], self.tiers.get(post["creator"]["id"])
        if tier is None or (held is not None and TIERS.index(held) >= TIERS.index(tier)):
            return
        media = post["media"]
        shown = media["thumbnail"] and f"/api/posts/{post['id']}/blurred"
        self.posts[post["id"]] = {
            **post,
            "clientId": None,
            "content": {**post["content"], "text": ""},
            "media": {**media, "url": None, "thumbnail": shown},
            "access": {"tier": tier, "isLocked": True},
        }
        self.leave(post["id"])

    def _like(self, event: Json, *, liked: bool) -> None:
        post = self.posts.get(event["postId"])
        if post is not None:
            # That of the post's channel may be older, if it is replayed.
            own = {"isLiked": liked} if event["channel"] == f"feed:{self.me}" else {}
            counts = {"likesCount": event["likesCount"]} if self._counts(event) else {}
            counts |= own
            post = {**post, "engagement": {**post["engagement"], **counts}}
            self.posts[event["postId"]] = post

    def _comment(self, event: Json) -> None:
        comments, post = self.comments.get(event["postId"]), self.posts.get(event["postId"])
        if comments is None or post is None or not self._counts(event):
            return
        if event["type"] == "comment_added":
            comment = event["comment"]
            if "replay" in event:  # what it tells may be older than what came live before it
                author = comment["author"]
                comment = {**comment, "author": self.renamed.get(author["id"], author)}
            comments[comment["id"]] = comment
        else:
            comments.pop(event["commentId"], None)
        count = {"commentsCount": event["commentsCount"]}
        post = {**post, "engagement": {**post["engagement"], **count}}
        self.posts[event["postId"]] = post

    def _counts(self, event: Json) -> bool:
        """Whether what an event counts is newer than what was loaded."""
        return "replay" in event or event["postId"] in self.watched

    # ---- people

    def _update(self, event: Json) -> None:
        creator = event["creatorId"]
        self.unsure |= event["reason"] != "tier"
        if event["reason"] == "follow":
            self.follows.add(creator)
            self.home |= {
                id_ for id_, post in self.posts.items() if post["creator"]["id"] == creator
            }
        elif event["reason"] == "unfollow":
            self.follows.discard(creator)
        elif event["reason"] == "unblock":
            self.renamed.pop(creator, None)  # that may be older than what is loaded now
            self.stale |= {creator, *(post["creator"]["id"] for post in self.posts.values())}
        elif event["tier"] is None:
            self.tiers.pop(creator, None)
        else:
            self.tiers[creator] = event["tier"]
            self.stale.add(creator)

    def _rename(self, creator: Json) -> None:
        self.renamed[creator["id"]] = creator
        of_posts = ((self.posts, id_, "creator") for id_ in self.posts)
        of_comments = (
            (comments, id_, "author") for comments in self.comments.values() for id_ in comments
        )
        of_notifications = ((self.notifications, id_, "actor") for id_ in self.notifications)
        for held, id_, role in [*of_posts, *of_comments, *of_notifications]:
            if held[id_][role]["id"] == creator["id"]:
                held[id_] = {**held[id_], role: creator}

    # ---- notifications

    def reload_notifications(self, view: View) -> None:
        self.notifications, self.unread = dict(view.notifications), view.unread

    def _unnotify(self, post_id: str) -> None:
        for id_, held in list(self.notifications.items()):
            if held.get("postId") == post_id:
                self.unread -= not held["isRead"]
                del self.notifications[id_]

    def _notify(self, event: Json) -> None:
        held = self.notifications
        match event["type"]:
            case "notification":
                new = event["notification"]
                known = held.get(new["id"])
                self.unread += not new["isRead"] and (known is None or known["isRead"])
                held[new["id"]] = new
            case "notification_read":
                self.unread = event["unreadCount"]
                for id_ in event.get("ids", list(held)):
                    if id_ in held:
                        held[id_] = {**held[id_], "isRead": True}
            case "notifications_cleared":
                self.unread = event["unreadCount"]
                held.clear()
            case "unread_notifications":
                self.unread = event["count"]
                self.notifications = {new["id"]: new for new in event["notifications"]}
                for creator in self.renamed.values():  # the list may be older than that
                    self._rename(creator)
            case _:
                raise AssertionError(event)


def differences(reader: Reader, view: View) -> list[Any]:
    """What a reader holds and the server does not, or otherwise; empty once it has arrived.

    Counts are those of posts whose channel it has; a locked post's are as they last came.
    """
    found: list[Any] = []
    if reader.home != set(view.home):
        found.append(("home", reader.home ^ set(view.home)))
    if reader.posts.keys() != view.posts.keys():
        found.append(("posts", reader.posts.keys() ^ view.posts.keys()))
    for id_ in reader.posts.keys() & view.posts.keys():
        held, true = reader.posts[id_], view.posts[id_]
        if id_ not in reader.watched:
            held, true = _without_counts(held), _without_counts(true)
        if held != true:
            found.append(("post", held, true))
    for id_ in reader.watched:
        held, true = reader.comments[id_], view.comments.get(id_, {})
        found += [] if held == true else [("comments", held, true)]
    found += _of_notifications(reader, view)
    return found


def _of_notifications(reader: Reader, view: View) -> list[Any]:
    held = {id_: _unnamed(new) for id_, new in reader.notifications.items()}
    true = {id_: _unnamed(new) for id_, new in view.notifications.items()}
    unread = {id_ for id_, new in true.items() if not new["isRead"]}
    if reader.unread != view.unread or not unread <= held.keys() <= true.keys():
        return [("unread", reader.unread, view.unread, held, true)]
    return [("notification", new, true[id_]) for id_, new in held.items() if new != true[id_]]


def _without_counts(post: Json) -> Json:
    return {**post, "engagement": {"isLiked": post["engagement"]["isLiked"]}}


def _unnamed(notification: Json) -> Json:
    """The sentence names people as they were called when it was written; the rest has to agree."""
    return {**notification, "text": notification["text"].partition(" ")[2]}
