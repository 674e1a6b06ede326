-- What a post shows beside its text.

ALTER TABLE posts ADD COLUMN media_type TEXT NOT NULL DEFAULT 'text';
ALTER TABLE posts ADD COLUMN media_url TEXT;
ALTER TABLE posts ADD COLUMN thumbnail TEXT;
ALTER TABLE posts ADD COLUMN aspect_ratio REAL;
