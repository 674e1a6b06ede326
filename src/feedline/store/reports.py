"""Reports, spelled in SQL."""

from typing import Any

from feedline.feed.instants import Millis, Place
from feedline.feed.reports import ReportKind, ReportRow, ReportState
from feedline.store.rows import END, Rows, creator_row


class Reports(Rows):
    """Reads of what people told admins of."""

    def report(self, report_id: str) -> ReportRow | None:
        return _read(self._first("report", report_id))

    def report_by(self, reporter_id: str, kind: ReportKind, subject_id: str) -> ReportRow | None:
        return _read(self._first("report_by", reporter_id, kind, subject_id))

    def reports_by(self, reporter_id: str, after: str, limit: int) -> list[ReportRow]:
        return [_report(row) for row in self._rows("reports_by", reporter_id, after, limit)]

    def reports(self, *, is_open: bool, before: Place | None, limit: int) -> list[ReportRow]:
        time, id_ = before or END
        name = "open_reports" if is_open else "settled_reports"
        return [_report(row) for row in self._rows(name, time, id_, limit)]

    def count_open_reports(self) -> int:
        return int(self._one("count_open_reports"))

    def count_reports(self, reporter_id: str, since: Millis) -> int:
        return int(self._one("count_reports", reporter_id, since))


class ReportWrites(Reports):
    """The writes of the same."""

    def add_report(self, row: ReportRow) -> None:
        about = (row.kind, row.subject_id, row.reason, row.text, row.created_at)
        self._do("add_report", row.id, row.reporter.id, row.person.id, *about)

    def settle_reports(self, kind: ReportKind, subject_id: str, state: ReportState) -> None:
        self._do("settle_reports", state, kind, subject_id)


def _read(row: tuple[Any, ...] | None) -> ReportRow | None:
    return None if row is None else _report(row)


def _report(row: tuple[Any, ...]) -> ReportRow:
    return ReportRow(
        id=row[0],
        kind=row[1],
        subject_id=row[2],
        reason=row[3],
        text=row[4],
        state=row[5],
        created_at=row[6],
        count=row[7],
        reporter=creator_row(row[8:13]),
        person=creator_row(row[13:18]),
    )
