-- Files that people sent: "arriving" until they are kept for certain, "removed" until they are gone.

CREATE TABLE media (
    id TEXT PRIMARY KEY,
    owner_id TEXT NOT NULL,
    post_id TEXT UNIQUE,
    type TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    thumbnail_size INTEGER NOT NULL,
    aspect_ratio REAL,
    state TEXT NOT NULL DEFAULT 'arriving' CHECK (state IN ('arriving', 'ready', 'removed')),
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX media_by_owner ON media (owner_id);
CREATE INDEX media_without_post ON media (created_at) WHERE post_id IS NULL;
