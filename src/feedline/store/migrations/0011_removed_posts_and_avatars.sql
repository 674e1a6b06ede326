-- What was deleted here stays so, whoever tells of it again.
CREATE TABLE removed_posts (
    id TEXT PRIMARY KEY,
    removed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Pictures that are somebody's avatar: for everybody, and no orphans.
ALTER TABLE media ADD COLUMN is_avatar INTEGER NOT NULL DEFAULT 0;

DROP INDEX media_without_post;
CREATE INDEX media_without_use ON media (created_at) WHERE post_id IS NULL AND is_avatar = 0;
CREATE INDEX media_of_avatars ON media (owner_id) WHERE is_avatar = 1;
