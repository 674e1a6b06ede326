-- The schema of a fresh installation. Running all of ../migrations gives the same one.

-- One row: the oldest schema version whose Feedline may use this database.
CREATE TABLE compatibility (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    oldest INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL,
    avatar TEXT,
    is_verified INTEGER NOT NULL DEFAULT 0,
    role TEXT NOT NULL DEFAULT 'user',
    password_hash TEXT NOT NULL,
    posts_count INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    followers_count INTEGER NOT NULL DEFAULT 0,
    following_count INTEGER NOT NULL DEFAULT 0,
    newest_post_at INTEGER,
    state TEXT NOT NULL DEFAULT 'active'
) STRICT;

-- Who is shut out, and who is being deleted.
CREATE INDEX users_not_active ON users (id) WHERE state <> 'active';
CREATE INDEX users_by_newest_post ON users (id, newest_post_at);
CREATE INDEX users_by_followers ON users (followers_count, newest_post_at, id)
WHERE newest_post_at IS NOT NULL;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);
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
    likes_count INTEGER NOT NULL DEFAULT 0,
    comments_count INTEGER NOT NULL DEFAULT 0,
    likes_told_at INTEGER NOT NULL DEFAULT 0,
    media_type TEXT NOT NULL DEFAULT 'text',
    media_url TEXT,
    thumbnail TEXT,
    aspect_ratio REAL
) STRICT;

CREATE INDEX posts_by_time ON posts (created_at, id);
CREATE INDEX posts_by_author ON posts (author_id, created_at, id);
CREATE INDEX posts_by_category ON posts (category, created_at, id) WHERE category IS NOT NULL;

CREATE TABLE removed_posts (
    id TEXT PRIMARY KEY,
    removed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE post_tags (
    tag TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    post_id TEXT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    PRIMARY KEY (tag, created_at, post_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX post_tags_by_post ON post_tags (post_id, tag);

CREATE TABLE follows (
    follower_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    creator_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    -- The place in the log after which they are notified of posts; NULL: of none.
    notices_after INTEGER DEFAULT 0,
    PRIMARY KEY (follower_id, creator_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX follows_by_creator ON follows (creator_id);

-- Who has blocked whom. Neither is there for the other.
CREATE TABLE blocks (
    blocker_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    blocked_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX blocks_by_blocked ON blocks (blocked_id, blocker_id);

CREATE TABLE subscriptions (
    subscriber_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    creator_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tier TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (subscriber_id, creator_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX subscriptions_by_creator ON subscriptions (creator_id, created_at, subscriber_id);

CREATE TABLE likes (
    post_id TEXT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (post_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX likes_by_user ON likes (user_id);

-- Posts whose newest like, or taking back of one, is not in the log yet for everybody.
CREATE TABLE likes_owed (
    post_id TEXT PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    liked INTEGER NOT NULL,
    due INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX likes_owed_by_due ON likes_owed (due);

CREATE TABLE comments (
    id TEXT PRIMARY KEY,
    post_id TEXT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    author_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX comments_by_post ON comments (post_id, created_at, id);
CREATE INDEX comments_by_author ON comments (author_id);

CREATE TABLE notifications (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    actor_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    post_id TEXT,
    comment_id TEXT,
    actors INTEGER NOT NULL DEFAULT 1,
    is_read INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX notifications_by_user ON notifications (user_id, created_at, id);
CREATE INDEX notifications_unread ON notifications (user_id, kind, post_id) WHERE is_read = 0;
CREATE INDEX notifications_by_actor ON notifications (actor_id);

CREATE INDEX notifications_by_age ON notifications (created_at);

-- Who is counted in a notification, so that nobody is twice.
CREATE TABLE notification_actors (
    notification_id TEXT NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
    actor_id TEXT NOT NULL,
    PRIMARY KEY (notification_id, actor_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX notification_actors_by_actor ON notification_actors (actor_id);

-- What the followers of an author are notified of: one row for a post, at its place in the log.
CREATE TABLE post_notices (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    post_id TEXT NOT NULL UNIQUE REFERENCES posts (id) ON DELETE CASCADE,
    creator_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX post_notices_by_creator ON post_notices (creator_id, seq);
CREATE INDEX post_notices_by_time ON post_notices (created_at, id);

-- Up to which place a person has read, or cleared away, what they were notified of posts.
CREATE TABLE notice_marks (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    read_up_to INTEGER NOT NULL DEFAULT 0,
    cleared_up_to INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What they have read one by one after that place.
CREATE TABLE notices_read (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    PRIMARY KEY (user_id, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX notices_read_by_place ON notices_read (seq);

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
    body BLOB NOT NULL,
    comment_id TEXT
) STRICT;

CREATE INDEX events_by_post ON events (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX events_by_comment ON events (comment_id) WHERE comment_id IS NOT NULL;

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

-- One row at the most: who has live delivery, as JSON. Without it, everybody.
CREATE TABLE live_policy (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    body BLOB NOT NULL
) STRICT;

-- Experiments, as JSON; the one that runs is in live_policy too.
CREATE TABLE experiments (
    name TEXT PRIMARY KEY,
    started_at INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Sums over the people of a group of a variant, or over a bin; nothing that is about one of them.
CREATE TABLE experiment_tallies (
    experiment TEXT NOT NULL REFERENCES experiments (name) ON DELETE CASCADE,
    variant TEXT NOT NULL,
    measure TEXT NOT NULL,
    place INTEGER NOT NULL,
    count INTEGER NOT NULL,
    total REAL NOT NULL,
    squares REAL NOT NULL,
    PRIMARY KEY (experiment, variant, measure, place)
) STRICT, WITHOUT ROWID;

-- Bits that say which slots of a variant somebody was in: they are counted, and name nobody.
CREATE TABLE experiment_slots (
    experiment TEXT NOT NULL REFERENCES experiments (name) ON DELETE CASCADE,
    variant TEXT NOT NULL,
    bits BLOB NOT NULL,
    PRIMARY KEY (experiment, variant)
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
    created_at INTEGER NOT NULL,
    blurred BLOB,
    is_avatar INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX media_by_owner ON media (owner_id);
CREATE INDEX media_without_use ON media (created_at) WHERE post_id IS NULL AND is_avatar = 0;
CREATE INDEX media_of_avatars ON media (owner_id) WHERE is_avatar = 1;

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

-- What each node counted in each minute of the last day, as JSON.
CREATE TABLE figures (
    minute INTEGER NOT NULL,
    node_id TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (minute, node_id)
) STRICT, WITHOUT ROWID;

-- From when on it is known what connections went through: of everybody, and of those of whom more
-- was dropped than of others, since they had so much.
CREATE TABLE trails_kept (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    since INTEGER NOT NULL
) STRICT;

CREATE TABLE trails_thinned (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
