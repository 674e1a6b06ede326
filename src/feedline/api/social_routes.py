"""The part of the table of routes that is about other people: follows, tiers, likes, blocks."""

from feedline.api.blocking import BlockAnswer, Blocking, BlocksAnswer
from feedline.api.following import (
    FollowAnswer,
    Following,
    FollowSetting,
    SubscribersAnswer,
    TierAnswer,
    TierGrant,
)
from feedline.api.notifications import (
    Notifications,
    NotificationsAnswer,
    ReadAnswer,
    ReadNotice,
)
from feedline.api.operation import Operation
from feedline.api.paging import PageQuery
from feedline.api.reactions import CommentAnswer, CommentsAnswer, LikeAnswer, Reactions
from feedline.feed.comments import CommentDraft


def following_operations(following: Following) -> list[Operation]:
    return [
        Operation(
            method="PUT",
            path="/api/users/{id}/follow",
            name="follow",
            summary="Follow a person: their posts come into the caller's home feed",
            tag="people",
            handler=following.follow,
            body=FollowSetting,
            body_may_be_empty=True,
            answer=FollowAnswer,
            codes=("validation_failed", "forbidden"),
        ),
        Operation(
            method="DELETE",
            path="/api/users/{id}/follow",
            name="unfollow",
            summary="Follow a person no more",
            tag="people",
            handler=following.unfollow,
            answer=FollowAnswer,
        ),
        Operation(
            method="GET",
            path="/api/users/{id}/subscribers",
            name="subscribers",
            summary="Who holds a tier of a person; for that person, admins and other programs",
            tag="people",
            handler=following.subscribers,
            query=PageQuery,
            answer=SubscribersAnswer,
            codes=("forbidden",),
        ),
        Operation(
            method="PUT",
            path="/api/users/{id}/subscribers/{subscriberId}",
            name="grant_tier",
            summary="Give a person a tier; the creator, admins and other programs may",
            tag="people",
            handler=following.grant_tier,
            body=TierGrant,
            answer=TierAnswer,
            codes=("forbidden",),
        ),
        Operation(
            method="DELETE",
            path="/api/users/{id}/subscribers/{subscriberId}",
            name="end_tier",
            summary="End a person's tier; the creator, admins and other programs may",
            tag="people",
            handler=following.end_tier,
            status=204,
            codes=("forbidden",),
        ),
    ]


def blocking_operations(blocking: Blocking) -> list[Operation]:
    return [
        Operation(
            method="PUT",
            path="/api/users/{id}/block",
            name="block",
            summary="Block a person: from now on neither is there for the other",
            tag="people",
            handler=blocking.block,
            answer=BlockAnswer,
            codes=("validation_failed",),
        ),
        Operation(
            method="DELETE",
            path="/api/users/{id}/block",
            name="unblock",
            summary="Block a person no more",
            tag="people",
            handler=blocking.unblock,
            answer=BlockAnswer,
            codes=("validation_failed",),
        ),
        Operation(
            method="GET",
            path="/api/me/blocks",
            name="blocks",
            summary="Whom the caller has blocked, the newest first",
            tag="people",
            handler=blocking.mine,
            query=PageQuery,
            answer=BlocksAnswer,
        ),
    ]


def notification_operations(notifications: Notifications) -> list[Operation]:
    return [
        Operation(
            method="GET",
            path="/api/notifications",
            name="notifications",
            summary="The caller's notifications, newest first",
            tag="people",
            handler=notifications.page,
            query=PageQuery,
            answer=NotificationsAnswer,
        ),
        Operation(
            method="POST",
            path="/api/notifications/read",
            name="read_notifications",
            summary="Mark notifications as read: those named, or all",
            tag="people",
            handler=notifications.read,
            body=ReadNotice,
            body_may_be_empty=True,
            answer=ReadAnswer,
        ),
        Operation(
            method="DELETE",
            path="/api/notifications",
            name="clear_notifications",
            summary="Remove all of one's notifications",
            tag="people",
            handler=notifications.clear,
            status=204,
        ),
    ]


def reaction_operations(reactions: Reactions) -> list[Operation]:
    return [
        Operation(
            method="PUT",
            path="/api/posts/{id}/like",
            name="like",
            summary="Like a post",
            tag="posts",
            handler=reactions.like,
            answer=LikeAnswer,
        ),
        Operation(
            method="DELETE",
            path="/api/posts/{id}/like",
            name="unlike",
            summary="Take a like back",
            tag="posts",
            handler=reactions.unlike,
            answer=LikeAnswer,
        ),
        Operation(
            method="GET",
            path="/api/posts/{id}/comments",
            name="comments",
            summary="The comments of a post, newest first",
            tag="posts",
            handler=reactions.comments,
            may_lag=True,
            auth="optional",
            query=PageQuery,
            answer=CommentsAnswer,
            codes=("forbidden",),
        ),
        Operation(
            method="POST",
            path="/api/posts/{id}/comments",
            name="add_comment",
            summary="Comment on a post, once for each Idempotency-Key",
            tag="posts",
            handler=reactions.add_comment,
            body=CommentDraft,
            keyed=True,
            answer=CommentAnswer,
            status=201,
            codes=("forbidden",),
        ),
        Operation(
            method="DELETE",
            path="/api/comments/{id}",
            name="delete_comment",
            summary="Delete a comment; its author, the post's author and admins may",
            tag="posts",
            handler=reactions.delete_comment,
            status=204,
            codes=("forbidden",),
        ),
    ]
