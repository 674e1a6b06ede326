-- name: user
SELECT id, username, name, avatar, is_verified, role, password_hash, posts_count, created_at,
    followers_count, following_count, state
FROM users WHERE id = ?

-- name: user_by_name
SELECT id, username, name, avatar, is_verified, role, password_hash, posts_count, created_at,
    followers_count, following_count, state
FROM users WHERE username = ?

-- name: signed_in
SELECT u.id, u.username, u.name, u.avatar, u.is_verified, u.role, u.password_hash, u.posts_count,
    u.created_at, u.followers_count, u.following_count, u.state
FROM sessions AS s JOIN users AS u ON u.id = s.user_id
WHERE s.id = ? AND s.expires_at > ? AND NOT s.revoked AND u.state = 'active'

-- name: add_user
INSERT INTO users (id, username, name, avatar, is_verified, role, password_hash, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: change_profile
UPDATE users SET name = ?, avatar = ? WHERE id = ?

-- name: count_post
UPDATE users
SET posts_count = posts_count + 1, newest_post_at = max(coalesce(newest_post_at, 0), ?)
WHERE id = ?

-- name: uncount_post
UPDATE users
SET posts_count = posts_count - 1,
    newest_post_at = (SELECT max(created_at) FROM posts WHERE author_id = users.id)
WHERE id = ?

-- name: people_to_follow
-- In the order of an index, past those who are followed, until there are enough.
SELECT u.id, u.username, u.name, u.avatar, u.is_verified, u.role, u.password_hash, u.posts_count,
    u.created_at, u.followers_count, u.following_count, u.state
FROM users AS u
WHERE u.newest_post_at IS NOT NULL AND u.id <> :me AND NOT EXISTS (
    SELECT 1 FROM follows AS f WHERE f.follower_id = :me AND f.creator_id = u.id)
    AND NOT EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = :me AND b.blocked_id = u.id)
    AND NOT EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = u.id AND b.blocked_id = :me)
ORDER BY u.followers_count DESC, u.newest_post_at DESC, u.id DESC LIMIT :limit

-- name: add_session
INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)

-- name: keep_session
INSERT OR IGNORE INTO sessions (id, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)

-- name: extend_session
UPDATE sessions SET expires_at = max(expires_at, ?) WHERE id = ?

-- name: revoke_session
UPDATE sessions SET revoked = 1 WHERE id = ?

-- name: add_ticket
INSERT INTO tickets (digest, user_id, session_id, session_expires_at, expires_at)
VALUES (?, ?, ?, ?, ?)

-- name: take_ticket
DELETE FROM tickets WHERE digest = ?
RETURNING user_id, session_id, session_expires_at, expires_at

-- name: set_role
UPDATE users SET role = ? WHERE id = ?

-- name: set_state
UPDATE users SET state = ? WHERE id = ?

-- name: change_password
UPDATE users SET password_hash = ? WHERE id = ?

-- name: people
SELECT id, username, name, avatar, is_verified, role, password_hash, posts_count, created_at,
    followers_count, following_count, state
FROM users WHERE lower(username) LIKE :search ESCAPE '\' AND id < :before
ORDER BY id DESC LIMIT :limit

-- name: people_leaving
SELECT id FROM users WHERE state = 'leaving' ORDER BY id

-- name: remove_user
DELETE FROM users WHERE id = ?

-- name: sessions_of
SELECT id, created_at, expires_at FROM sessions
WHERE user_id = ? AND expires_at > ? AND NOT revoked
ORDER BY created_at DESC, id DESC LIMIT ?

-- name: revoke_sessions
UPDATE sessions SET revoked = 1 WHERE user_id = ? AND NOT revoked

-- name: drop_sessions
DELETE FROM sessions WHERE (id) IN
    (SELECT id FROM sessions WHERE user_id = ? LIMIT ?)

-- name: comments_by
SELECT c.id, c.post_id, c.text, c.created_at, u.id, u.username, u.name, u.avatar, u.is_verified
FROM comments AS c JOIN users AS u ON u.id = c.author_id
WHERE c.author_id = ? AND c.id > ? ORDER BY c.id LIMIT ?

-- name: liked_by
SELECT post_id FROM likes WHERE user_id = ? AND post_id > ? ORDER BY post_id LIMIT ?

-- name: media_by
SELECT id, owner_id, post_id, type, content_type, size, thumbnail_size, aspect_ratio, created_at,
    is_avatar
FROM media WHERE owner_id = ? AND state = 'ready' AND id > ? ORDER BY id LIMIT ?

-- name: followers_of
SELECT follower_id FROM follows WHERE creator_id = ? LIMIT ?

-- name: notifications_by
SELECT n.id, n.user_id, n.kind, n.post_id, n.comment_id, n.actors, n.is_read, n.created_at,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM notifications AS n JOIN users AS u ON u.id = n.actor_id
WHERE n.id IN (
    SELECT id FROM notifications WHERE actor_id = :actor
    UNION SELECT notification_id FROM notification_actors WHERE actor_id = :actor
    LIMIT :limit)

-- name: drop_actor
DELETE FROM notification_actors WHERE notification_id = ? AND actor_id = ?

-- name: other_actor
SELECT a.actor_id FROM notification_actors AS a JOIN users AS u ON u.id = a.actor_id
WHERE a.notification_id = ? LIMIT 1

