-- {{text}}, {{json}} and {{blob}} are the types that SQLite and PostgreSQL name differently; see migrate.go.
-- Times are microseconds since 1970 in UTC.

CREATE TABLE assets (
    asset_id          {{text}} NOT NULL PRIMARY KEY,
    resource_type     {{text}} NOT NULL,
    type              {{text}} NOT NULL,
    public_id         {{text}} NOT NULL,
    version           BIGINT   NOT NULL,
    version_id        {{text}} NOT NULL,
    format            {{text}} NOT NULL,
    bytes             BIGINT   NOT NULL,
    width             BIGINT   NOT NULL,
    height            BIGINT   NOT NULL,
    pages             BIGINT   NOT NULL,
    etag              {{text}} NOT NULL,
    object_key        {{text}} NOT NULL,
    original_filename {{text}} NOT NULL,
    display_name      {{text}} NOT NULL,
    asset_folder      {{text}} NOT NULL,
    access_mode       {{text}} NOT NULL,
    alpha             BOOLEAN  NOT NULL,
    sample            BOOLEAN  NOT NULL,
    tags              {{json}},
    context           {{json}},
    metadata          {{json}},
    faces             {{json}},
    custom            {{json}},
    created_at        BIGINT   NOT NULL,
    updated_at        BIGINT   NOT NULL
);
CREATE UNIQUE INDEX assets_by_name ON assets (resource_type, type, public_id);
CREATE UNIQUE INDEX assets_by_object ON assets (object_key);
CREATE INDEX assets_by_age ON assets (created_at, asset_id);
CREATE INDEX assets_by_type_and_age ON assets (resource_type, type, created_at, asset_id);

-- The tags of an asset once more, to find assets by tag. created_at is the asset's: it never changes, and with it a
-- page of a tag is read from one index.
CREATE TABLE asset_tags (
    asset_id   {{text}} NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    tag        {{text}} NOT NULL,
    created_at BIGINT   NOT NULL,
    PRIMARY KEY (asset_id, tag)
);
CREATE INDEX asset_tags_by_tag ON asset_tags (tag, created_at, asset_id);

CREATE TABLE derived (
    id             {{text}} NOT NULL PRIMARY KEY,
    asset_id       {{text}} NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    version_id     {{text}} NOT NULL,
    key            {{text}} NOT NULL,
    transformation {{text}} NOT NULL,
    format         {{text}} NOT NULL,
    bytes          BIGINT   NOT NULL,
    width          BIGINT   NOT NULL,
    height         BIGINT   NOT NULL,
    etag           {{text}} NOT NULL,
    object_key     {{text}} NOT NULL,
    created_at     BIGINT   NOT NULL
);
CREATE UNIQUE INDEX derived_by_key ON derived (asset_id, version_id, key);
CREATE UNIQUE INDEX derived_by_object ON derived (object_key);
CREATE INDEX derived_by_age ON derived (asset_id, created_at, id);

-- Objects of the bucket that no row above owns: reserved until due, to be deleted afterwards. Once the collector has
-- claimed one, it cannot become an asset's any more.
CREATE TABLE garbage (
    object_key {{text}} NOT NULL PRIMARY KEY,
    due        BIGINT   NOT NULL,
    claimed    BOOLEAN  NOT NULL
);
CREATE INDEX garbage_by_due ON garbage (due);

CREATE TABLE snapshots (
    name     {{text}} NOT NULL PRIMARY KEY,
    data     {{blob}} NOT NULL,
    saved_at BIGINT   NOT NULL
);
