-- Who is shut out, and who is being deleted.
ALTER TABLE users ADD COLUMN state text NOT NULL DEFAULT 'active';
CREATE INDEX users_not_active ON users (id) WHERE state <> 'active';

-- To end and to remove what is somebody's.
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX notification_actors_by_actor ON notification_actors (actor_id);