-- name: drop_notification
DELETE FROM notifications WHERE id = ?

-- name: drop_own_notifications
DELETE FROM notifications WHERE (id) IN
    (SELECT id FROM notifications WHERE user_id = ? LIMIT ?)

-- name: drop_own_marks
DELETE FROM notices_read WHERE (user_id, seq) IN
    (SELECT user_id, seq FROM notices_read WHERE user_id = ? LIMIT ?)

-- name: drop_answers
DELETE FROM answers WHERE (user_id, key) IN
    (SELECT user_id, key FROM answers WHERE user_id = ? LIMIT ?)

-- name: drop_likes_of
DELETE FROM likes WHERE (post_id, user_id) IN
    (SELECT post_id, user_id FROM likes WHERE post_id = ? LIMIT ?)

-- name: drop_comments_of
DELETE FROM comments WHERE (id) IN
    (SELECT id FROM comments WHERE post_id = ? LIMIT ?)

-- name: give_up_media
UPDATE media SET state = 'removed', post_id = NULL, is_avatar = 0, blurred = NULL
WHERE owner_id = ? AND (state <> 'removed' OR post_id IS NOT NULL OR blurred IS NOT NULL)

-- name: mentions
SELECT seq, body FROM events WHERE seq > ? AND seq <= ? AND instr(body, ?) > 0

