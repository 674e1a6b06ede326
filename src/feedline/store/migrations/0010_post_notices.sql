-- Followers are notified of new posts: one row for a post, however many they are.

CREATE TABLE post_notices (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    post_id TEXT NOT NULL UNIQUE REFERENCES posts (id) ON DELETE CASCADE,
    creator_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX post_notices_by_creator ON post_notices (creator_id, seq);
CREATE INDEX post_notices_by_time ON post_notices (created_at, id);

CREATE TABLE notice_marks (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    read_up_to INTEGER NOT NULL DEFAULT 0,
    cleared_up_to INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE notices_read (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    PRIMARY KEY (user_id, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX notices_read_by_place ON notices_read (seq);

ALTER TABLE follows ADD COLUMN notices_after INTEGER DEFAULT 0;

CREATE INDEX notifications_by_age ON notifications (created_at);
