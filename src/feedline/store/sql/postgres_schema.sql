-- The schema of a fresh installation on PostgreSQL. Running all of ../migrations/postgres gives
-- the same one. Ids are compared by their bytes, as everywhere else, whatever the database's locale.

-- One row: how many migrations this schema has behind it.
CREATE TABLE schema_version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL
);

-- One row: the oldest schema version whose Feedline may use this database.
CREATE TABLE compatibility (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    oldest bigint NOT NULL
);

CREATE TABLE users (
    id text COLLATE "C" PRIMARY KEY,
    username text COLLATE "C" NOT NULL,
    name text NOT NULL,
    avatar text,
    is_verified boolean NOT NULL DEFAULT false,
    role text NOT NULL DEFAULT 'user',
    password_hash text NOT NULL,
    posts_count bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    followers_count bigint NOT NULL DEFAULT 0,
    following_count bigint NOT NULL DEFAULT 0,
    newest_post_at bigint,
    state text NOT NULL DEFAULT 'active'
) WITH (fillfactor = 80);

-- Who is shut out, and who is being deleted.
CREATE INDEX users_not_active ON users (id) WHERE state <> 'active';
CREATE UNIQUE INDEX users_by_name ON users (lower(username));
-- Of that alone: a post changes no column of an index here, and is then cheap to count.
CREATE INDEX users_by_followers ON users (followers_count);

CREATE TABLE sessions (
    id text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked boolean NOT NULL DEFAULT false
);

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE tickets (
    digest bytea PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL,
    session_id text COLLATE "C" NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    session_expires_at bigint NOT NULL,
    expires_at bigint NOT NULL
);

CREATE INDEX tickets_by_session ON tickets (session_id);
CREATE INDEX tickets_by_end ON tickets (expires_at);

CREATE TABLE posts (
    id text COLLATE "C" PRIMARY KEY,
    author_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id text,
    title text,
    text text,
    category text COLLATE "C",
    tags text NOT NULL DEFAULT '[]',
    tier text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    likes_count bigint NOT NULL DEFAULT 0,
    comments_count bigint NOT NULL DEFAULT 0,
    likes_told_at bigint NOT NULL DEFAULT 0,
    media_type text NOT NULL DEFAULT 'text',
    media_url text,
    thumbnail text,
    aspect_ratio double precision
) WITH (fillfactor = 90);

CREATE INDEX posts_by_time ON posts (created_at, id);
CREATE INDEX posts_by_author ON posts (author_id, created_at, id);
CREATE INDEX posts_by_category ON posts (category, created_at, id) WHERE category IS NOT NULL;

CREATE TABLE removed_posts (
    id text COLLATE "C" PRIMARY KEY,
    removed_at bigint NOT NULL
);

CREATE TABLE post_tags (
    tag text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    post_id text COLLATE "C" NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    PRIMARY KEY (tag, created_at, post_id)
);

CREATE INDEX post_tags_by_post ON post_tags (post_id, tag);

CREATE TABLE follows (
    follower_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    creator_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    -- The place in the log after which they are notified of posts; NULL: of none.
    notices_after bigint DEFAULT 0,
    PRIMARY KEY (follower_id, creator_id)
);

CREATE INDEX follows_by_creator ON follows (creator_id);

-- Who has blocked whom. Neither is there for the other.
CREATE TABLE blocks (
    blocker_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    blocked_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id)
);

CREATE INDEX blocks_by_blocked ON blocks (blocked_id, blocker_id);

CREATE TABLE subscriptions (
    subscriber_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    creator_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tier text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (subscriber_id, creator_id)
);

CREATE INDEX subscriptions_by_creator ON subscriptions (creator_id, created_at, subscriber_id);

CREATE TABLE likes (
    post_id text COLLATE "C" NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    PRIMARY KEY (post_id, user_id)
);

CREATE INDEX likes_by_user ON likes (user_id);

-- Posts whose newest like, or taking back of one, is not in the log yet for everybody.
CREATE TABLE likes_owed (
    post_id text COLLATE "C" PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    user_id text COLLATE "C" NOT NULL,
    liked boolean NOT NULL,
    due bigint NOT NULL
);

CREATE INDEX likes_owed_by_due ON likes_owed (due);

CREATE TABLE comments (
    id text COLLATE "C" PRIMARY KEY,
    post_id text COLLATE "C" NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    author_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    text text NOT NULL,
    created_at bigint NOT NULL
);

CREATE INDEX comments_by_post ON comments (post_id, created_at, id);
CREATE INDEX comments_by_author ON comments (author_id);

CREATE TABLE notifications (
    id text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind text NOT NULL,
    actor_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    post_id text COLLATE "C",
    comment_id text COLLATE "C",
    actors bigint NOT NULL DEFAULT 1,
    is_read boolean NOT NULL DEFAULT false,
    created_at bigint NOT NULL
);

