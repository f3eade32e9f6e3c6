-- The files of a transformation, the newest first, and transformations without a name that strict mode allows.
DROP INDEX derived_transformation;
CREATE INDEX derived_by_transformation ON derived (transformation, created_at, id);
CREATE TABLE allowed_transformations (
    transformation {{text}} NOT NULL PRIMARY KEY
);

-- Assets that complete others, such as their subtitles, and what is told of them.
CREATE TABLE complementary_assets (
    asset_id   {{text}} NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    related_id {{text}} NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    type       {{text}} NOT NULL,
    metadata   {{json}},
    created_at BIGINT   NOT NULL,
    PRIMARY KEY (asset_id, related_id)
);
CREATE INDEX complementary_assets_by_related ON complementary_assets (related_id);
