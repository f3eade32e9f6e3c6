-- How many bytes of an asset's versions are in the backup.
ALTER TABLE assets ADD COLUMN backup_bytes BIGINT NOT NULL DEFAULT 0;
UPDATE assets SET backup_bytes = (SELECT CAST(COALESCE(SUM(v.bytes), 0) AS BIGINT) FROM asset_versions AS v WHERE v.asset_id = assets.asset_id AND v.source_key = '')
WHERE asset_id IN (SELECT v.asset_id FROM asset_versions AS v);
CREATE INDEX assets_by_backup_bytes ON assets (backup_bytes, created_at, asset_id);
