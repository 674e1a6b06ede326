-- Notifications.

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

-- Who is counted in a notification, so that nobody is twice.
CREATE TABLE notification_actors (
    notification_id TEXT NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
    actor_id TEXT NOT NULL,
    PRIMARY KEY (notification_id, actor_id)
) STRICT, WITHOUT ROWID;
