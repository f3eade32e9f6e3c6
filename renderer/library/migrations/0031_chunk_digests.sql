-- The state of the MD5 of a file behind a chunk, and whether the chunk's md5 is that of all the file up to there.
ALTER TABLE chunks ADD COLUMN md5_state {{text}} NOT NULL DEFAULT '';
ALTER TABLE chunks ADD COLUMN continued BOOLEAN NOT NULL DEFAULT FALSE;
