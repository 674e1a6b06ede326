-- name: user
SELECT id, username, name, avatar, is_verified, role, password_hash, posts_count, created_at,
    followers_count, following_count, state
FROM users WHERE id = %s

-- name: user_by_name
SELECT id, username, name, avatar, is_verified, role, password_hash, posts_count, created_at,
    followers_count, following_count, state
FROM users WHERE lower(username) = lower(%s)

-- name: signed_in
SELECT u.id, u.username, u.name, u.avatar, u.is_verified, u.role, u.password_hash, u.posts_count,
    u.created_at, u.followers_count, u.following_count, u.state
FROM sessions AS s JOIN users AS u ON u.id = s.user_id
WHERE s.id = %s AND s.expires_at > %s AND NOT s.revoked AND u.state = 'active'

-- name: add_user
INSERT INTO users (id, username, name, avatar, is_verified, role, password_hash, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)

-- name: change_profile
UPDATE users SET name = %s, avatar = %s WHERE id = %s

-- name: people_to_follow
-- In the order of an index, past those who are followed, until there are enough.
SELECT u.id, u.username, u.name, u.avatar, u.is_verified, u.role, u.password_hash, u.posts_count,
    u.created_at, u.followers_count, u.following_count, u.state
FROM users AS u
WHERE u.newest_post_at IS NOT NULL AND u.id <> %(me)s AND NOT EXISTS (
    SELECT 1 FROM follows AS f WHERE f.follower_id = %(me)s AND f.creator_id = u.id)
    AND NOT EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = %(me)s AND b.blocked_id = u.id)
    AND NOT EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = u.id AND b.blocked_id = %(me)s)
ORDER BY u.followers_count DESC, u.newest_post_at DESC, u.id DESC LIMIT %(limit)s

-- name: add_session
INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES (%s, %s, %s, %s)

-- name: keep_session
INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING

-- name: extend_session
UPDATE sessions SET expires_at = greatest(expires_at, %s) WHERE id = %s

-- name: revoke_session
UPDATE sessions SET revoked = true WHERE id = %s

-- name: add_ticket
INSERT INTO tickets (digest, user_id, session_id, session_expires_at, expires_at)
VALUES (%s, %s, %s, %s, %s)

-- name: take_ticket
DELETE FROM tickets WHERE digest = %s
RETURNING user_id, session_id, session_expires_at, expires_at

-- name: set_role
UPDATE users SET role = %s WHERE id = %s

-- name: set_state
UPDATE users SET state = %s WHERE id = %s

-- name: change_password
UPDATE users SET password_hash = %s WHERE id = %s

-- name: people
SELECT id, username, name, avatar, is_verified, role, password_hash, posts_count, created_at,
    followers_count, following_count, state
FROM users WHERE lower(username) LIKE %(search)s ESCAPE '\' AND id < %(before)s
ORDER BY id DESC LIMIT %(limit)s

-- name: people_leaving
SELECT id FROM users WHERE state = 'leaving' ORDER BY id

-- name: remove_user
DELETE FROM users WHERE id = %s

-- name: sessions_of
SELECT id, created_at, expires_at FROM sessions
WHERE user_id = %s AND expires_at > %s AND NOT revoked
ORDER BY created_at DESC, id DESC LIMIT %s

-- name: revoke_sessions
UPDATE sessions SET revoked = true WHERE user_id = %s AND NOT revoked

-- name: drop_sessions
DELETE FROM sessions WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM sessions WHERE user_id = %s LIMIT %s FOR UPDATE SKIP LOCKED))

-- name: comments_by
SELECT c.id, c.post_id, c.text, c.created_at, u.id, u.username, u.name, u.avatar, u.is_verified
FROM comments AS c JOIN users AS u ON u.id = c.author_id
WHERE c.author_id = %s AND c.id > %s ORDER BY c.id LIMIT %s

-- name: liked_by
SELECT post_id FROM likes WHERE user_id = %s AND post_id > %s ORDER BY post_id LIMIT %s

-- name: media_by
SELECT id, owner_id, post_id, type, content_type, size, thumbnail_size, aspect_ratio, created_at,
    is_avatar
FROM media WHERE owner_id = %s AND state = 'ready' AND id > %s ORDER BY id LIMIT %s

-- name: followers_of
SELECT follower_id FROM follows WHERE creator_id = %s LIMIT %s

-- name: notifications_by
SELECT n.id, n.user_id, n.kind, n.post_id, n.comment_id, n.actors, n.is_read, n.created_at,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM notifications AS n JOIN users AS u ON u.id = n.actor_id
WHERE n.id IN (
    SELECT id FROM notifications WHERE actor_id = %(actor)s
    UNION SELECT notification_id FROM notification_actors WHERE actor_id = %(actor)s
    LIMIT %(limit)s)

-- name: drop_actor
DELETE FROM notification_actors WHERE notification_id = %s AND actor_id = %s

-- name: other_actor
SELECT a.actor_id FROM notification_actors AS a JOIN users AS u ON u.id = a.actor_id
WHERE a.notification_id = %s LIMIT 1

-- name: drop_notification
DELETE FROM notifications WHERE id = %s

-- name: drop_own_notifications
DELETE FROM notifications WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM notifications WHERE user_id = %s LIMIT %s FOR UPDATE SKIP LOCKED))

-- name: drop_own_marks
DELETE FROM notices_read WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM notices_read WHERE user_id = %s LIMIT %s FOR UPDATE SKIP LOCKED))

-- name: drop_answers
DELETE FROM answers WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM answers WHERE user_id = %s LIMIT %s FOR UPDATE SKIP LOCKED))

-- name: drop_likes_of
DELETE FROM likes WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM likes WHERE post_id = %s LIMIT %s FOR UPDATE SKIP LOCKED))

-- name: drop_comments_of
DELETE FROM comments WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM comments WHERE post_id = %s LIMIT %s FOR UPDATE SKIP LOCKED))

-- name: give_up_media
UPDATE media SET state = 'removed', post_id = NULL, is_avatar = false, blurred = NULL
WHERE owner_id = %s AND (state <> 'removed' OR post_id IS NOT NULL OR blurred IS NOT NULL)

