"""The table of routes. Both what is served and what is documented are made from it."""

from feedline.api.accounts import Accounts, Credentials, Refreshed, SignedIn, Ticket
from feedline.api.admin_routes import figures_operations, switch_operations
from feedline.api.administration import Administration
from feedline.api.audit import Audit, AuditAnswer, AuditListQuery
from feedline.api.blocking import Blocking
from feedline.api.browsers import Browsers, Sightings
from feedline.api.figures import FiguresCalls
from feedline.api.following import Following
from feedline.api.health import PLAIN_METRICS, Alive, Health, Ready
from feedline.api.leaving import Leaving
from feedline.api.leaving_routes import leaving_operations
from feedline.api.media import MediaAnswer, MediaCalls
from feedline.api.notifications import Notifications
from feedline.api.notify import (
    AuthorNotice,
    AuthorNotified,
    FollowersNotice,
    FollowersNotified,
    LikesNotice,
    LikesNotified,
    Notify,
)
from feedline.api.operation import Operation
from feedline.api.paging import PageQuery
from feedline.api.posts import PostAnswer, Posts, PostsAnswer, PostsQuery
from feedline.api.programs import Programs, program_operations
from feedline.api.reactions import Reactions
from feedline.api.reports import Reports, report_operations
from feedline.api.services import Services
from feedline.api.social_routes import (
    blocking_operations,
    following_operations,
    notification_operations,
    reaction_operations,
)
from feedline.api.stories import ReachAnswer, Stories, StoryAnswer, StoryQuery
from feedline.api.users import ProfileAnswer, SuggestionQuery, UserAnswer, Users, UsersAnswer
from feedline.feed.drafts import Draft
from feedline.feed.people import ProfileChange, Registration
from feedline.wire.requests import Events, PollQuery, StreamQuery


def operations(services: Services) -> list[Operation]:
    """Everything that can be asked of the API."""
    return [
        *_account_operations(Accounts(services)),
        *_user_operations(Users(services)),
        *following_operations(Following(services)),
        *blocking_operations(Blocking(services)),
        *report_operations(Reports(services)),
        *notification_operations(Notifications(services)),
        *_post_operations(Posts(services)),
        *_media_operations(MediaCalls(services)),
        *reaction_operations(Reactions(services)),
        *_notify_operations(Notify(services)),
        *_live_operations(),
        *_admin_operations(Audit(services)),
        *figures_operations(FiguresCalls(services)),
        *_story_operations(Stories(services)),
        *leaving_operations(Leaving(services)),
        *program_operations(Programs(services)),
        *switch_operations(Administration(services)),
        *_operator_operations(Health(services), Browsers(services)),
    ]


def _account_operations(accounts: Accounts) -> list[Operation]:
    return [
        Operation(
            method="POST",
            path="/api/auth/register",
            name="register",
            summary="Sign up",
            tag="account",
            handler=accounts.register,
            auth="none",
            signs_in=True,
            body=Registration,
            answer=SignedIn,
            status=201,
            codes=("conflict",),
        ),
        Operation(
            method="POST",
            path="/api/auth/login",
            name="login",
            summary="Sign in",
            tag="account",
            handler=accounts.login,
            auth="none",
            signs_in=True,
            body=Credentials,
            answer=SignedIn,
            codes=("unauthenticated", "forbidden", "rate_limited"),
        ),
        Operation(
            method="POST",
            path="/api/auth/refresh",
            name="refresh",
            summary="Stay signed in: a new token for the same session",
            tag="account",
            handler=accounts.refresh,
            answer=Refreshed,
        ),
        Operation(
            method="POST",
            path="/api/auth/logout",
            name="logout",
            summary="Sign out: the session ends, its tokens and sockets with it",
            tag="account",
            handler=accounts.logout,
            status=204,
        ),
        Operation(
            method="POST",
            path="/api/auth/ticket",
            name="ticket",
            summary="A ticket to open one socket or stream with",
            tag="account",
            handler=accounts.ticket,
            answer=Ticket,
        ),
    ]


