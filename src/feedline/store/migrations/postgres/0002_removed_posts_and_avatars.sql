-- What was deleted here stays so, whoever tells of it again.
CREATE TABLE removed_posts (
    id text COLLATE "C" PRIMARY KEY,
    removed_at bigint NOT NULL
);

-- Pictures that are somebody's avatar: for everybody, and no orphans.
ALTER TABLE media ADD COLUMN is_avatar boolean NOT NULL DEFAULT false;

DROP INDEX media_without_post;
CREATE INDEX media_without_use ON media (created_at) WHERE post_id IS NULL AND NOT is_avatar;
CREATE INDEX media_of_avatars ON media (owner_id) WHERE is_avatar;
