-- What searches look at. It is written with the asset, in the same transaction, and can be made anew from it; the
-- program does that when search_index names another version than it knows.
CREATE TABLE search_index (version BIGINT NOT NULL);

ALTER TABLE assets ADD COLUMN uploaded_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE assets ADD COLUMN pixels BIGINT NOT NULL DEFAULT 0;
ALTER TABLE assets ADD COLUMN aspect_ratio DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE assets ADD COLUMN face_count BIGINT NOT NULL DEFAULT 0;
-- When a part was changed last, by part.
ALTER TABLE assets ADD COLUMN changed {{json}};
ALTER TABLE assets ADD COLUMN moderation {{json}};
UPDATE assets SET uploaded_at = version * 1000000, pixels = width * height;
CREATE INDEX assets_by_public_id ON assets (public_id, created_at, asset_id);
CREATE INDEX assets_by_bytes ON assets (bytes, created_at, asset_id);
CREATE INDEX assets_by_width ON assets (width, created_at, asset_id);
CREATE INDEX assets_by_height ON assets (height, created_at, asset_id);
CREATE INDEX assets_by_pixels ON assets (pixels, created_at, asset_id);
CREATE INDEX assets_by_aspect_ratio ON assets (aspect_ratio, created_at, asset_id);
CREATE INDEX assets_by_pages ON assets (pages, created_at, asset_id);
CREATE INDEX assets_by_face_count ON assets (face_count, created_at, asset_id);
CREATE INDEX assets_by_version ON assets (version, created_at, asset_id);
CREATE INDEX assets_by_uploaded_at ON assets (uploaded_at, created_at, asset_id);
CREATE INDEX assets_by_updated_at ON assets (updated_at, created_at, asset_id);

-- The terms of an asset; terms.go says how they are written. All that follows the key are copies of the asset's columns,
-- so that most searches read this index alone.
CREATE TABLE asset_terms (
    term          {{text}} NOT NULL,
    created_at    BIGINT   NOT NULL,
    asset_id      {{text}} NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    fields        BIGINT   NOT NULL,
    resource_type {{text}} NOT NULL,
    type          {{text}} NOT NULL,
    format        {{text}} NOT NULL,
    bytes         BIGINT   NOT NULL,
    width         BIGINT   NOT NULL,
    height        BIGINT   NOT NULL,
    public_id     {{text}} NOT NULL,
    {{sqlite}} PRIMARY KEY (term, created_at, asset_id)
    {{postgres}} PRIMARY KEY (term, created_at, asset_id) INCLUDE (fields, resource_type, type, format, bytes, width, height, public_id)
)
{{sqlite}} WITHOUT ROWID
;
CREATE INDEX asset_terms_by_asset ON asset_terms (asset_id);

-- Values that are compared by order and that no column holds: metadata and times of changes.
CREATE TABLE asset_values (
    asset_id   {{text}} NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    field      {{text}} NOT NULL,
    number     DOUBLE PRECISION,
    text       {{text}} NOT NULL,
    created_at BIGINT   NOT NULL,
    PRIMARY KEY (asset_id, field)
);
CREATE INDEX asset_values_by_number ON asset_values (field, number, created_at, asset_id);

-- All words of an asset in their order, to look for phrases in.
CREATE TABLE asset_texts (
    asset_id {{text}} NOT NULL PRIMARY KEY REFERENCES assets (asset_id) ON DELETE CASCADE,
    text     {{text}} NOT NULL
);

-- Tags by resource type, to list them and the assets that have one.
ALTER TABLE asset_tags ADD COLUMN resource_type {{text}} NOT NULL DEFAULT '';
UPDATE asset_tags SET resource_type = (SELECT a.resource_type FROM assets AS a WHERE a.asset_id = asset_tags.asset_id);
CREATE INDEX asset_tags_by_type ON asset_tags (resource_type, tag, created_at, asset_id);