def _user_operations(users: Users) -> list[Operation]:
    return [
        Operation(
            method="GET",
            path="/api/me",
            name="me",
            summary="Who is signed in",
            tag="people",
            handler=users.me,
            answer=UserAnswer,
        ),
        Operation(
            method="PATCH",
            path="/api/me",
            name="change_me",
            summary="Change one's own profile; what is left out stays",
            tag="people",
            handler=users.change_me,
            body=ProfileChange,
            answer=ProfileAnswer,
        ),
        Operation(
            method="GET",
            path="/api/users",
            name="people_to_follow",
            summary="People to follow: those who post and whom the caller does not follow yet",
            tag="people",
            handler=users.to_follow,
            may_lag=True,
            auth="optional",
            query=SuggestionQuery,
            answer=UsersAnswer,
        ),
        Operation(
            method="GET",
            path="/api/users/{idOrUsername}",
            name="user",
            summary="A person's profile",
            tag="people",
            handler=users.one,
            may_lag=True,
            auth="optional",
            answer=ProfileAnswer,
        ),
    ]


def _post_operations(posts: Posts) -> list[Operation]:
    return [
        Operation(
            method="GET",
            path="/api/posts",
            name="posts",
            summary="Posts, newest first",
            tag="posts",
            handler=posts.list_posts,
            may_lag=True,
            auth="optional",
            query=PostsQuery,
            answer=PostsAnswer,
        ),
        Operation(
            method="POST",
            path="/api/posts",
            name="publish_post",
            summary="Publish a post, once for each Idempotency-Key",
            tag="posts",
            handler=posts.publish,
            body=Draft,
            keyed=True,
            answer=PostAnswer,
            status=201,
        ),
        Operation(
            method="GET",
            path="/api/feed",
            name="feed",
            summary="The caller's home feed, newest first",
            tag="posts",
            handler=posts.feed,
            may_lag=True,
            query=PageQuery,
            answer=PostsAnswer,
        ),
        Operation(
            method="GET",
            path="/api/posts/{id}",
            name="post",
            summary="One post",
            tag="posts",
            handler=posts.one,
            may_lag=True,
            auth="optional",
            answer=PostAnswer,
        ),
        Operation(
            method="PATCH",
            path="/api/posts/{id}",
            name="edit_post",
            summary="Change a post of one's own; what is left out stays",
            tag="posts",
            handler=posts.edit,
            body=Draft,
            answer=PostAnswer,
            codes=("forbidden",),
        ),
        Operation(
            method="DELETE",
            path="/api/posts/{id}",
            name="delete_post",
            summary="Delete a post; its author and admins may",
            tag="posts",
            handler=posts.delete,
            status=204,
            codes=("forbidden",),
        ),
    ]


def _media_operations(media: MediaCalls) -> list[Operation]:
    return [
        Operation(
            method="POST",
            path="/api/media",
            name="send_media",
            summary="Send a picture, a film or a sound, to be posted within a day",
            tag="posts",
            handler=media.upload,
            uploads=True,
            answer=MediaAnswer,
            status=201,
            codes=("rate_limited",),
        ),
        Operation(
            method="GET",
            path="/api/media/{id}",
            name="media",
            summary="A file, or a part of it, for those who may see its post",
            tag="posts",
            handler=media.file,
            auth="optional",
            media_type=b"*/*",
            is_file=True,
        ),
        Operation(
            method="GET",
            path="/api/media/{id}/thumbnail",
            name="thumbnail",
            summary="A small picture of a picture, for those who may see its post",
            tag="posts",
            handler=media.thumbnail,
            auth="optional",
            media_type=b"image/webp",
            is_file=True,
        ),
        Operation(
            method="GET",
            path="/api/posts/{id}/blurred",
            name="blurred",
            summary="What everybody may see of the picture of a post: its colours",
            tag="posts",
            handler=media.blurred,
            auth="none",
            media_type=b"image/webp",
            codes=("unavailable",),
        ),
    ]


