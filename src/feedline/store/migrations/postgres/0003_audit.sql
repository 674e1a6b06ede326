-- What administrators, programs and the command line did. People are called by their id alone.
CREATE TABLE audit (
    id text COLLATE "C" PRIMARY KEY,
    actor_kind text NOT NULL,
    actor_id text COLLATE "C",
    actor_name text,
    action text NOT NULL,
    subject_kind text,
    subject_id text COLLATE "C",
    details text NOT NULL,
    created_at bigint NOT NULL
);

CREATE INDEX audit_by_time ON audit (created_at, id);
