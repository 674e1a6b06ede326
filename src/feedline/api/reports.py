"""Reports over REST: sent by anyone, answered by admins."""

from typing import Literal

from feedline.api.operation import Call, Operation
from feedline.api.paging import PageQuery, cut
from feedline.api.services import Services
from feedline.feed.instants import rfc3339
from feedline.feed.people import Creator, Wire
from feedline.feed.reports import (
    Reason,
    ReportKind,
    ReportLimits,
    ReportRow,
    ReportState,
    Resolution,
    resolve_report,
    send_report,
)
from feedline.store.base import Snapshot, Transaction
from feedline.wire.answers import Answer, answered

_EXCERPT = 500  # characters of what was reported that the queue shows


class ReportDraft(Wire, frozen=True, forbid_unknown_fields=True):
    """What is reported, and why."""

    kind: ReportKind
    id: str
    reason: Reason
    text: str = ""


class ReportSent(Wire, frozen=True):
    """A report that the admins have."""

    id: str
    kind: ReportKind
    subject_id: str
    reason: Reason


class ReportQuery(PageQuery, frozen=True, kw_only=True):
    """Which reports: those that wait for an answer, or those that have one."""

    state: Literal["open", "settled"] = "open"


class ReportEntry(ReportSent, frozen=True):
    """A report as admins see it. ``person``: whose it is; ``count``: of all open ones about it.

    ``excerpt``: what it says, null once it is gone or if it is a person. ``postId``: where it is.
    """

    text: str
    state: ReportState
    count: int
    reporter: Creator
    person: Creator
    excerpt: str | None
    post_id: str | None
    created_at: str


class ReportsAnswer(Wire, frozen=True):
    """A page of reports, the newest first."""

    reports: list[ReportEntry]
    next: str | None
    cursor: str


class ReportEntryAnswer(Wire, frozen=True):
    """A report that has an answer."""

    report: ReportEntry


class ReportAction(Wire, frozen=True, forbid_unknown_fields=True):
    """What an admin does about it, and about all others of the same thing."""

    action: Resolution


class Reports:
    """The handlers of reports."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        self._store = services.store
        self._limits = ReportLimits(text=settings.report_limit, in_an_hour=settings.reports)

    async def send(self, call: Call[ReportDraft, None]) -> Answer:
        draft = call.body

        def command(tx: Transaction) -> ReportRow:
            person = call.caller.person(tx)
            about = (draft.kind, draft.id, draft.reason, draft.text.strip())
            return send_report(tx, person, *about, self._limits)

        row = await self._store.write(command)
        return answered(
            ReportSent(id=row.id, kind=row.kind, subject_id=row.subject_id, reason=row.reason)
        )

    async def queue(self, call: Call[None, ReportQuery]) -> Answer:
        asked = call.query

        def read(reads: Snapshot) -> Answer:
            call.caller.admin(reads)
            is_open = asked.state == "open"
            found = reads.reports(is_open=is_open, before=asked.before, limit=asked.limit + 1)
            rows, following = cut(found, asked.limit)
            reports = [_shown(reads, row) for row in rows]
            cursor = reads.cursor()
            return answered(ReportsAnswer(reports=reports, next=following, cursor=cursor))

        return await self._store.read(read)

    async def resolve(self, call: Call[ReportAction, None]) -> Answer:
        def command(tx: Transaction) -> ReportEntry:
            admin = call.caller.admin(tx)
            row = resolve_report(tx, admin, call.params["id"], call.body.action)
            return _shown(tx, row)

        return answered(ReportEntryAnswer(report=await self._store.write(command)))


def _shown(reads: Snapshot, row: ReportRow) -> ReportEntry:
    excerpt, post_id = _content(reads, row)
    return ReportEntry(
        id=row.id,
        kind=row.kind,
        subject_id=row.subject_id,
        reason=row.reason,
        text=row.text,
        state=row.state,
        count=row.count,
        reporter=row.reporter,
        person=row.person,
        excerpt=None if excerpt is None else excerpt[:_EXCERPT],
        post_id=post_id,
        created_at=rfc3339(row.created_at),
    )


def _content(reads: Snapshot, row: ReportRow) -> tuple[str | None, str | None]:
    """What a report is about says, and the post where that is."""
    if row.kind == "post":
        post = reads.post(row.subject_id)
        if post is not None:
            return "\n".join(filter(None, (post.title, post.text))), post.id
    elif row.kind == "comment":
        comment = reads.comment(row.subject_id)
        if comment is not None:
            return comment.text, comment.post_id
    return None, None


def report_operations(reports: Reports) -> list[Operation]:
    return [
        Operation(
            method="POST",
            path="/api/reports",
            name="send_report",
            summary="Tell the admins of a post, a comment or a person, once",
            tag="people",
            handler=reports.send,
            body=ReportDraft,
            answer=ReportSent,
            status=201,
            codes=("not_found", "rate_limited"),
        ),
        Operation(
            method="GET",
            path="/api/admin/reports",
            name="reports",
            summary="What people told the admins of; for these",
            tag="operation",
            handler=reports.queue,
            query=ReportQuery,
            answer=ReportsAnswer,
            codes=("forbidden",),
        ),
        Operation(
            method="POST",
            path="/api/admin/reports/{id}",
            name="resolve_report",
            summary="Dismiss a report, delete what it is about, or shut its author out; for admins",
            tag="operation",
            handler=reports.resolve,
            body=ReportAction,
            answer=ReportEntryAnswer,
            codes=("forbidden",),
        ),
    ]