-- name: mentions
SELECT seq, body FROM events WHERE seq > %s AND seq <= %s AND position(%s::bytea IN body) > 0

-- name: add_audit
INSERT INTO audit
    (id, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, details, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)

-- name: audit
-- People are called what they are called now, and those who are gone by their id alone.
SELECT a.id, a.actor_kind, a.actor_id, coalesce(u.username, a.actor_name), a.action,
    a.subject_kind, a.subject_id, s.username, a.details, a.created_at
FROM audit AS a
LEFT JOIN users AS u ON a.actor_kind = 'user' AND u.id = a.actor_id
LEFT JOIN users AS s ON a.subject_kind = 'user' AND s.id = a.subject_id
WHERE (a.created_at, a.id) < (%(time)s, %(id)s)
    AND (%(action)s::text IS NULL OR a.action = %(action)s)
    AND (%(actor)s::text IS NULL OR %(actor)s IN (a.actor_id, a.actor_name))
    AND (%(subject)s::text IS NULL OR a.subject_id = %(subject)s)
ORDER BY a.created_at DESC, a.id DESC LIMIT %(limit)s

-- name: lock_counted
-- In one order on all nodes, so that no two wait for each other.
SELECT id FROM users WHERE id = ANY (%(ids)s::text[]) ORDER BY id FOR NO KEY UPDATE

-- name: count_users
UPDATE users AS u
SET posts_count = u.posts_count + c.posts,
    followers_count = u.followers_count + c.followers,
    following_count = u.following_count + c.following,
    newest_post_at = CASE WHEN c.recount
        THEN (SELECT max(created_at) FROM posts WHERE author_id = u.id)
        ELSE greatest(u.newest_post_at, c.newest_post_at) END
FROM unnest(%(ids)s::text[], %(posts)s::bigint[], %(followers)s::bigint[], %(following)s::bigint[],
    %(newest)s::bigint[], %(recount)s::boolean[])
    AS c (id, posts, followers, following, newest_post_at, recount)
WHERE u.id = c.id

-- name: service_tokens
SELECT id, name, created_at FROM service_tokens ORDER BY created_at, id

-- name: service_token_of
SELECT id, name, created_at FROM service_tokens WHERE digest = %s

-- name: add_service_token
INSERT INTO service_tokens (id, digest, name, created_at) VALUES (%s, %s, %s, %s)

-- name: remove_service_token
DELETE FROM service_tokens WHERE id = %s RETURNING name

-- name: policy
SELECT body FROM live_policy

-- name: policy_for_change
SELECT body FROM live_policy
FOR NO KEY UPDATE

-- name: add_policy
INSERT INTO live_policy (one, body) VALUES (1, %s)

-- name: change_policy
UPDATE live_policy SET body = %s

-- name: experiment
SELECT body FROM experiments WHERE name = %s

-- name: experiments
SELECT body FROM experiments ORDER BY started_at DESC, name

-- name: keep_experiment
INSERT INTO experiments (name, started_at, body) VALUES (%s, %s, %s)
ON CONFLICT (name) DO UPDATE SET body = excluded.body

-- name: tallies
SELECT variant, measure, place, count, total, squares
FROM experiment_tallies WHERE experiment = %s ORDER BY variant, measure, place

-- name: add_tally
INSERT INTO experiment_tallies AS t (experiment, variant, measure, place, count, total, squares)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (experiment, variant, measure, place) DO UPDATE
SET count = t.count + excluded.count, total = t.total + excluded.total,
    squares = t.squares + excluded.squares

-- name: taken
SELECT variant, bits FROM experiment_slots WHERE experiment = %s ORDER BY variant

-- name: taken_for_change
SELECT variant, bits FROM experiment_slots WHERE experiment = %s ORDER BY variant
FOR NO KEY UPDATE

-- name: add_taken
INSERT INTO experiment_slots (experiment, variant, bits) VALUES (%s, %s, %s)

-- name: change_taken
UPDATE experiment_slots SET bits = %s WHERE experiment = %s AND variant = %s

-- name: post
SELECT p.id, p.client_id, p.title, p.text, p.category, p.tags, p.tier, p.created_at, p.updated_at,
    p.media_type, p.media_url, p.thumbnail, p.aspect_ratio,
    u.id, u.username, u.name, u.avatar, u.is_verified, p.likes_count, p.comments_count,
    EXISTS (SELECT 1 FROM likes AS l WHERE l.post_id = p.id AND l.user_id = %s)
FROM posts AS p JOIN users AS u ON u.id = p.author_id
WHERE p.id = %s

-- name: post_for_change
-- Whoever changes a post, or what belongs to it, on another node comes after.
SELECT p.id, p.client_id, p.title, p.text, p.category, p.tags, p.tier, p.created_at, p.updated_at,
    p.media_type, p.media_url, p.thumbnail, p.aspect_ratio,
    u.id, u.username, u.name, u.avatar, u.is_verified, p.likes_count, p.comments_count,
    EXISTS (SELECT 1 FROM likes AS l WHERE l.post_id = p.id AND l.user_id = %s)
FROM posts AS p JOIN users AS u ON u.id = p.author_id
WHERE p.id = %s
FOR NO KEY UPDATE OF p

-- name: posts
-- The parts in braces are chosen by the query: a source of posts in order, and conditions on it.
SELECT p.id, p.client_id, p.title, p.text, p.category, p.tags, p.tier, p.created_at, p.updated_at,
    p.media_type, p.media_url, p.thumbnail, p.aspect_ratio,
    u.id, u.username, u.name, u.avatar, u.is_verified, p.likes_count, p.comments_count,
    EXISTS (SELECT 1 FROM likes AS l WHERE l.post_id = p.id AND l.user_id = %(viewer)s)
FROM {source} JOIN users AS u ON u.id = p.author_id
WHERE {conditions}
ORDER BY {time} DESC, {id} DESC LIMIT %(limit)s

-- name: newest_post
SELECT created_at FROM posts ORDER BY created_at DESC, id DESC LIMIT 1

-- name: add_post
INSERT INTO posts
    (id, author_id, client_id, title, text, category, tags, tier, created_at, updated_at,
    media_type, media_url, thumbnail, aspect_ratio)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)

