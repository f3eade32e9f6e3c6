-- When derived files of an asset were deleted last, 0 for never: what replicas have kept of them from before does not count.
ALTER TABLE assets ADD COLUMN purged_at BIGINT NOT NULL DEFAULT 0;
