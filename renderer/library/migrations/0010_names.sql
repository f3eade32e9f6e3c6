-- With what a list by prefix filters and sorts by, so that it reads nothing else.
DROP INDEX assets_by_public_id;
CREATE INDEX assets_by_public_id ON assets (public_id, created_at, asset_id, resource_type, type);
