-- The schema of a fresh installation. Running all of ../migrations gives the same one.

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL,
    avatar TEXT,
    is_verified INTEGER NOT NULL DEFAULT 0,
    role TEXT NOT NULL DEFAULT 'user',
    password_hash TEXT NOT NULL,
    posts_count INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE tickets (
    digest BLOB PRIMARY KEY,
    user_id TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    session_expires_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX tickets_by_session ON tickets (session_id);

CREATE TABLE posts (
    id TEXT PRIMARY KEY,
    author_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id TEXT,
    title TEXT,
    text TEXT,
    category TEXT,
    tags TEXT NOT NULL DEFAULT '[]',
    tier TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    media_type TEXT NOT NULL DEFAULT 'text',
    media_url TEXT,
    thumbnail TEXT,
    aspect_ratio REAL
) STRICT;

CREATE INDEX posts_by_time ON posts (created_at, id);
CREATE INDEX posts_by_author ON posts (author_id, created_at, id);
CREATE INDEX posts_by_category ON posts (category, created_at, id) WHERE category IS NOT NULL;

CREATE TABLE post_tags (
    tag TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    post_id TEXT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    PRIMARY KEY (tag, created_at, post_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX post_tags_by_post ON post_tags (post_id, tag);

-- One row: where the log stands. Events with floor < seq <= seq of this row are in `events`.
CREATE TABLE log_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    floor INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    post_id TEXT,
    body BLOB NOT NULL
) STRICT;

CREATE INDEX events_by_post ON events (post_id) WHERE post_id IS NOT NULL;

CREATE TABLE answers (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT;

CREATE INDEX answers_by_age ON answers (created_at);

CREATE TABLE service_tokens (
    id TEXT PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE media (
    id TEXT PRIMARY KEY,
    owner_id TEXT NOT NULL,
    post_id TEXT UNIQUE,
    type TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    thumbnail_size INTEGER NOT NULL,
    aspect_ratio REAL,
    state TEXT NOT NULL DEFAULT 'arriving' CHECK (state IN ('arriving', 'ready', 'removed')),
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX media_by_owner ON media (owner_id);
CREATE INDEX media_without_post ON media (created_at) WHERE post_id IS NULL;