def _notify_operations(notify: Notify) -> list[Operation]:
    return [
        Operation(
            method="POST",
            path="/api/notify/post-author",
            name="notify_post_author",
            summary="Another program's post, to be shown to its author at once and to everybody",
            tag="programs",
            handler=notify.post_author,
            auth="service",
            body=AuthorNotice,
            answer=AuthorNotified,
            status=202,
            codes=("conflict",),
        ),
        Operation(
            method="POST",
            path="/api/notify/new-post",
            name="notify_new_post",
            summary="Another program's post, for those who follow its creator",
            tag="programs",
            handler=notify.new_post,
            auth="service",
            body=FollowersNotice,
            answer=FollowersNotified,
            status=202,
            codes=("conflict",),
        ),
        Operation(
            method="POST",
            path="/api/notify/post-likes",
            name="update_post_likes",
            summary="The likes of a post, as another program counts them",
            tag="programs",
            handler=notify.post_likes,
            auth="service",
            body=LikesNotice,
            answer=LikesNotified,
            status=202,
            codes=("not_found",),
        ),
    ]


def _live_operations() -> list[Operation]:
    """What the gateway serves."""
    return [
        Operation(
            method="GET",
            path="/api/stream",
            name="stream",
            summary="Events as they happen, as server-sent events",
            tag="live",
            query=StreamQuery,
            resumes=True,
            media_type=b"text/event-stream",
            codes=("forbidden", "not_found", "other_transport", "rate_limited", "realtime_off"),
        ),
        Operation(
            method="GET",
            path="/api/events",
            name="events",
            summary="The next events, as soon as there are any",
            tag="live",
            query=PollQuery,
            answer=Events,
            codes=("forbidden", "not_found", "rate_limited", "realtime_off"),
        ),
    ]


def _admin_operations(audit: Audit) -> list[Operation]:
    return [
        Operation(
            method="GET",
            path="/api/admin/audit",
            name="audit",
            summary="What admins, other programs and the command line did, newest first",
            tag="administration",
            handler=audit.entries,
            query=AuditListQuery,
            answer=AuditAnswer,
            codes=("forbidden",),
        ),
    ]


def _story_operations(stories: Stories) -> list[Operation]:
    return [
        Operation(
            method="GET",
            path="/api/admin/posts/{id}/story",
            name="post_story",
            summary="What became of a post on the way to a person, and why",
            tag="administration",
            handler=stories.story,
            query=StoryQuery,
            answer=StoryAnswer,
            codes=("forbidden", "not_found"),
        ),
        Operation(
            method="GET",
            path="/api/posts/{id}/reach",
            name="post_reach",
            summary="How many of the author's followers were sent a post live, for its author",
            tag="posts",
            handler=stories.reach,
            answer=ReachAnswer,
            codes=("forbidden", "not_found", "rate_limited"),
        ),
    ]


def _operator_operations(health: Health, browsers: Browsers) -> list[Operation]:
    return [
        Operation(
            method="POST",
            path="/api/telemetry",
            name="telemetry",
            summary="What a browser saw: when posts came onto the screen, how connections fared",
            tag="operation",
            handler=browsers.report,
            body=Sightings,
            status=204,
        ),
        Operation(
            method="GET",
            path="/healthz",
            name="alive",
            summary="Whether the process lives",
            tag="operation",
            handler=health.alive,
            auth="none",
            answer=Alive,
        ),
        Operation(
            method="GET",
            path="/readyz",
            name="ready",
            summary="Whether requests should be sent here",
            tag="operation",
            handler=health.ready,
            auth="none",
            answer=Ready,
            codes=("unavailable",),
        ),
        Operation(
            method="GET",
            path="/metrics",
            name="metrics",
            summary="What Prometheus scrapes",
            tag="operation",
            handler=health.metrics,
            auth="none",
            media_type=PLAIN_METRICS,
        ),
    ]
