"""Reports: what people tell admins of, and what these do about it."""

from typing import Literal, Protocol

import msgspec

from feedline.errors import FieldProblem, NotFound, RateLimited, ValidationFailed
from feedline.feed import accounts, actions, reactions
from feedline.feed.audit import Subject
from feedline.feed.auditing import record
from feedline.feed.instants import Millis, Place
from feedline.feed.people import Creator, UserRow, creator_of
from feedline.feed.ports import Reads, Writes
from feedline.feed.visibility import Viewer, can_see, known_tier

ReportKind = Literal["post", "comment", "user"]
Reason = Literal["spam", "abuse", "violence", "sexual", "illegal", "impersonation", "other"]
ReportState = Literal["open", "dismissed", "deleted", "disabled"]
Resolution = Literal["dismiss", "delete", "disable"]

_STATES: dict[Resolution, ReportState] = {
    "dismiss": "dismissed",
    "delete": "deleted",
    "disable": "disabled",
}
_HOUR: Millis = 3_600_000


class ReportLimits(msgspec.Struct, frozen=True, kw_only=True):
    """``text`` in characters; ``in_an_hour`` is for each person. 0 turns one off."""

    text: int
    in_an_hour: int


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A report as stored. ``person``: whose it is. ``count``: of all that are open about it."""

    id: str
    kind: ReportKind
    subject_id: str
    reason: Reason
    text: str
    state: ReportState = "open"
    created_at: Millis
    count: int = 1
    reporter: Creator
    person: Creator


class ReportReads(Protocol):
    """What reports ask of a database, beside everything else."""

    def report(self, report_id: str) -> ReportRow | None: ...

    def report_by(self, reporter_id: str, kind: ReportKind, subject_id: str) -> ReportRow | None:
        """What somebody has reported already."""

    def reports_by(self, reporter_id: str, after: str, limit: int) -> list[ReportRow]:
        """All that somebody has reported, by id."""

    def reports(self, *, is_open: bool, before: Place | None, limit: int) -> list[ReportRow]:
        """Those that wait for an answer, or those that have one; the newest first."""

    def count_open_reports(self) -> int:
        """How many wait for an answer, up to a thousand."""

    def count_reports(self, reporter_id: str, since: Millis) -> int: ...


class ReportWrites(ReportReads, Writes, Protocol):
    """A transaction."""

    def add_report(self, row: ReportRow) -> None: ...

    def settle_reports(self, kind: ReportKind, subject_id: str, state: ReportState) -> None:
        """All that are open about something have an answer."""


def send_report(
    tx: ReportWrites,
    person: UserRow,
    kind: ReportKind,
    subject_id: str,
    reason: Reason,
    text: str,
    limits: ReportLimits,
) -> ReportRow:
    """Tells admins of something, once: who did already changes nothing.

    Raises NotFound for what is not there for them, ValidationFailed, or RateLimited.
    """
    owner = _owner(tx, person, kind, subject_id)
    known = tx.report_by(person.id, kind, subject_id)
    if known is not None:
        return known
    if limits.text and len(text) > limits.text:
        raise ValidationFailed(FieldProblem("text", f"Use at most {limits.text} characters."))
    if "\0" in text:
        raise ValidationFailed(FieldProblem("text", "The character U+0000 is not allowed."))
    if 0 < limits.in_an_hour <= tx.count_reports(person.id, tx.now - _HOUR):
        raise RateLimited(_HOUR // 1_000, "reports")
    row = ReportRow(
        id=tx.new_id(),
        kind=kind,
        subject_id=subject_id,
        reason=reason,
        text=text,
        created_at=tx.now,
        reporter=creator_of(person),
        person=owner,
    )
    tx.add_report(row)
    return row


def resolve_report(
    tx: ReportWrites, admin: UserRow, report_id: str, resolution: Resolution
) -> ReportRow:
    """Answers all open reports about the same thing: dismisses them, or does something about it.

    What has an answer keeps it. Raises NotFound, or ValidationFailed for deleting a person.
    """
    row = tx.report(report_id)
    if row is None:
        raise NotFound("report")
    if row.state != "open":
        return row
    _carry_out(tx, admin, row, resolution)
    state = _STATES[resolution]
    tx.settle_reports(row.kind, row.subject_id, state)
    subject = Subject(row.kind, row.subject_id)
    record(tx, admin, "report.resolve", subject, resolution=resolution, reason=row.reason)
    return msgspec.structs.replace(row, state=state, count=0)


def _carry_out(tx: ReportWrites, admin: UserRow, row: ReportRow, resolution: Resolution) -> None:
    if resolution == "delete" and row.kind == "user":
        raise ValidationFailed(FieldProblem("action", "A person is disabled, not deleted, here."))
    if resolution == "delete" and row.kind == "post":
        actions.delete_post(tx, admin, row.subject_id)
    elif resolution == "delete":
        reactions.delete_comment(tx, admin, row.subject_id)
    elif resolution == "disable":
        person = tx.user(row.person.id)
        if person is None:
            raise NotFound("person")
        if person.id == admin.id:
            raise ValidationFailed(FieldProblem("action", "One can't disable oneself."))
        accounts.disable(tx, admin, person)


def _owner(reads: Reads, person: UserRow, kind: ReportKind, subject_id: str) -> Creator:
    """Whose it is that somebody reports. Raises NotFound, or ValidationFailed for their own."""
    owner = _found(reads, person, kind, subject_id)
    if owner is None or reads.has_blocked(owner.id, person.id):
        raise NotFound(kind)
    if owner.id == person.id:
        raise ValidationFailed(FieldProblem("id", "One can't report oneself."))
    return owner


def _found(reads: Reads, person: UserRow, kind: ReportKind, subject_id: str) -> Creator | None:
    if kind == "user":
        found = reads.user(subject_id)
        return None if found is None else creator_of(found)
    if kind == "post":
        post = reads.post(subject_id)
        return None if post is None else post.creator
    comment = reads.comment(subject_id)
    post = reads.post(comment.post_id) if comment is not None else None
    if comment is None or post is None:
        return None
    # Whom one has blocked one may report, too.
    viewer = Viewer(person.id, reads.viewer(person.id).tiers)
    seen = can_see(viewer, post.creator.id, known_tier(post.tier))
    return comment.author if seen and not reads.has_blocked(post.creator.id, person.id) else None