-- name: add_audit
INSERT INTO audit
    (id, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, details, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: audit
-- People are called what they are called now, and those who are gone by their id alone.
SELECT a.id, a.actor_kind, a.actor_id, coalesce(u.username, a.actor_name), a.action,
    a.subject_kind, a.subject_id, s.username, a.details, a.created_at
FROM audit AS a
LEFT JOIN users AS u ON a.actor_kind = 'user' AND u.id = a.actor_id
LEFT JOIN users AS s ON a.subject_kind = 'user' AND s.id = a.subject_id
WHERE (a.created_at, a.id) < (:time, :id)
    AND (:action IS NULL OR a.action = :action)
    AND (:actor IS NULL OR :actor IN (a.actor_id, a.actor_name))
    AND (:subject IS NULL OR a.subject_id = :subject)
ORDER BY a.created_at DESC, a.id DESC LIMIT :limit

-- name: service_tokens
SELECT id, name, created_at FROM service_tokens ORDER BY created_at, id

-- name: service_token_of
SELECT id, name, created_at FROM service_tokens WHERE digest = ?

-- name: add_service_token
INSERT INTO service_tokens (id, digest, name, created_at) VALUES (?, ?, ?, ?)

-- name: remove_service_token
DELETE FROM service_tokens WHERE id = ? RETURNING name

-- name: policy
SELECT body FROM live_policy

-- name: add_policy
INSERT INTO live_policy (one, body) VALUES (1, ?)

-- name: change_policy
UPDATE live_policy SET body = ?

-- name: experiment
SELECT body FROM experiments WHERE name = ?

-- name: experiments
SELECT body FROM experiments ORDER BY started_at DESC, name

-- name: keep_experiment
INSERT INTO experiments (name, started_at, body) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET body = excluded.body

-- name: tallies
SELECT variant, measure, place, count, total, squares
FROM experiment_tallies WHERE experiment = ? ORDER BY variant, measure, place

-- name: add_tally
INSERT INTO experiment_tallies AS t (experiment, variant, measure, place, count, total, squares)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (experiment, variant, measure, place) DO UPDATE
SET count = t.count + excluded.count, total = t.total + excluded.total,
    squares = t.squares + excluded.squares

-- name: taken
SELECT variant, bits FROM experiment_slots WHERE experiment = ? ORDER BY variant

-- name: add_taken
INSERT INTO experiment_slots (experiment, variant, bits) VALUES (?, ?, ?)

-- name: change_taken
UPDATE experiment_slots SET bits = ? WHERE experiment = ? AND variant = ?

-- name: post
SELECT p.id, p.client_id, p.title, p.text, p.category, p.tags, p.tier, p.created_at, p.updated_at,
    p.media_type, p.media_url, p.thumbnail, p.aspect_ratio,
    u.id, u.username, u.name, u.avatar, u.is_verified, p.likes_count, p.comments_count,
    EXISTS (SELECT 1 FROM likes AS l WHERE l.post_id = p.id AND l.user_id = ?)
FROM posts AS p JOIN users AS u ON u.id = p.author_id
WHERE p.id = ?

-- name: posts
-- The parts in braces are chosen by the query: a source of posts in order, and conditions on it.
SELECT p.id, p.client_id, p.title, p.text, p.category, p.tags, p.tier, p.created_at, p.updated_at,
    p.media_type, p.media_url, p.thumbnail, p.aspect_ratio,
    u.id, u.username, u.name, u.avatar, u.is_verified, p.likes_count, p.comments_count,
    EXISTS (SELECT 1 FROM likes AS l WHERE l.post_id = p.id AND l.user_id = :viewer)
FROM {source} JOIN users AS u ON u.id = p.author_id
WHERE {conditions}
ORDER BY {time} DESC, {id} DESC LIMIT :limit

-- name: newest_post
SELECT created_at FROM posts ORDER BY created_at DESC, id DESC LIMIT 1

-- name: newest_notice
SELECT created_at FROM post_notices ORDER BY seq DESC LIMIT 1

-- name: add_post
INSERT INTO posts
    (id, author_id, client_id, title, text, category, tags, tier, created_at, updated_at,
    media_type, media_url, thumbnail, aspect_ratio)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: change_post
UPDATE posts
SET title = ?, text = ?, category = ?, tags = ?, tier = ?, updated_at = ?,
    media_type = ?, media_url = ?, thumbnail = ?, aspect_ratio = ?
WHERE id = ?

-- name: remove_post
DELETE FROM posts WHERE id = ? RETURNING author_id

-- name: note_removal
INSERT OR IGNORE INTO removed_posts (id, removed_at) VALUES (?, ?)

-- name: removal
SELECT 1 FROM removed_posts WHERE id = ?

-- name: add_tag
INSERT OR IGNORE INTO post_tags (tag, created_at, post_id) VALUES (?, ?, ?)

-- name: remove_tags
DELETE FROM post_tags WHERE post_id = ?

-- name: media
SELECT id, owner_id, post_id, type, content_type, size, thumbnail_size, aspect_ratio, created_at,
    is_avatar
FROM media WHERE id = ? AND state = 'ready'

-- name: media_of_post
SELECT id, owner_id, post_id, type, content_type, size, thumbnail_size, aspect_ratio, created_at,
    is_avatar
FROM media WHERE post_id = ? AND state = 'ready'

-- name: blurred
SELECT blurred FROM media WHERE id = ?

-- name: keep_blurred
UPDATE media SET blurred = ? WHERE id = ?

-- name: media_bytes
SELECT coalesce(sum(size + thumbnail_size), 0) FROM media WHERE owner_id = ? AND state <> 'removed'

-- name: add_media
INSERT INTO media
    (id, owner_id, type, content_type, size, thumbnail_size, aspect_ratio, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: finish_media
UPDATE media SET state = 'ready' WHERE id = ? AND state = 'arriving'

-- name: attach_media
UPDATE media SET post_id = ? WHERE id = ?

-- name: release_media
UPDATE media SET state = 'removed', post_id = NULL WHERE post_id = ?

-- name: hold_avatar
UPDATE media SET is_avatar = 1, state = 'ready' WHERE id = ?

-- name: release_avatar
UPDATE media SET is_avatar = 0, state = 'removed' WHERE owner_id = ? AND is_avatar = 1

-- name: unwanted_media
UPDATE media SET state = 'removed' WHERE id IN
    (SELECT id FROM media
    WHERE post_id IS NULL AND is_avatar = 0 AND (state = 'removed' OR created_at < ?) LIMIT ?)
RETURNING id

-- name: forget_media
DELETE FROM media WHERE id = ?

-- name: oldest_usable
SELECT oldest FROM compatibility

-- name: forget_oldest_usable
DELETE FROM compatibility

-- name: note_oldest_usable
INSERT INTO compatibility (one, oldest) VALUES (1, ?)

-- name: log_head
SELECT epoch, seq, floor FROM log_head WHERE one = 1

-- name: begin_log
INSERT OR IGNORE INTO log_head (one, epoch, seq, floor) VALUES (1, ?, 0, 0)

-- name: move_head
UPDATE log_head SET seq = ? WHERE one = 1

-- name: move_floor
UPDATE log_head SET floor = ? WHERE one = 1

-- name: append
INSERT INTO events (seq, at, post_id, comment_id, body) VALUES (?, ?, ?, ?, ?)

-- name: log_page
SELECT seq, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?

-- name: oldest_events
SELECT seq, at FROM events ORDER BY seq LIMIT ?

-- name: drop_events
DELETE FROM events WHERE seq <= ?

-- name: events_of_post
SELECT seq, body FROM events WHERE post_id = ?

-- name: events_of_comment
SELECT seq, body FROM events WHERE comment_id = ?

-- name: rewrite_event
UPDATE events SET body = ? WHERE seq = ?

-- name: stored_answer
SELECT fingerprint, body FROM answers WHERE user_id = ? AND key = ?

-- name: store_answer
INSERT INTO answers (user_id, key, fingerprint, body, created_at) VALUES (?, ?, ?, ?, ?)

-- name: forget_answers
DELETE FROM answers WHERE rowid IN
    (SELECT rowid FROM answers WHERE created_at < ? ORDER BY created_at LIMIT ?)

-- name: forget_audit
DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE created_at < ? ORDER BY created_at LIMIT ?)

-- name: forget_tickets
DELETE FROM tickets WHERE rowid IN
    (SELECT rowid FROM tickets WHERE expires_at < ? LIMIT ?)

-- name: forget_sessions
DELETE FROM sessions WHERE rowid IN
    (SELECT rowid FROM sessions WHERE expires_at < ? ORDER BY expires_at LIMIT ?)

-- name: follow
SELECT 1 FROM follows WHERE follower_id = ? AND creator_id = ?

-- name: following
SELECT creator_id FROM follows WHERE follower_id = ?

-- name: add_follow
INSERT INTO follows (follower_id, creator_id, created_at, notices_after) VALUES (?, ?, ?, ?)

-- name: change_follow
UPDATE follows SET notices_after = ? WHERE follower_id = ? AND creator_id = ?

-- name: notices_after
SELECT notices_after FROM follows
WHERE follower_id = ? AND creator_id = ? AND notices_after IS NOT NULL

-- name: muted
SELECT creator_id FROM follows WHERE follower_id = ? AND notices_after IS NULL

-- name: remove_follow
DELETE FROM follows WHERE follower_id = ? AND creator_id = ?

-- name: count_follower
UPDATE users SET followers_count = followers_count + ? WHERE id = ?

-- name: count_following
UPDATE users SET following_count = following_count + ? WHERE id = ?

-- name: home_floor
-- How far back the newest posts are searched for those of a home feed.
SELECT created_at FROM posts WHERE (created_at, id) < (:time, :id)
ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET :depth

-- name: home_among_newest
SELECT p.id FROM posts AS p
WHERE (p.created_at, p.id) < (:time, :id) AND p.created_at >= :floor
    AND (p.author_id = :me OR EXISTS (
        SELECT 1 FROM follows AS f WHERE f.follower_id = :me AND f.creator_id = p.author_id))
ORDER BY p.created_at DESC, p.id DESC LIMIT :limit

-- name: home_creators
-- The newest posts of a home feed are by those creators of it whose newest posts are the newest.
-- As many creators as posts are enough, but for those whose newest is of the same instant.
WITH creators (id, newest) AS MATERIALIZED (
    SELECT u.id, CASE WHEN u.newest_post_at < :time THEN u.newest_post_at ELSE (
        SELECT created_at FROM posts
        WHERE author_id = u.id AND (created_at, id) < (:time, :id)
        ORDER BY created_at DESC, id DESC LIMIT 1) END
    FROM (SELECT creator_id FROM follows WHERE follower_id = :me UNION ALL SELECT :me) AS f
    -- This index alone: the planner would go on to the rows, which are many times larger.
    JOIN users AS u INDEXED BY users_by_newest_post ON u.id = f.creator_id
    WHERE u.newest_post_at IS NOT NULL)
SELECT id FROM creators
WHERE newest >= coalesce(
    (SELECT newest FROM creators WHERE newest IS NOT NULL
    ORDER BY newest DESC LIMIT 1 OFFSET :limit - 1), 0)

-- name: home_of_creator
SELECT created_at, id FROM posts
WHERE author_id = :creator AND (created_at, id) < (:time, :id)
ORDER BY created_at DESC, id DESC LIMIT :limit

-- name: standing
-- The tiers that somebody holds and, without one, those who are not there for them.
SELECT creator_id, tier FROM subscriptions WHERE subscriber_id = :me
UNION ALL SELECT blocked_id, NULL FROM blocks WHERE blocker_id = :me
UNION ALL SELECT blocker_id, NULL FROM blocks WHERE blocked_id = :me

-- name: block
SELECT 1 FROM blocks WHERE blocker_id = ? AND blocked_id = ?

-- name: apart
SELECT 1 FROM blocks WHERE blocker_id = :one AND blocked_id = :other
UNION ALL SELECT 1 FROM blocks WHERE blocker_id = :other AND blocked_id = :one

-- name: blocks
SELECT b.created_at, u.id, u.username, u.name, u.avatar, u.is_verified
FROM blocks AS b JOIN users AS u ON u.id = b.blocked_id
WHERE b.blocker_id = ? AND (b.created_at, b.blocked_id) < (?, ?)
ORDER BY b.created_at DESC, b.blocked_id DESC LIMIT ?

-- name: count_blocks
SELECT count(*) FROM blocks WHERE blocker_id = ?

-- name: add_block
INSERT INTO blocks (blocker_id, blocked_id, created_at) VALUES (?, ?, ?)

-- name: remove_block
DELETE FROM blocks WHERE blocker_id = ? AND blocked_id = ?

-- name: tier_held
SELECT tier FROM subscriptions WHERE subscriber_id = ? AND creator_id = ?

-- name: hold_tier
INSERT INTO subscriptions (subscriber_id, creator_id, tier, created_at)
VALUES (:subscriber, :creator, :tier, :now)
ON CONFLICT (subscriber_id, creator_id) DO UPDATE SET tier = excluded.tier

-- name: subscribers
SELECT s.tier, s.created_at, u.id, u.username, u.name, u.avatar, u.is_verified
FROM subscriptions AS s JOIN users AS u ON u.id = s.subscriber_id
WHERE s.creator_id = ? AND (s.created_at, s.subscriber_id) < (?, ?)
ORDER BY s.created_at DESC, s.subscriber_id DESC LIMIT ?

-- name: drop_tier
DELETE FROM subscriptions WHERE subscriber_id = ? AND creator_id = ?

-- name: like
SELECT 1 FROM likes WHERE post_id = ? AND user_id = ?

-- name: add_like
INSERT INTO likes (post_id, user_id, created_at) VALUES (?, ?, ?)

-- name: remove_like
DELETE FROM likes WHERE post_id = ? AND user_id = ?

-- name: count_like
-- Likes that were counted elsewhere may be fewer than those that are taken back here.
UPDATE posts SET likes_count = max(likes_count + ?, 0) WHERE id = ? RETURNING likes_count

-- name: count_likes
UPDATE posts SET likes_count = ? WHERE id = ?

-- name: likes_told_at
SELECT likes_told_at FROM posts WHERE id = ?

-- name: tell_likes
UPDATE posts SET likes_told_at = ? WHERE id = ?

-- name: owe_likes
INSERT INTO likes_owed (post_id, user_id, liked, due) VALUES (?, ?, ?, ?)
ON CONFLICT (post_id) DO UPDATE SET user_id = excluded.user_id, liked = excluded.liked

-- name: likes_owed
SELECT post_id, user_id, liked, due FROM likes_owed ORDER BY due LIMIT ?

-- name: like_owed
SELECT post_id, user_id, liked, due FROM likes_owed WHERE post_id = ?

-- name: pay_likes
DELETE FROM likes_owed WHERE post_id = ?

-- name: comment
SELECT c.id, c.post_id, c.text, c.created_at, u.id, u.username, u.name, u.avatar, u.is_verified
FROM comments AS c JOIN users AS u ON u.id = c.author_id
WHERE c.id = ?

-- name: comments
SELECT c.id, c.post_id, c.text, c.created_at, u.id, u.username, u.name, u.avatar, u.is_verified
FROM comments AS c JOIN users AS u ON u.id = c.author_id
WHERE c.post_id = :post AND (c.created_at, c.id) < (:time, :id)
    AND NOT EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = :viewer AND b.blocked_id = c.author_id)
    AND NOT EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = c.author_id AND b.blocked_id = :viewer)