-- name: change_post
UPDATE posts
SET title = %s, text = %s, category = %s, tags = %s, tier = %s, updated_at = %s,
    media_type = %s, media_url = %s, thumbnail = %s, aspect_ratio = %s
WHERE id = %s

-- name: remove_post
DELETE FROM posts WHERE id = %s RETURNING author_id

-- name: note_removal
INSERT INTO removed_posts (id, removed_at) VALUES (%s, %s) ON CONFLICT DO NOTHING

-- name: removal
SELECT 1 FROM removed_posts WHERE id = %s

-- name: add_tag
INSERT INTO post_tags (tag, created_at, post_id) VALUES (%s, %s, %s)
ON CONFLICT DO NOTHING

-- name: remove_tags
DELETE FROM post_tags WHERE post_id = %s

-- name: media
SELECT id, owner_id, post_id, type, content_type, size, thumbnail_size, aspect_ratio, created_at,
    is_avatar
FROM media WHERE id = %s AND state = 'ready'

-- name: media_for_change
SELECT id, owner_id, post_id, type, content_type, size, thumbnail_size, aspect_ratio, created_at,
    is_avatar
FROM media WHERE id = %s AND state = 'ready'
FOR NO KEY UPDATE

-- name: media_of_post
SELECT id, owner_id, post_id, type, content_type, size, thumbnail_size, aspect_ratio, created_at,
    is_avatar
FROM media WHERE post_id = %s AND state = 'ready'

-- name: blurred
SELECT blurred FROM media WHERE id = %s

-- name: keep_blurred
UPDATE media SET blurred = %s WHERE id = %s

-- name: media_bytes
SELECT coalesce(sum(size + thumbnail_size), 0) FROM media WHERE owner_id = %s AND state <> 'removed'

-- name: add_media
INSERT INTO media
    (id, owner_id, type, content_type, size, thumbnail_size, aspect_ratio, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)

-- name: finish_media
UPDATE media SET state = 'ready' WHERE id = %s AND state = 'arriving'

-- name: attach_media
UPDATE media SET post_id = %s WHERE id = %s

-- name: release_media
UPDATE media SET state = 'removed', post_id = NULL WHERE post_id = %s

-- name: hold_avatar
UPDATE media SET is_avatar = true, state = 'ready' WHERE id = %s

-- name: release_avatar
UPDATE media SET is_avatar = false, state = 'removed' WHERE owner_id = %s AND is_avatar

-- name: unwanted_media
UPDATE media SET state = 'removed' WHERE id = ANY (ARRAY(
    SELECT id FROM media
    WHERE post_id IS NULL AND NOT is_avatar AND (state = 'removed' OR created_at < %s) LIMIT %s
    FOR UPDATE SKIP LOCKED))
RETURNING id

-- name: forget_media
DELETE FROM media WHERE id = %s

-- name: oldest_usable
SELECT oldest FROM compatibility

-- name: forget_oldest_usable
DELETE FROM compatibility

-- name: note_oldest_usable
INSERT INTO compatibility (one, oldest) VALUES (true, %s)

-- name: log_head
SELECT epoch, seq, floor FROM log_head

-- name: replica_place
SELECT epoch, seq, pg_is_in_recovery() FROM log_head

-- name: passed
SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint

-- name: replica
SELECT pg_is_in_recovery(), coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::bigint,
    epoch, seq, (SELECT secret FROM installation)
FROM log_head

-- name: begin_log
INSERT INTO log_head (epoch, seq, floor) VALUES (%s, 0, 0) ON CONFLICT DO NOTHING

-- name: move_head
-- The last statement before COMMIT. Whoever commits next on any node waits here: so the order of
-- the log is the order of commits, and what the events and answers of a group are told is right.
WITH head AS (
    UPDATE log_head
    SET seq = seq + %(events)s, floor = greatest(floor, %(floor)s)
    RETURNING epoch, seq - %(events)s AS base),
appended AS (
    INSERT INTO events (seq, at, post_id, comment_id, body)
    SELECT head.base + e.place, e.at, e.post_id, e.comment_id, e.body
    FROM head, unnest(%(at)s::bigint[], %(post_ids)s::text[], %(comment_ids)s::text[],
        %(bodies)s::bytea[]) WITH ORDINALITY AS e (at, post_id, comment_id, body, place)),
answered AS (
    INSERT INTO answers (user_id, key, fingerprint, body, created_at)
    SELECT a.user_id, a.key, a.fingerprint, a.before || convert_to(
        coalesce(head.epoch || '-' || (head.base + a.place), ''), 'UTF8') || a.after, a.at
    FROM head, unnest(%(user_ids)s::text[], %(keys)s::text[], %(fingerprints)s::bytea[],
        %(befores)s::bytea[], %(places)s::bigint[], %(afters)s::bytea[], %(answered_at)s::bigint[])
        AS a (user_id, key, fingerprint, before, place, after, at)),
-- Places that rows of the group were given before they were known: %(first)s stands for the base.
noticed AS (
    UPDATE post_notices SET seq = seq - %(first)s + head.base FROM head WHERE seq >= %(first)s),
followed AS (
    UPDATE follows SET notices_after = notices_after - %(first)s + head.base FROM head
    WHERE follower_id = ANY (%(placed)s::text[]) AND notices_after >= %(first)s),
marked AS (
    UPDATE notice_marks
    SET read_up_to = read_up_to - CASE WHEN read_up_to >= %(first)s THEN %(first)s - head.base ELSE 0 END,
        cleared_up_to = cleared_up_to
            - CASE WHEN cleared_up_to >= %(first)s THEN %(first)s - head.base ELSE 0 END
    FROM head WHERE user_id = ANY (%(placed)s::text[])
        AND greatest(read_up_to, cleared_up_to) >= %(first)s),
read AS (
    UPDATE notices_read SET seq = seq - %(first)s + head.base FROM head WHERE seq >= %(first)s)
SELECT epoch, base FROM head

-- name: log_page
SELECT seq, body FROM events WHERE seq > %s ORDER BY seq LIMIT %s

-- name: oldest_events
SELECT seq, at FROM events ORDER BY seq LIMIT %s

