-- From when each person's newest post is, so that home feeds and suggestions need not look for it.

ALTER TABLE users ADD COLUMN newest_post_at INTEGER;

UPDATE users
SET newest_post_at = (SELECT max(created_at) FROM posts WHERE author_id = users.id);

CREATE INDEX users_by_newest_post ON users (id, newest_post_at);
CREATE INDEX users_by_followers ON users (followers_count, newest_post_at, id)
WHERE newest_post_at IS NOT NULL;

DROP INDEX subscriptions_by_creator;
CREATE INDEX subscriptions_by_creator ON subscriptions (creator_id, created_at, subscriber_id);
