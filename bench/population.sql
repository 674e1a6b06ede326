-- A large installation, made at once: over REST it would take hours. People have numbers.

-- name: people
INSERT INTO users (id, username, name, password_hash, created_at)
WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :people)
SELECT printf('01900000-0000-7000-8000-%012x', n * 2654435761 % 4294967296 * 65536 + n % 65536),
    'person' || n, 'Person ' || n, '', :start
FROM number

-- name: numbers
CREATE TEMP TABLE person AS
SELECT CAST(substr(username, 7) AS INTEGER) AS number, id AS id FROM users

-- name: index_of_numbers
CREATE UNIQUE INDEX temp.person_by_number ON person (number)

-- name: sessions
INSERT INTO sessions (id, user_id, created_at, expires_at) SELECT id, id, :start, :end FROM users

-- name: posts
-- One a second. The first people have been silent for the last tenth of that time.
INSERT INTO posts (id, author_id, title, text, tags, created_at, updated_at)
WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :posts),
post (n, at, author) AS (
    SELECT n, :start + n * 1000, iif(
        n <= :posts - :posts / 10,
        n * 7919 % :people,
        :silent + n * 7919 % (:people - :silent))
    FROM number)
SELECT printf('%08x-%04x-7000-8000-%012x', at / 65536, at % 65536, n), person.id, 'Post ' || n,
    printf('%.*c', 120, 'x'), json_array('tag' || (n % 50)), at, at
FROM post JOIN person ON person.number = post.author

-- name: tags
INSERT INTO post_tags (tag, created_at, post_id)
SELECT tag.value, posts.created_at, posts.id FROM posts, json_each(posts.tags) AS tag

-- name: follows
-- Each of some readers follows so many creators, in a row that begins elsewhere for each of them.
INSERT INTO follows (follower_id, creator_id, created_at)
WITH RECURSIVE reader (n) AS (
    SELECT :reader UNION ALL SELECT n + 1 FROM reader WHERE n + 1 < :reader + :readers),
step (k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM step WHERE k + 1 < :follows)
SELECT one.id, other.id, :start
FROM reader CROSS JOIN step
CROSS JOIN person AS one ON one.number = reader.n
CROSS JOIN person AS other ON other.number = :creator + (reader.n * 17 + step.k) % :creators

-- name: counts
UPDATE users SET
    followers_count = (SELECT count(*) FROM follows WHERE creator_id = users.id),
    following_count = (SELECT count(*) FROM follows WHERE follower_id = users.id),
    posts_count = (SELECT count(*) FROM posts WHERE author_id = users.id),
    newest_post_at = (SELECT max(created_at) FROM posts WHERE author_id = users.id)
