-- Lists of posts go by time: a post that another system made keeps its own id, which tells no order.

DROP INDEX posts_by_author;
DROP INDEX posts_by_category;
DROP INDEX post_tags_by_post;

CREATE INDEX posts_by_time ON posts (created_at, id);
CREATE INDEX posts_by_author ON posts (author_id, created_at, id);
CREATE INDEX posts_by_category ON posts (category, created_at, id) WHERE category IS NOT NULL;

ALTER TABLE post_tags RENAME TO post_tags_before;

CREATE TABLE post_tags (
    tag TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    post_id TEXT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    PRIMARY KEY (tag, created_at, post_id)
) STRICT, WITHOUT ROWID;

INSERT INTO post_tags (tag, created_at, post_id)
SELECT t.tag, p.created_at, t.post_id FROM post_tags_before AS t JOIN posts AS p ON p.id = t.post_id;

DROP TABLE post_tags_before;

CREATE INDEX post_tags_by_post ON post_tags (post_id, tag);
