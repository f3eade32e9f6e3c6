-- Folders. The two folder modes have folders of their own: in fixed mode those that public IDs name, in dynamic mode the
-- asset folders. Both are kept, so that an environment can change its mode. parent is empty for those at the root.
CREATE TABLE folders (
    dynamic    BOOLEAN  NOT NULL,
    path       {{text}} NOT NULL,
    parent     {{text}} NOT NULL,
    name       {{text}} NOT NULL,
    id         {{text}} NOT NULL,
    created_at BIGINT   NOT NULL,
    PRIMARY KEY (dynamic, path)
);
CREATE INDEX folders_by_parent ON folders (dynamic, parent, name);
CREATE INDEX folders_by_name ON folders (dynamic, name, path);
CREATE INDEX folders_by_age ON folders (dynamic, created_at, path);
CREATE INDEX assets_by_asset_folder ON assets (asset_folder, created_at, asset_id);

-- Two assets that belong together; both directions have a row.
CREATE TABLE related_assets (
    asset_id   {{text}} NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    related_id {{text}} NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    created_at BIGINT   NOT NULL,
    PRIMARY KEY (asset_id, related_id)
);
CREATE INDEX related_assets_by_related ON related_assets (related_id);