ORDER BY c.created_at DESC, c.id DESC LIMIT :limit

-- name: add_comment
INSERT INTO comments (id, post_id, author_id, text, created_at) VALUES (?, ?, ?, ?, ?)

-- name: remove_comment
DELETE FROM comments WHERE id = ? RETURNING post_id

-- name: count_comment
UPDATE posts SET comments_count = comments_count + ? WHERE id = ? RETURNING comments_count

-- name: notifications
SELECT n.id, n.user_id, n.kind, n.post_id, n.comment_id, n.actors, n.is_read, n.created_at,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM notifications AS n JOIN users AS u ON u.id = n.actor_id
WHERE n.user_id = ? AND (n.created_at, n.id) < (?, ?)
ORDER BY n.created_at DESC, n.id DESC LIMIT ?

-- name: unread_notification
SELECT n.id, n.user_id, n.kind, n.post_id, n.comment_id, n.actors, n.is_read, n.created_at,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM notifications AS n JOIN users AS u ON u.id = n.actor_id
WHERE n.user_id = ? AND n.kind = ? AND n.post_id IS ? AND n.is_read = 0

-- name: unread_count
SELECT count(*) FROM notifications WHERE user_id = ? AND is_read = 0

-- name: add_notification
INSERT INTO notifications (id, user_id, kind, actor_id, post_id, comment_id, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: change_notification
UPDATE notifications SET actor_id = ?, comment_id = ?, actors = ? WHERE id = ?

-- name: uncount_actor
UPDATE notifications SET actors = actors - 1
WHERE user_id = :user AND EXISTS (
    SELECT 1 FROM notification_actors AS a
    WHERE a.notification_id = notifications.id AND a.actor_id = :actor)

-- name: forget_actor
DELETE FROM notification_actors
WHERE actor_id = :actor AND notification_id IN (
    SELECT id FROM notifications WHERE user_id = :user)

-- name: pass_on_notifications
-- What others did as well is theirs.
UPDATE notifications
SET comment_id = NULL, actor_id = (
    SELECT a.actor_id FROM notification_actors AS a JOIN users AS u ON u.id = a.actor_id
    WHERE a.notification_id = notifications.id ORDER BY a.actor_id DESC LIMIT 1)
WHERE user_id = :user AND actor_id = :actor AND EXISTS (
    SELECT 1 FROM notification_actors AS a JOIN users AS u ON u.id = a.actor_id
    WHERE a.notification_id = notifications.id)

-- name: remove_notifications_by
DELETE FROM notifications WHERE user_id = :user AND actor_id = :actor

-- name: add_actor
INSERT OR IGNORE INTO notification_actors (notification_id, actor_id) VALUES (?, ?)
RETURNING actor_id

-- name: read_all_notifications
UPDATE notifications SET is_read = 1 WHERE user_id = ? AND is_read = 0 RETURNING id

-- name: read_notification
UPDATE notifications SET is_read = 1 WHERE id = ? AND user_id = ? AND is_read = 0 RETURNING id

-- name: clear_notifications
DELETE FROM notifications WHERE user_id = ? RETURNING id

-- name: remove_notifications_of
DELETE FROM notifications WHERE user_id = ? AND post_id = ?

-- name: add_post_notice
INSERT INTO post_notices (seq, id, post_id, creator_id, created_at) VALUES (?, ?, ?, ?, ?)

-- name: post_notice_of
SELECT 1 FROM post_notices WHERE post_id = ?

-- name: notice_marks
SELECT read_up_to, cleared_up_to FROM notice_marks WHERE user_id = ?

-- name: notices_since
-- How many there are after a place, counted no further than asked.
SELECT count(*) FROM (SELECT 1 FROM post_notices WHERE seq > ? LIMIT ?)

-- name: unread_by_creator
SELECT count(*) FROM (
    SELECT 1 FROM follows AS f CROSS JOIN post_notices AS n
    WHERE f.follower_id = :me AND f.notices_after IS NOT NULL
        AND n.creator_id = f.creator_id AND n.seq > max(f.notices_after, :after)
        AND NOT EXISTS (SELECT 1 FROM notices_read AS r WHERE r.user_id = :me AND r.seq = n.seq)
    LIMIT :most)

-- name: unread_among_newest
SELECT count(*) FROM (
    SELECT 1 FROM post_notices AS n CROSS JOIN follows AS f
    WHERE n.seq > :after
        AND f.follower_id = :me AND f.creator_id = n.creator_id AND f.notices_after < n.seq
        AND NOT EXISTS (SELECT 1 FROM notices_read AS r WHERE r.user_id = :me AND r.seq = n.seq)
    LIMIT :most)

-- name: last_notice_before
SELECT seq FROM post_notices WHERE (created_at, id) < (?, ?)
ORDER BY created_at DESC, id DESC LIMIT 1

-- name: notices_floor
-- How far back the newest notices are searched for those of one person.
SELECT seq FROM post_notices WHERE seq <= ? ORDER BY seq DESC LIMIT 1 OFFSET ?

-- name: notices_among_newest
SELECT n.seq FROM post_notices AS n CROSS JOIN follows AS f
WHERE n.seq <= :upper AND n.seq > :floor
    AND f.follower_id = :me AND f.creator_id = n.creator_id AND f.notices_after < n.seq
ORDER BY n.seq DESC LIMIT :limit

-- name: notices_by_creator
-- As many creators as notices are enough: those whose newest notices are the newest.
WITH heard (creator, since, newest) AS MATERIALIZED (
    SELECT f.creator_id, max(f.notices_after, :after), (
        SELECT n.seq FROM post_notices AS n WHERE n.creator_id = f.creator_id AND n.seq <= :upper
        ORDER BY n.seq DESC LIMIT 1)
    FROM follows AS f WHERE f.follower_id = :me AND f.notices_after IS NOT NULL),
chosen (creator, since, newest) AS MATERIALIZED (
    SELECT creator, since, newest FROM heard WHERE newest > since
    ORDER BY newest DESC LIMIT :limit),
last (newest) AS MATERIALIZED (
    SELECT coalesce((SELECT newest FROM chosen ORDER BY newest DESC LIMIT 1 OFFSET :limit - 1), 0))
SELECT n.seq FROM last CROSS JOIN chosen AS c CROSS JOIN post_notices AS n
WHERE n.seq IN (
    SELECT seq FROM post_notices
    WHERE creator_id = c.creator AND seq <= :upper AND seq > max(c.since, last.newest - 1)
    ORDER BY seq DESC LIMIT :limit)
ORDER BY n.seq DESC LIMIT :limit

-- name: notice
SELECT n.id, NULL, 'post', n.post_id, NULL, 1,
    n.seq <= :read OR EXISTS (
        SELECT 1 FROM notices_read AS r WHERE r.user_id = :me AND r.seq = n.seq),
    n.created_at, u.id, u.username, u.name, u.avatar, u.is_verified
FROM post_notices AS n JOIN users AS u ON u.id = n.creator_id
WHERE n.seq = :seq

-- name: read_notice
INSERT OR IGNORE INTO notices_read (user_id, seq)
SELECT f.follower_id, n.seq FROM post_notices AS n CROSS JOIN follows AS f
WHERE n.created_at = :time AND n.id = :id AND n.seq > :after
    AND f.follower_id = :me AND f.creator_id = n.creator_id AND f.notices_after < n.seq
RETURNING seq

-- name: mark_notices_read
INSERT INTO notice_marks (user_id, read_up_to) VALUES (?, ?)
ON CONFLICT (user_id) DO UPDATE SET read_up_to = excluded.read_up_to

-- name: mark_notices_cleared
INSERT INTO notice_marks (user_id, cleared_up_to) VALUES (?, ?)
ON CONFLICT (user_id) DO UPDATE SET cleared_up_to = excluded.cleared_up_to

-- name: forget_notices_read
DELETE FROM notices_read WHERE user_id = ?

-- name: drop_notifications
DELETE FROM notifications WHERE id IN
    (SELECT id FROM notifications WHERE created_at < ? ORDER BY created_at LIMIT ?)

-- name: drop_post_notices
DELETE FROM post_notices WHERE seq IN
    (SELECT seq FROM post_notices WHERE created_at < ? ORDER BY created_at, id LIMIT ?)

-- name: drop_notices_read
-- Of what is not there any more.
DELETE FROM notices_read WHERE (user_id, seq) IN (
    SELECT user_id, seq FROM notices_read
    WHERE seq < coalesce((SELECT min(seq) FROM post_notices), ?)
    ORDER BY seq LIMIT ?)

-- name: crowded
-- The next people after one, and whether they have more notifications than are kept.
WITH RECURSIVE people (id) AS (
    SELECT min(user_id) FROM notifications WHERE user_id > :after
    UNION ALL
    SELECT (SELECT min(user_id) FROM notifications WHERE user_id > people.id)
    FROM people WHERE people.id IS NOT NULL
    LIMIT :limit)
SELECT id, (
    SELECT n.id FROM notifications AS n WHERE n.user_id = people.id
    ORDER BY n.created_at DESC, n.id DESC LIMIT 1 OFFSET :keep) IS NOT NULL
FROM people WHERE id IS NOT NULL

-- name: drop_crowd
DELETE FROM notifications WHERE id IN
    (SELECT id FROM notifications WHERE user_id = ?
    ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?)

-- name: report
SELECT r.id, r.kind, r.subject_id, r.reason, r.text, r.state, r.created_at,
    (SELECT count(*) FROM reports AS o
        WHERE o.kind = r.kind AND o.subject_id = r.subject_id AND o.state = 'open'),
    w.id, w.username, w.name, w.avatar, w.is_verified,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM reports AS r JOIN users AS w ON w.id = r.reporter_id JOIN users AS u ON u.id = r.person_id
WHERE r.id = ?

-- name: report_by
SELECT r.id, r.kind, r.subject_id, r.reason, r.text, r.state, r.created_at,
    (SELECT count(*) FROM reports AS o
        WHERE o.kind = r.kind AND o.subject_id = r.subject_id AND o.state = 'open'),
    w.id, w.username, w.name, w.avatar, w.is_verified,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM reports AS r JOIN users AS w ON w.id = r.reporter_id JOIN users AS u ON u.id = r.person_id
WHERE r.reporter_id = ? AND r.kind = ? AND r.subject_id = ?

-- name: reports_by
SELECT r.id, r.kind, r.subject_id, r.reason, r.text, r.state, r.created_at,
    (SELECT count(*) FROM reports AS o
        WHERE o.kind = r.kind AND o.subject_id = r.subject_id AND o.state = 'open'),
    w.id, w.username, w.name, w.avatar, w.is_verified,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM reports AS r JOIN users AS w ON w.id = r.reporter_id JOIN users AS u ON u.id = r.person_id
WHERE r.reporter_id = ? AND r.id > ? ORDER BY r.id LIMIT ?

-- name: open_reports
SELECT r.id, r.kind, r.subject_id, r.reason, r.text, r.state, r.created_at,
    (SELECT count(*) FROM reports AS o
        WHERE o.kind = r.kind AND o.subject_id = r.subject_id AND o.state = 'open'),
    w.id, w.username, w.name, w.avatar, w.is_verified,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM reports AS r JOIN users AS w ON w.id = r.reporter_id JOIN users AS u ON u.id = r.person_id
WHERE r.state = 'open' AND (r.created_at, r.id) < (?, ?)
ORDER BY r.created_at DESC, r.id DESC LIMIT ?

-- name: count_open_reports
SELECT count(*) FROM (SELECT 1 FROM reports WHERE state = 'open' LIMIT 1000) AS counted

-- name: settled_reports
SELECT r.id, r.kind, r.subject_id, r.reason, r.text, r.state, r.created_at,
    (SELECT count(*) FROM reports AS o
        WHERE o.kind = r.kind AND o.subject_id = r.subject_id AND o.state = 'open'),
    w.id, w.username, w.name, w.avatar, w.is_verified,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM reports AS r JOIN users AS w ON w.id = r.reporter_id JOIN users AS u ON u.id = r.person_id
WHERE r.state <> 'open' AND (r.created_at, r.id) < (?, ?)
ORDER BY r.created_at DESC, r.id DESC LIMIT ?

-- name: count_reports
SELECT count(*) FROM reports WHERE reporter_id = ? AND created_at > ?

-- name: add_report
INSERT INTO reports (id, reporter_id, person_id, kind, subject_id, reason, text, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: settle_reports
UPDATE reports SET state = ? WHERE kind = ? AND subject_id = ? AND state = 'open'

-- name: drop_reports
DELETE FROM reports WHERE id IN
    (SELECT id FROM reports WHERE state <> 'open' AND created_at < ? LIMIT ?)

-- name: keep_node_run
INSERT INTO node_runs (id, name, pid, started_at, seen_at, ended_at, missed)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE
SET seen_at = excluded.seen_at, ended_at = excluded.ended_at, missed = excluded.missed

-- name: add_trail
-- Nothing is kept of somebody who is gone: NULL is ignored. An INSERT from a SELECT may be of many
-- rows, so SQLite would prepare to undo it half done, which takes longer with each one before it.
INSERT OR IGNORE INTO trails (id, node_id, transport, opened_at, user_id)
VALUES (?, ?, ?, ?, (SELECT id FROM users WHERE id = ?))

-- name: close_trail
UPDATE trails SET closed_at = ?, close_code = ?, close_reason = ?, reached = ? WHERE id = ?

-- name: add_marks
INSERT OR IGNORE INTO trail_marks (number, at, body, trail_id)
VALUES (?, ?, ?, (SELECT id FROM trails WHERE id = ?))

-- name: keep_dispatch
-- Written when it begins, and again when its last socket was reached after that.
INSERT INTO dispatches (seq, node_id, at, sockets, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (seq, node_id) DO UPDATE
SET sockets = excluded.sockets, first_at = excluded.first_at, last_at = excluded.last_at

-- name: trails_since
SELECT id, user_id, node_id, transport, opened_at, closed_at, close_code, close_reason, reached
FROM trails WHERE user_id = ? AND (closed_at IS NULL OR closed_at >= ?)
ORDER BY opened_at, id LIMIT ?

-- name: trail_before
SELECT id, user_id, node_id, transport, opened_at, closed_at, close_code, close_reason, reached
FROM trails WHERE user_id = ? AND closed_at < ? ORDER BY closed_at DESC, id LIMIT 1

-- name: trails_of_followers
SELECT t.id, t.user_id, t.node_id, t.transport, t.opened_at, t.closed_at, t.close_code,
    t.close_reason, t.reached
FROM follows AS f CROSS JOIN trails AS t
WHERE f.creator_id = ? AND f.created_at <= ? AND t.user_id = f.follower_id
    AND (t.closed_at IS NULL OR t.closed_at >= ?) AND t.opened_at <= ?
LIMIT ?

-- name: trail_marks
SELECT body FROM trail_marks WHERE trail_id = ? ORDER BY number LIMIT ?

-- name: node_run
SELECT id, name, pid, started_at, seen_at, ended_at, missed FROM node_runs WHERE id = ?

-- name: dispatches_of
SELECT seq, node_id, at, sockets, first_at, last_at FROM dispatches WHERE seq = ?

-- name: events_with
-- What has some bytes in it, in a stretch of the log.
SELECT seq, at, body FROM events
WHERE seq > ? AND seq <= ? AND instr(body, ?) > 0 ORDER BY seq LIMIT ?

-- name: event_at
SELECT at FROM events WHERE seq = ?

-- name: followed_at
SELECT created_at FROM follows WHERE follower_id = ? AND creator_id = ?

-- name: newest_marks_from
-- The age of the oldest of so many of the newest.
SELECT at FROM trail_marks ORDER BY at DESC LIMIT 1 OFFSET ?

-- name: newest_trails_from
SELECT closed_at FROM trails WHERE closed_at IS NOT NULL ORDER BY closed_at DESC LIMIT 1 OFFSET ?

-- name: trail_rows
SELECT (SELECT count(*) FROM trails) + (SELECT count(*) FROM trail_marks),
    (SELECT count(DISTINCT user_id) FROM trails)

-- name: heaviest_trails
-- Whose ended connections take the most rows: how many they are, and how many rows.
SELECT user_id, count(*),
    sum(1 + (SELECT count(*) FROM trail_marks WHERE trail_id = trails.id)) AS total
FROM trails WHERE closed_at IS NOT NULL GROUP BY user_id ORDER BY total DESC, user_id LIMIT ?

-- name: newest_trails_of
-- The end of the first one past so many of somebody's newest.
SELECT closed_at FROM trails WHERE user_id = ? AND closed_at IS NOT NULL
ORDER BY closed_at DESC LIMIT 1 OFFSET ?

-- name: drop_trails_of
DELETE FROM trails WHERE id IN
    (SELECT id FROM trails WHERE user_id = ? AND closed_at <= ? ORDER BY closed_at LIMIT ?)

-- name: note_thinned
INSERT INTO trails_thinned (user_id, since) SELECT id, ? FROM users WHERE id = ?
ON CONFLICT (user_id) DO UPDATE SET since = max(trails_thinned.since, excluded.since)

-- name: note_kept
INSERT INTO trails_kept (one, since) VALUES (1, ?)
ON CONFLICT (one) DO UPDATE SET since = max(trails_kept.since, excluded.since)

-- name: drop_thinned
DELETE FROM trails_thinned WHERE since < ?

-- name: trails_kept_since
SELECT max(since) FROM (
    SELECT min(started_at) AS since FROM node_runs
    UNION ALL SELECT since FROM trails_kept
    UNION ALL SELECT since FROM trails_thinned WHERE user_id = ?)

-- name: drop_marks
DELETE FROM trail_marks WHERE (trail_id, number) IN
    (SELECT trail_id, number FROM trail_marks WHERE at < ? ORDER BY at LIMIT ?)

-- name: drop_trails
DELETE FROM trails WHERE id IN
    (SELECT id FROM trails WHERE closed_at < ? ORDER BY closed_at LIMIT ?)

-- name: drop_lost_trails
-- Nobody said when they ended, and their node is not heard of any more.
DELETE FROM trails WHERE id IN (
    SELECT t.id FROM trails AS t WHERE t.closed_at IS NULL AND NOT EXISTS
        (SELECT 1 FROM node_runs AS n WHERE n.id = t.node_id AND n.seen_at >= ?)
    LIMIT ?)

-- name: drop_dispatches
DELETE FROM dispatches WHERE (seq, node_id) IN
    (SELECT seq, node_id FROM dispatches WHERE at < ? ORDER BY at LIMIT ?)

-- name: drop_node_runs
DELETE FROM node_runs WHERE id IN (SELECT id FROM node_runs WHERE seen_at < ? LIMIT ?)

-- name: keep_figures
INSERT INTO figures (minute, node_id, body) VALUES (?, ?, ?)
ON CONFLICT (minute, node_id) DO UPDATE SET body = excluded.body

-- name: figures
SELECT body FROM figures WHERE minute >= ? ORDER BY minute, node_id

-- name: forget_figures
DELETE FROM figures WHERE (minute, node_id) IN (
    SELECT minute, node_id FROM figures WHERE minute < ? ORDER BY minute, node_id LIMIT ?)
