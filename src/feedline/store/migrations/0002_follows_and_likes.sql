-- Follows, tiers, likes and comments.

ALTER TABLE users ADD COLUMN followers_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN following_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE posts ADD COLUMN likes_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE posts ADD COLUMN comments_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE posts ADD COLUMN likes_told_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN comment_id TEXT;

CREATE INDEX events_by_comment ON events (comment_id) WHERE comment_id IS NOT NULL;

CREATE TABLE follows (
    follower_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    creator_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (follower_id, creator_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX follows_by_creator ON follows (creator_id);

CREATE TABLE subscriptions (
    subscriber_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    creator_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tier TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (subscriber_id, creator_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX subscriptions_by_creator ON subscriptions (creator_id);

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