-- name: drop_events
DELETE FROM events WHERE seq <= %s

-- name: events_of_post
SELECT seq, body FROM events WHERE post_id = %s

-- name: events_of_comment
SELECT seq, body FROM events WHERE comment_id = %s

-- name: rewrite_event
UPDATE events SET body = %s WHERE seq = %s

-- name: stored_answer
SELECT fingerprint, body FROM answers WHERE user_id = %s AND key = %s

-- name: await_answer
-- One at a time for each key: whoever answers it first on another node is waited for.
SELECT pg_advisory_xact_lock(hashtextextended(%s || ' ' || %s, 0))

-- name: forget_answers
DELETE FROM answers WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM answers WHERE created_at < %s ORDER BY created_at LIMIT %s
    FOR UPDATE SKIP LOCKED))

-- name: forget_audit
DELETE FROM audit WHERE id = ANY (ARRAY(
    SELECT id FROM audit WHERE created_at < %s ORDER BY created_at LIMIT %s
    FOR UPDATE SKIP LOCKED))

-- name: forget_tickets
DELETE FROM tickets WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM tickets WHERE expires_at < %s LIMIT %s FOR UPDATE SKIP LOCKED))

-- name: forget_sessions
DELETE FROM sessions WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM sessions WHERE expires_at < %s ORDER BY expires_at LIMIT %s
    FOR UPDATE SKIP LOCKED))

-- name: follow
SELECT 1 FROM follows WHERE follower_id = %s AND creator_id = %s

-- name: following
SELECT creator_id FROM follows WHERE follower_id = %s

-- name: add_follow
INSERT INTO follows (follower_id, creator_id, created_at, notices_after) VALUES (%s, %s, %s, %s)

-- name: remove_follow
DELETE FROM follows WHERE follower_id = %s AND creator_id = %s

-- name: home_floor
-- How far back the newest posts are searched for those of a home feed.
SELECT created_at FROM posts WHERE (created_at, id) < (%(time)s, %(id)s)
ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET %(depth)s

-- name: home_among_newest
SELECT p.id FROM posts AS p
WHERE (p.created_at, p.id) < (%(time)s, %(id)s) AND p.created_at >= %(floor)s
    AND (p.author_id = %(me)s OR EXISTS (
        SELECT 1 FROM follows AS f WHERE f.follower_id = %(me)s AND f.creator_id = p.author_id))
ORDER BY p.created_at DESC, p.id DESC LIMIT %(limit)s

-- name: home_creators
-- The newest posts of a home feed are by those creators of it whose newest posts are the newest.
-- As many creators as posts are enough, but for those whose newest is of the same instant.
WITH creators (id, newest) AS MATERIALIZED (
    SELECT u.id, CASE WHEN u.newest_post_at < %(time)s THEN u.newest_post_at ELSE (
        SELECT created_at FROM posts
        WHERE author_id = u.id AND (created_at, id) < (%(time)s, %(id)s)
        ORDER BY created_at DESC, id DESC LIMIT 1) END
    FROM (SELECT creator_id FROM follows WHERE follower_id = %(me)s UNION ALL SELECT %(me)s) AS f
    JOIN users AS u ON u.id = f.creator_id
    WHERE u.newest_post_at IS NOT NULL)
SELECT id FROM creators
WHERE newest >= coalesce(
    (SELECT newest FROM creators WHERE newest IS NOT NULL
    ORDER BY newest DESC LIMIT 1 OFFSET %(limit)s - 1), 0)

-- name: home_of_creator
SELECT created_at, id FROM posts
WHERE author_id = %(creator)s AND (created_at, id) < (%(time)s, %(id)s)
ORDER BY created_at DESC, id DESC LIMIT %(limit)s

-- name: standing
-- The tiers that somebody holds and, without one, those who are not there for them.
SELECT creator_id, tier FROM subscriptions WHERE subscriber_id = %(me)s
UNION ALL SELECT blocked_id, NULL FROM blocks WHERE blocker_id = %(me)s
UNION ALL SELECT blocker_id, NULL FROM blocks WHERE blocked_id = %(me)s

-- name: block
SELECT 1 FROM blocks WHERE blocker_id = %s AND blocked_id = %s

-- name: apart
SELECT 1 FROM blocks WHERE blocker_id = %(one)s AND blocked_id = %(other)s
UNION ALL SELECT 1 FROM blocks WHERE blocker_id = %(other)s AND blocked_id = %(one)s

-- name: await_pair
-- One at a time for each two people: whoever parts them, or brings them together, is waited for.
SELECT pg_advisory_xact_lock(hashtextextended(
    least(%(one)s, %(other)s) || ' ' || greatest(%(one)s, %(other)s), 1))

-- name: blocks
SELECT b.created_at, u.id, u.username, u.name, u.avatar, u.is_verified
FROM blocks AS b JOIN users AS u ON u.id = b.blocked_id
WHERE b.blocker_id = %s AND (b.created_at, b.blocked_id) < (%s, %s)
ORDER BY b.created_at DESC, b.blocked_id DESC LIMIT %s

-- name: count_blocks
SELECT count(*) FROM blocks WHERE blocker_id = %s

-- name: add_block
INSERT INTO blocks (blocker_id, blocked_id, created_at) VALUES (%s, %s, %s)

-- name: remove_block
DELETE FROM blocks WHERE blocker_id = %s AND blocked_id = %s

-- name: tier_held
SELECT tier FROM subscriptions WHERE subscriber_id = %s AND creator_id = %s

-- name: tier_held_for_change
SELECT tier FROM subscriptions WHERE subscriber_id = %s AND creator_id = %s
FOR NO KEY UPDATE

-- name: hold_tier
-- Who holds none yet and is granted two at a time is granted one after the other.
WITH held AS (
    UPDATE subscriptions SET tier = %(tier)s
    WHERE subscriber_id = %(subscriber)s AND creator_id = %(creator)s RETURNING 1)
INSERT INTO subscriptions (subscriber_id, creator_id, tier, created_at)
SELECT %(subscriber)s, %(creator)s, %(tier)s, %(now)s WHERE NOT EXISTS (SELECT 1 FROM held)

