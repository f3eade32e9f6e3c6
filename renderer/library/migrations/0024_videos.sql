-- How long a video or sound is, in seconds, and what else its header tells: JSON of the makers.
ALTER TABLE assets ADD COLUMN duration DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE assets ADD COLUMN media {{json}};
CREATE INDEX assets_by_duration ON assets (duration, created_at, asset_id);
