-- Versions of assets that are, or are to be, in the backup, also of assets that are deleted since. description is the asset as
-- it was last in this version. source_key is the object that waits to be copied, empty when it is; backup_key is the copy.
CREATE TABLE asset_versions (
    version_id    {{text}} NOT NULL PRIMARY KEY,
    asset_id      {{text}} NOT NULL,
    resource_type {{text}} NOT NULL,
    type          {{text}} NOT NULL,
    public_id     {{text}} NOT NULL,
    version       BIGINT   NOT NULL,
    bytes         BIGINT   NOT NULL,
    description   {{text}} NOT NULL,
    source_key    {{text}} NOT NULL,
    backup_key    {{text}} NOT NULL,
    stored_at     BIGINT   NOT NULL,
    copied_at     BIGINT   NOT NULL
);

CREATE INDEX asset_versions_asset ON asset_versions (asset_id, stored_at, version_id);
CREATE INDEX asset_versions_name ON asset_versions (resource_type, type, public_id, stored_at);
-- What waits is kept from being collected.
CREATE INDEX asset_versions_source ON asset_versions (source_key) WHERE source_key <> '';