-- name: subscribers
SELECT s.tier, s.created_at, u.id, u.username, u.name, u.avatar, u.is_verified
FROM subscriptions AS s JOIN users AS u ON u.id = s.subscriber_id
WHERE s.creator_id = %s AND (s.created_at, s.subscriber_id) < (%s, %s)
ORDER BY s.created_at DESC, s.subscriber_id DESC LIMIT %s

-- name: drop_tier
DELETE FROM subscriptions WHERE subscriber_id = %s AND creator_id = %s

-- name: like
SELECT 1 FROM likes WHERE post_id = %s AND user_id = %s

-- name: add_like
INSERT INTO likes (post_id, user_id, created_at) VALUES (%s, %s, %s)

-- name: remove_like
DELETE FROM likes WHERE post_id = %s AND user_id = %s

-- name: count_like
-- Likes that were counted elsewhere may be fewer than those that are taken back here.
UPDATE posts SET likes_count = greatest(likes_count + %s, 0) WHERE id = %s RETURNING likes_count

-- name: count_likes
UPDATE posts SET likes_count = %s WHERE id = %s

-- name: likes_told_at
SELECT likes_told_at FROM posts WHERE id = %s

-- name: tell_likes
UPDATE posts SET likes_told_at = %s WHERE id = %s

-- name: owe_likes
INSERT INTO likes_owed (post_id, user_id, liked, due) VALUES (%s, %s, %s, %s)
ON CONFLICT (post_id) DO UPDATE SET user_id = excluded.user_id, liked = excluded.liked

-- name: likes_owed
SELECT post_id, user_id, liked, due FROM likes_owed ORDER BY due LIMIT %s

-- name: like_owed
SELECT post_id, user_id, liked, due FROM likes_owed WHERE post_id = %s

-- name: pay_likes
DELETE FROM likes_owed WHERE post_id = %s

-- name: comment
SELECT c.id, c.post_id, c.text, c.created_at, u.id, u.username, u.name, u.avatar, u.is_verified
FROM comments AS c JOIN users AS u ON u.id = c.author_id
WHERE c.id = %s

-- name: comments
SELECT c.id, c.post_id, c.text, c.created_at, u.id, u.username, u.name, u.avatar, u.is_verified
FROM comments AS c JOIN users AS u ON u.id = c.author_id
WHERE c.post_id = %(post)s AND (c.created_at, c.id) < (%(time)s, %(id)s)
    AND NOT EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = %(viewer)s AND b.blocked_id = c.author_id)
    AND NOT EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = c.author_id AND b.blocked_id = %(viewer)s)
ORDER BY c.created_at DESC, c.id DESC LIMIT %(limit)s

-- name: add_comment
INSERT INTO comments (id, post_id, author_id, text, created_at) VALUES (%s, %s, %s, %s, %s)

-- name: remove_comment
DELETE FROM comments WHERE id = %s RETURNING post_id

-- name: count_comment
UPDATE posts SET comments_count = comments_count + %s WHERE id = %s RETURNING comments_count

-- name: notifications
SELECT n.id, n.user_id, n.kind, n.post_id, n.comment_id, n.actors, n.is_read, n.created_at,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM notifications AS n JOIN users AS u ON u.id = n.actor_id
WHERE n.user_id = %s AND (n.created_at, n.id) < (%s, %s)
ORDER BY n.created_at DESC, n.id DESC LIMIT %s

-- name: unread_notification
SELECT n.id, n.user_id, n.kind, n.post_id, n.comment_id, n.actors, n.is_read, n.created_at,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM notifications AS n JOIN users AS u ON u.id = n.actor_id
WHERE n.user_id = %s AND n.kind = %s AND coalesce(n.post_id, '') = coalesce(%s, '')
    AND NOT n.is_read

-- name: unread_notification_for_change
SELECT n.id, n.user_id, n.kind, n.post_id, n.comment_id, n.actors, n.is_read, n.created_at,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM notifications AS n JOIN users AS u ON u.id = n.actor_id
WHERE n.user_id = %s AND n.kind = %s AND coalesce(n.post_id, '') = coalesce(%s, '')
    AND NOT n.is_read
FOR NO KEY UPDATE OF n

-- name: unread_count
SELECT count(*) FROM notifications WHERE user_id = %s AND NOT is_read

-- name: add_notification
INSERT INTO notifications (id, user_id, kind, actor_id, post_id, comment_id, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)

-- name: change_notification
UPDATE notifications SET actor_id = %s, comment_id = %s, actors = %s WHERE id = %s

-- name: uncount_actor
UPDATE notifications SET actors = actors - 1
WHERE user_id = %(user)s AND EXISTS (
    SELECT 1 FROM notification_actors AS a
    WHERE a.notification_id = notifications.id AND a.actor_id = %(actor)s)

-- name: forget_actor
DELETE FROM notification_actors
WHERE actor_id = %(actor)s AND notification_id IN (
    SELECT id FROM notifications WHERE user_id = %(user)s)

-- name: pass_on_notifications
-- What others did as well is theirs.
UPDATE notifications
SET comment_id = NULL, actor_id = (
    SELECT a.actor_id FROM notification_actors AS a JOIN users AS u ON u.id = a.actor_id
    WHERE a.notification_id = notifications.id ORDER BY a.actor_id DESC LIMIT 1)
WHERE user_id = %(user)s AND actor_id = %(actor)s AND EXISTS (
    SELECT 1 FROM notification_actors AS a JOIN users AS u ON u.id = a.actor_id
    WHERE a.notification_id = notifications.id)

-- name: remove_notifications_by
DELETE FROM notifications WHERE user_id = %(user)s AND actor_id = %(actor)s

-- name: add_actor
INSERT INTO notification_actors (notification_id, actor_id) VALUES (%s, %s)
ON CONFLICT DO NOTHING RETURNING actor_id

-- name: read_all_notifications
UPDATE notifications SET is_read = true WHERE user_id = %s AND NOT is_read RETURNING id

-- name: read_notification
UPDATE notifications SET is_read = true WHERE id = %s AND user_id = %s AND NOT is_read RETURNING id

-- name: clear_notifications
DELETE FROM notifications WHERE user_id = %s RETURNING id

-- name: secret
SELECT secret FROM installation

