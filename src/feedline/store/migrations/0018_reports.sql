-- What people tell admins of, once for each person and thing. Whose it is goes with them.
CREATE TABLE reports (
    id TEXT PRIMARY KEY,
    reporter_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open',
    created_at INTEGER NOT NULL,
    UNIQUE (reporter_id, kind, subject_id)
) STRICT;

CREATE INDEX reports_open ON reports (created_at, id) WHERE state = 'open';
CREATE INDEX reports_settled ON reports (created_at, id) WHERE state <> 'open';
CREATE INDEX reports_by_subject ON reports (kind, subject_id);
CREATE INDEX reports_by_person ON reports (person_id);
