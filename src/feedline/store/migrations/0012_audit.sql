-- What administrators, programs and the command line did. People are called by their id alone.
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    actor_name TEXT,
    action TEXT NOT NULL,
    subject_kind TEXT,
    subject_id TEXT,
    details TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX audit_by_time ON audit (created_at, id);
