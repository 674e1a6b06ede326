-- What people tell admins of, once for each person and thing. Whose it is goes with them.
CREATE TABLE reports (
    id text COLLATE "C" PRIMARY KEY,
    reporter_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    person_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL,
    subject_id text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    text text NOT NULL,
    state text NOT NULL DEFAULT 'open',
    created_at bigint NOT NULL,
    UNIQUE (reporter_id, kind, subject_id)
);

CREATE INDEX reports_open ON reports (created_at, id) WHERE state = 'open';
CREATE INDEX reports_settled ON reports (created_at, id) WHERE state <> 'open';
CREATE INDEX reports_by_subject ON reports (kind, subject_id);
CREATE INDEX reports_by_person ON reports (person_id);