-- name: keep_secret
INSERT INTO installation (secret) VALUES (%s) ON CONFLICT DO NOTHING

-- name: now
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint

-- name: be_a_writer
-- A name by which nodes, and operators, know the connections that write.
SELECT set_config('application_name', 'feedline writer', false)

-- name: end_what_stands_still
-- Writers that stopped between statements which the server still counts as one: it waits for the
-- rest without an end, and whatever they locked stays locked.
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'feedline writer' AND datname = current_database()
    AND usename = current_user AND pid <> pg_backend_pid() AND state = 'active'
    AND wait_event = 'ClientRead' AND query_start < clock_timestamp() - make_interval(secs => %s)

-- name: newest_notice
SELECT created_at FROM post_notices ORDER BY seq DESC LIMIT 1

-- name: change_follow
UPDATE follows SET notices_after = %s WHERE follower_id = %s AND creator_id = %s

-- name: notices_after
SELECT notices_after FROM follows
WHERE follower_id = %s AND creator_id = %s AND notices_after IS NOT NULL

-- name: muted
SELECT creator_id FROM follows WHERE follower_id = %s AND notices_after IS NULL

-- name: remove_notifications_of
DELETE FROM notifications WHERE user_id = %s AND post_id = %s

-- name: add_post_notice
INSERT INTO post_notices (seq, id, post_id, creator_id, created_at) VALUES (%s, %s, %s, %s, %s)

-- name: post_notice_of
SELECT 1 FROM post_notices WHERE post_id = %s

-- name: notice_marks
SELECT read_up_to, cleared_up_to FROM notice_marks WHERE user_id = %s

-- name: notices_since
-- How many there are after a place, counted no further than asked.
SELECT count(*) FROM (SELECT 1 FROM post_notices WHERE seq > %s LIMIT %s) AS n

-- name: unread_by_creator
SELECT count(*) FROM (
    SELECT 1 FROM follows AS f CROSS JOIN post_notices AS n
    WHERE f.follower_id = %(me)s AND f.notices_after IS NOT NULL
        AND n.creator_id = f.creator_id AND n.seq > greatest(f.notices_after, %(after)s)
        AND NOT EXISTS (SELECT 1 FROM notices_read AS r WHERE r.user_id = %(me)s AND r.seq = n.seq)
    LIMIT %(most)s) AS n

-- name: unread_among_newest
SELECT count(*) FROM (
    SELECT 1 FROM post_notices AS n CROSS JOIN follows AS f
    WHERE n.seq > %(after)s
        AND f.follower_id = %(me)s AND f.creator_id = n.creator_id AND f.notices_after < n.seq
        AND NOT EXISTS (SELECT 1 FROM notices_read AS r WHERE r.user_id = %(me)s AND r.seq = n.seq)
    LIMIT %(most)s) AS n

-- name: last_notice_before
SELECT seq FROM post_notices WHERE (created_at, id) < (%s, %s)
ORDER BY created_at DESC, id DESC LIMIT 1

-- name: notices_floor
-- How far back the newest notices are searched for those of one person.
SELECT seq FROM post_notices WHERE seq <= %s ORDER BY seq DESC LIMIT 1 OFFSET %s

-- name: notices_among_newest
SELECT n.seq FROM post_notices AS n CROSS JOIN follows AS f
WHERE n.seq <= %(upper)s AND n.seq > %(floor)s
    AND f.follower_id = %(me)s AND f.creator_id = n.creator_id AND f.notices_after < n.seq
ORDER BY n.seq DESC LIMIT %(limit)s

-- name: notices_by_creator
-- As many creators as notices are enough: those whose newest notices are the newest.
WITH heard (creator, since, newest) AS MATERIALIZED (
    SELECT f.creator_id, greatest(f.notices_after, %(after)s), (
        SELECT n.seq FROM post_notices AS n WHERE n.creator_id = f.creator_id AND n.seq <= %(upper)s
        ORDER BY n.seq DESC LIMIT 1)
    FROM follows AS f WHERE f.follower_id = %(me)s AND f.notices_after IS NOT NULL),
chosen (creator, since, newest) AS MATERIALIZED (
    SELECT creator, since, newest FROM heard WHERE newest > since
    ORDER BY newest DESC LIMIT %(limit)s),
last (newest) AS MATERIALIZED (
    SELECT coalesce((SELECT newest FROM chosen ORDER BY newest DESC LIMIT 1 OFFSET %(limit)s - 1), 0))
SELECT n.seq FROM last CROSS JOIN chosen AS c CROSS JOIN post_notices AS n
WHERE n.seq IN (
    SELECT seq FROM post_notices
    WHERE creator_id = c.creator AND seq <= %(upper)s AND seq > greatest(c.since, last.newest - 1)
    ORDER BY seq DESC LIMIT %(limit)s)
ORDER BY n.seq DESC LIMIT %(limit)s

-- name: notice
SELECT n.id, NULL, 'post', n.post_id, NULL, 1,
    n.seq <= %(read)s OR EXISTS (
        SELECT 1 FROM notices_read AS r WHERE r.user_id = %(me)s AND r.seq = n.seq),
    n.created_at, u.id, u.username, u.name, u.avatar, u.is_verified
FROM post_notices AS n JOIN users AS u ON u.id = n.creator_id
WHERE n.seq = %(seq)s

-- name: read_notice
INSERT INTO notices_read (user_id, seq)
SELECT f.follower_id, n.seq FROM post_notices AS n CROSS JOIN follows AS f
WHERE n.created_at = %(time)s AND n.id = %(id)s AND n.seq > %(after)s
    AND f.follower_id = %(me)s AND f.creator_id = n.creator_id AND f.notices_after < n.seq
ON CONFLICT DO NOTHING RETURNING seq

-- name: mark_notices_read
INSERT INTO notice_marks (user_id, read_up_to) VALUES (%s, %s)
ON CONFLICT (user_id) DO UPDATE SET read_up_to = greatest(notice_marks.read_up_to, excluded.read_up_to)

-- name: mark_notices_cleared
INSERT INTO notice_marks (user_id, cleared_up_to) VALUES (%s, %s)
ON CONFLICT (user_id) DO UPDATE SET cleared_up_to = greatest(notice_marks.cleared_up_to, excluded.cleared_up_to)

