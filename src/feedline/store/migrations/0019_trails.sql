-- Processes, from their start to their end; seen_at: when one was last heard of.
CREATE TABLE node_runs (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    ended_at INTEGER,
    missed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What is remembered for a day of each connection, or of somebody's polls in a row.
CREATE TABLE trails (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    node_id TEXT NOT NULL,
    transport TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    close_code INTEGER,
    close_reason TEXT NOT NULL DEFAULT '',
    reached INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX trails_by_user ON trails (user_id, closed_at);
CREATE INDEX trails_by_end ON trails (closed_at);

-- What each went through, in order: places in the log, never posts.
CREATE TABLE trail_marks (
    trail_id TEXT NOT NULL REFERENCES trails (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (trail_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX trail_marks_by_age ON trail_marks (at);

-- When each node gave a new post to its sockets.
CREATE TABLE dispatches (
    seq INTEGER NOT NULL,
    node_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    sockets INTEGER NOT NULL,
    first_at INTEGER,
    last_at INTEGER,
    PRIMARY KEY (seq, node_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX dispatches_by_age ON dispatches (at);