CREATE INDEX notifications_by_user ON notifications (user_id, created_at, id);
-- Two nodes that notify of the same at the same time find that one of them was first.
CREATE UNIQUE INDEX notifications_unread ON notifications (user_id, kind, coalesce(post_id, ''))
WHERE NOT is_read;
CREATE INDEX notifications_by_actor ON notifications (actor_id);
CREATE INDEX notifications_by_age ON notifications (created_at);

-- Who is counted in a notification, so that nobody is twice.
CREATE TABLE notification_actors (
    notification_id text COLLATE "C" NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
    actor_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (notification_id, actor_id)
);

CREATE INDEX notification_actors_by_actor ON notification_actors (actor_id);

-- What the followers of an author are notified of: one row for a post, at its place in the log.
CREATE TABLE post_notices (
    seq bigint PRIMARY KEY,
    id text COLLATE "C" NOT NULL,
    post_id text COLLATE "C" NOT NULL UNIQUE REFERENCES posts (id) ON DELETE CASCADE,
    creator_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at bigint NOT NULL
);

CREATE INDEX post_notices_by_creator ON post_notices (creator_id, seq);
CREATE INDEX post_notices_by_time ON post_notices (created_at, id);

-- Up to which place a person has read, or cleared away, what they were notified of posts.
CREATE TABLE notice_marks (
    user_id text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    read_up_to bigint NOT NULL DEFAULT 0,
    cleared_up_to bigint NOT NULL DEFAULT 0
);

-- What they have read one by one after that place.
CREATE TABLE notices_read (
    user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    seq bigint NOT NULL,
    PRIMARY KEY (user_id, seq)
);

CREATE INDEX notices_read_by_place ON notices_read (seq);

-- One row: where the log stands. Events with floor < seq <= seq of this row are in `events`.
CREATE TABLE log_head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch text COLLATE "C" NOT NULL,
    seq bigint NOT NULL,
    floor bigint NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE events (
    seq bigint PRIMARY KEY,
    at bigint NOT NULL,
    post_id text COLLATE "C",
    body bytea NOT NULL,
    comment_id text COLLATE "C"
);

CREATE INDEX events_by_post ON events (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX events_by_comment ON events (comment_id) WHERE comment_id IS NOT NULL;

CREATE TABLE answers (
    user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    body bytea NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (user_id, key)
);

CREATE INDEX answers_by_age ON answers (created_at);

CREATE TABLE service_tokens (
    id text COLLATE "C" PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    name text NOT NULL,
    created_at bigint NOT NULL
);

-- One row at the most: who has live delivery, as JSON. Without it, everybody.
CREATE TABLE live_policy (
    one integer PRIMARY KEY CHECK (one = 1),
    body bytea NOT NULL
);

-- Experiments, as JSON; the one that runs is in live_policy too.
CREATE TABLE experiments (
    name text COLLATE "C" PRIMARY KEY,
    started_at bigint NOT NULL,
    body bytea NOT NULL
);

-- Sums over the people of a group of a variant, or over a bin; nothing that is about one of them.
CREATE TABLE experiment_tallies (
    experiment text COLLATE "C" NOT NULL REFERENCES experiments (name) ON DELETE CASCADE,
    variant text COLLATE "C" NOT NULL,
    measure text COLLATE "C" NOT NULL,
    place integer NOT NULL,
    count bigint NOT NULL,
    total double precision NOT NULL,
    squares double precision NOT NULL,
    PRIMARY KEY (experiment, variant, measure, place)
);

-- Bits that say which slots of a variant somebody was in: they are counted, and name nobody.
CREATE TABLE experiment_slots (
    experiment text COLLATE "C" NOT NULL REFERENCES experiments (name) ON DELETE CASCADE,
    variant text COLLATE "C" NOT NULL,
    bits bytea NOT NULL,
    PRIMARY KEY (experiment, variant)
);

CREATE TABLE media (
    id text COLLATE "C" PRIMARY KEY,
    owner_id text COLLATE "C" NOT NULL,
    post_id text COLLATE "C" UNIQUE,
    type text NOT NULL,
    content_type text NOT NULL,
    size bigint NOT NULL,
    thumbnail_size bigint NOT NULL,
    aspect_ratio double precision,
    state text NOT NULL DEFAULT 'arriving' CHECK (state IN ('arriving', 'ready', 'removed')),
    created_at bigint NOT NULL,
    blurred bytea,
    is_avatar boolean NOT NULL DEFAULT false
);

CREATE INDEX media_by_owner ON media (owner_id);
CREATE INDEX media_without_use ON media (created_at) WHERE post_id IS NULL AND NOT is_avatar;
CREATE INDEX media_of_avatars ON media (owner_id) WHERE is_avatar;

-- One row: what all nodes share and sign sign-ins with.
CREATE TABLE installation (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    secret bytea NOT NULL
);

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

-- What each node counted in each minute of the last day, as JSON.
CREATE TABLE figures (
    minute bigint NOT NULL,
    node_id text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (minute, node_id)
);

-- From when on it is known what connections went through: of everybody, and of those of whom more
-- was dropped than of others, since they had so much.
CREATE TABLE trails_kept (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    since bigint NOT NULL
);

CREATE TABLE trails_thinned (
    user_id text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    since bigint NOT NULL
);