-- name: forget_notices_read
DELETE FROM notices_read WHERE user_id = %s

-- name: drop_notifications
DELETE FROM notifications WHERE id IN
    (SELECT id FROM notifications WHERE created_at < %s ORDER BY created_at LIMIT %s)

-- name: drop_post_notices
DELETE FROM post_notices WHERE seq IN
    (SELECT seq FROM post_notices WHERE created_at < %s ORDER BY created_at, id LIMIT %s)

-- name: drop_notices_read
-- Of what is not there any more.
DELETE FROM notices_read WHERE (user_id, seq) IN (
    SELECT user_id, seq FROM notices_read
    WHERE seq < coalesce((SELECT min(seq) FROM post_notices), %s)
    ORDER BY seq LIMIT %s)

-- name: crowded
-- The next people after one, and whether they have more notifications than are kept.
WITH RECURSIVE people (id) AS (
    SELECT min(user_id) FROM notifications WHERE user_id > %(after)s
    UNION ALL
    SELECT (SELECT min(user_id) FROM notifications WHERE user_id > people.id)
    FROM people WHERE people.id IS NOT NULL)
SELECT id, (
    SELECT n.id FROM notifications AS n WHERE n.user_id = people.id
    ORDER BY n.created_at DESC, n.id DESC LIMIT 1 OFFSET %(keep)s) IS NOT NULL
FROM (SELECT id FROM people LIMIT %(limit)s) AS people WHERE id IS NOT NULL

-- name: drop_crowd
DELETE FROM notifications WHERE id IN
    (SELECT id FROM notifications WHERE user_id = %s
    ORDER BY created_at DESC, id DESC LIMIT %s OFFSET %s)

-- name: report
SELECT r.id, r.kind, r.subject_id, r.reason, r.text, r.state, r.created_at,
    (SELECT count(*) FROM reports AS o
        WHERE o.kind = r.kind AND o.subject_id = r.subject_id AND o.state = 'open'),
    w.id, w.username, w.name, w.avatar, w.is_verified,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM reports AS r JOIN users AS w ON w.id = r.reporter_id JOIN users AS u ON u.id = r.person_id
WHERE r.id = %s

-- name: report_by
SELECT r.id, r.kind, r.subject_id, r.reason, r.text, r.state, r.created_at,
    (SELECT count(*) FROM reports AS o
        WHERE o.kind = r.kind AND o.subject_id = r.subject_id AND o.state = 'open'),
    w.id, w.username, w.name, w.avatar, w.is_verified,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM reports AS r JOIN users AS w ON w.id = r.reporter_id JOIN users AS u ON u.id = r.person_id
WHERE r.reporter_id = %s AND r.kind = %s AND r.subject_id = %s

-- name: reports_by
SELECT r.id, r.kind, r.subject_id, r.reason, r.text, r.state, r.created_at,
    (SELECT count(*) FROM reports AS o
        WHERE o.kind = r.kind AND o.subject_id = r.subject_id AND o.state = 'open'),
    w.id, w.username, w.name, w.avatar, w.is_verified,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM reports AS r JOIN users AS w ON w.id = r.reporter_id JOIN users AS u ON u.id = r.person_id
WHERE r.reporter_id = %s AND r.id > %s ORDER BY r.id LIMIT %s

-- name: open_reports
SELECT r.id, r.kind, r.subject_id, r.reason, r.text, r.state, r.created_at,
    (SELECT count(*) FROM reports AS o
        WHERE o.kind = r.kind AND o.subject_id = r.subject_id AND o.state = 'open'),
    w.id, w.username, w.name, w.avatar, w.is_verified,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM reports AS r JOIN users AS w ON w.id = r.reporter_id JOIN users AS u ON u.id = r.person_id
WHERE r.state = 'open' AND (r.created_at, r.id) < (%s, %s)
ORDER BY r.created_at DESC, r.id DESC LIMIT %s

-- name: count_open_reports
SELECT count(*) FROM (SELECT 1 FROM reports WHERE state = 'open' LIMIT 1000) AS counted

-- name: settled_reports
SELECT r.id, r.kind, r.subject_id, r.reason, r.text, r.state, r.created_at,
    (SELECT count(*) FROM reports AS o
        WHERE o.kind = r.kind AND o.subject_id = r.subject_id AND o.state = 'open'),
    w.id, w.username, w.name, w.avatar, w.is_verified,
    u.id, u.username, u.name, u.avatar, u.is_verified
FROM reports AS r JOIN users AS w ON w.id = r.reporter_id JOIN users AS u ON u.id = r.person_id
WHERE r.state <> 'open' AND (r.created_at, r.id) < (%s, %s)
ORDER BY r.created_at DESC, r.id DESC LIMIT %s

-- name: count_reports
SELECT count(*) FROM reports WHERE reporter_id = %s AND created_at > %s

-- name: add_report
INSERT INTO reports (id, reporter_id, person_id, kind, subject_id, reason, text, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)

-- name: settle_reports
UPDATE reports SET state = %s WHERE kind = %s AND subject_id = %s AND state = 'open'

-- name: drop_reports
DELETE FROM reports WHERE id = ANY (ARRAY(
    SELECT id FROM reports WHERE state <> 'open' AND created_at < %s LIMIT %s
    FOR UPDATE SKIP LOCKED))

-- name: keep_node_run
INSERT INTO node_runs (id, name, pid, started_at, seen_at, ended_at, missed)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (id) DO UPDATE
SET seen_at = excluded.seen_at, ended_at = excluded.ended_at, missed = excluded.missed

-- name: add_trail
-- Nothing is kept of somebody who is gone.
INSERT INTO trails (id, user_id, node_id, transport, opened_at)
SELECT %s, id, %s, %s, %s FROM users WHERE id = %s
ON CONFLICT DO NOTHING

-- name: close_trail
UPDATE trails SET closed_at = %s, close_code = %s, close_reason = %s, reached = %s WHERE id = %s

-- name: add_marks
INSERT INTO trail_marks (trail_id, number, at, body)
SELECT id, %s, %s, %s FROM trails WHERE id = %s
ON CONFLICT DO NOTHING

