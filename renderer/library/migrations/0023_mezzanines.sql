-- Smaller copies of pictures that later sizes are made from, one object for an asset. They are no derived files: nobody asked
-- for them. object_key is empty until there is one; until claimed_until somebody makes it.
CREATE TABLE mezzanines (
    asset_id      {{text}} NOT NULL PRIMARY KEY REFERENCES assets (asset_id) ON DELETE CASCADE,
    version_id    {{text}} NOT NULL,
    object_key    {{text}} NOT NULL,
    bytes         BIGINT   NOT NULL,
    claimed_until BIGINT   NOT NULL
);
CREATE INDEX mezzanines_by_object ON mezzanines (object_key);
