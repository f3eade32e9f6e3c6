-- Instead of a term for each.
CREATE INDEX assets_by_etag ON assets (etag, created_at, asset_id);