-- name: keep_dispatch
-- Written when it begins, and again when its last socket was reached after that.
INSERT INTO dispatches (seq, node_id, at, sockets, first_at, last_at) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (seq, node_id) DO UPDATE
SET sockets = excluded.sockets, first_at = excluded.first_at, last_at = excluded.last_at

-- name: trails_since
SELECT id, user_id, node_id, transport, opened_at, closed_at, close_code, close_reason, reached
FROM trails WHERE user_id = %s AND (closed_at IS NULL OR closed_at >= %s)
ORDER BY opened_at, id LIMIT %s

-- name: trail_before
SELECT id, user_id, node_id, transport, opened_at, closed_at, close_code, close_reason, reached
FROM trails WHERE user_id = %s AND closed_at < %s ORDER BY closed_at DESC, id LIMIT 1

-- name: trails_of_followers
SELECT t.id, t.user_id, t.node_id, t.transport, t.opened_at, t.closed_at, t.close_code,
    t.close_reason, t.reached
FROM follows AS f CROSS JOIN trails AS t
WHERE f.creator_id = %s AND f.created_at <= %s AND t.user_id = f.follower_id
    AND (t.closed_at IS NULL OR t.closed_at >= %s) AND t.opened_at <= %s
LIMIT %s

-- name: trail_marks
SELECT body FROM trail_marks WHERE trail_id = %s ORDER BY number LIMIT %s

-- name: node_run
SELECT id, name, pid, started_at, seen_at, ended_at, missed FROM node_runs WHERE id = %s

-- name: dispatches_of
SELECT seq, node_id, at, sockets, first_at, last_at FROM dispatches WHERE seq = %s

-- name: events_with
-- What has some bytes in it, in a stretch of the log.
SELECT seq, at, body FROM events
WHERE seq > %s AND seq <= %s AND position(%s::bytea IN body) > 0 ORDER BY seq LIMIT %s

-- name: event_at
SELECT at FROM events WHERE seq = %s

-- name: followed_at
SELECT created_at FROM follows WHERE follower_id = %s AND creator_id = %s

-- name: newest_marks_from
-- The age of the oldest of so many of the newest.
SELECT at FROM trail_marks ORDER BY at DESC LIMIT 1 OFFSET %s

-- name: newest_trails_from
SELECT closed_at FROM trails WHERE closed_at IS NOT NULL ORDER BY closed_at DESC LIMIT 1 OFFSET %s

-- name: trail_rows
SELECT (SELECT count(*) FROM trails) + (SELECT count(*) FROM trail_marks),
    (SELECT count(DISTINCT user_id) FROM trails)

-- name: heaviest_trails
-- Whose ended connections take the most rows: how many they are, and how many rows.
SELECT t.user_id, count(*), count(*) + coalesce(sum(m.marks), 0)::bigint AS total
FROM trails AS t
LEFT JOIN (SELECT trail_id, count(*) AS marks FROM trail_marks GROUP BY trail_id) AS m
    ON m.trail_id = t.id
WHERE t.closed_at IS NOT NULL GROUP BY t.user_id ORDER BY total DESC, t.user_id LIMIT %s

-- name: newest_trails_of
-- The end of the first one past so many of somebody's newest.
SELECT closed_at FROM trails WHERE user_id = %s AND closed_at IS NOT NULL
ORDER BY closed_at DESC LIMIT 1 OFFSET %s

-- name: drop_trails_of
DELETE FROM trails WHERE id = ANY (ARRAY(
    SELECT id FROM trails WHERE user_id = %s AND closed_at <= %s ORDER BY closed_at LIMIT %s
    FOR UPDATE SKIP LOCKED))

-- name: note_thinned
INSERT INTO trails_thinned (user_id, since) SELECT id, %s FROM users WHERE id = %s
ON CONFLICT (user_id) DO UPDATE SET since = greatest(trails_thinned.since, excluded.since)

-- name: note_kept
INSERT INTO trails_kept (since) VALUES (%s)
ON CONFLICT (one) DO UPDATE SET since = greatest(trails_kept.since, excluded.since)

-- name: drop_thinned
DELETE FROM trails_thinned WHERE since < %s

-- name: trails_kept_since
SELECT max(since) FROM (
    SELECT min(started_at) AS since FROM node_runs
    UNION ALL SELECT since FROM trails_kept
    UNION ALL SELECT since FROM trails_thinned WHERE user_id = %s) AS found

-- name: drop_marks
DELETE FROM trail_marks WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM trail_marks WHERE at < %s ORDER BY at LIMIT %s FOR UPDATE SKIP LOCKED))

-- name: drop_trails
DELETE FROM trails WHERE id = ANY (ARRAY(
    SELECT id FROM trails WHERE closed_at < %s ORDER BY closed_at LIMIT %s
    FOR UPDATE SKIP LOCKED))

-- name: drop_lost_trails
-- Nobody said when they ended, and their node is not heard of any more.
DELETE FROM trails WHERE id = ANY (ARRAY(
    SELECT t.id FROM trails AS t WHERE t.closed_at IS NULL AND NOT EXISTS
        (SELECT 1 FROM node_runs AS n WHERE n.id = t.node_id AND n.seen_at >= %s)
    LIMIT %s FOR UPDATE OF t SKIP LOCKED))

-- name: drop_dispatches
DELETE FROM dispatches WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM dispatches WHERE at < %s ORDER BY at LIMIT %s FOR UPDATE SKIP LOCKED))

-- name: drop_node_runs
DELETE FROM node_runs WHERE id = ANY (ARRAY(
    SELECT id FROM node_runs WHERE seen_at < %s LIMIT %s FOR UPDATE SKIP LOCKED))

-- name: keep_figures
INSERT INTO figures (minute, node_id, body) VALUES (%s, %s, %s)
ON CONFLICT (minute, node_id) DO UPDATE SET body = excluded.body

-- name: figures
SELECT body FROM figures WHERE minute >= %s ORDER BY minute, node_id

-- name: forget_figures
DELETE FROM figures WHERE (minute, node_id) IN (
    SELECT minute, node_id FROM figures WHERE minute < %s ORDER BY minute, node_id LIMIT %s)
