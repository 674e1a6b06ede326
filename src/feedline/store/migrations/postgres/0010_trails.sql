-- Processes, from their start to their end; seen_at: when one was last heard of.
CREATE TABLE node_runs (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    pid bigint NOT NULL,
    started_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    ended_at bigint,
    missed bigint NOT NULL DEFAULT 0
);

-- What is remembered for a day of each connection, or of somebody's polls in a row.
CREATE TABLE trails (
    id text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    node_id text COLLATE "C" NOT NULL,
    transport text NOT NULL,
    opened_at bigint NOT NULL,
    closed_at bigint,
    close_code bigint,
    close_reason text NOT NULL DEFAULT '',
    reached bigint
);

CREATE INDEX trails_by_user ON trails (user_id, closed_at);
CREATE INDEX trails_by_end ON trails (closed_at);

-- What each went through, in order: places in the log, never posts.
CREATE TABLE trail_marks (
    trail_id text COLLATE "C" NOT NULL REFERENCES trails (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    at bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (trail_id, number)
);

CREATE INDEX trail_marks_by_age ON trail_marks (at);

-- When each node gave a new post to its sockets.
CREATE TABLE dispatches (
    seq bigint NOT NULL,
    node_id text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    sockets bigint NOT NULL,
    first_at bigint,
    last_at bigint,
    PRIMARY KEY (seq, node_id)
);

CREATE INDEX dispatches_by_age ON dispatches (at);
