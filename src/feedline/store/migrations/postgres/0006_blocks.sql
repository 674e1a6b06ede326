-- Who has blocked whom. Neither is there for the other.
CREATE TABLE blocks (
    blocker_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    blocked_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id)
);

CREATE INDEX blocks_by_blocked ON blocks (blocked_id, blocker_id);
