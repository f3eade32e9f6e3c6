-- Collections of assets, in an order that people give them. share is the token of a link to one, empty for none; share_until is
-- when that ends, 0 for never.
CREATE TABLE collections (
    id          {{text}} NOT NULL PRIMARY KEY,
    name        {{text}} NOT NULL,
    description {{text}} NOT NULL,
    created_by  {{text}} NOT NULL,
    share       {{text}} NOT NULL,
    share_until BIGINT   NOT NULL,
    created_at  BIGINT   NOT NULL,
    updated_at  BIGINT   NOT NULL
);
CREATE UNIQUE INDEX collections_by_name ON collections (name);
CREATE UNIQUE INDEX collections_by_share ON collections (share) WHERE share <> '';

CREATE TABLE collection_members (
    collection_id {{text}} NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    asset_id      {{text}} NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    position      BIGINT   NOT NULL,
    PRIMARY KEY (collection_id, asset_id)
);
CREATE INDEX collection_members_in_order ON collection_members (collection_id, position, asset_id);
CREATE INDEX collection_members_by_asset ON collection_members (asset_id);

-- Comments on assets. parent_id is the comment that one replies to, empty for none. place is where on the picture it is about, in
-- JSON; NULL for no place.
CREATE TABLE comments (
    id          {{text}} NOT NULL PRIMARY KEY,
    asset_id    {{text}} NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    version_id  {{text}} NOT NULL,
    parent_id   {{text}} NOT NULL,
    author      {{text}} NOT NULL,
    body        {{text}} NOT NULL,
    place       {{json}},
    resolved    BOOLEAN  NOT NULL,
    resolved_by {{text}} NOT NULL,
    resolved_at BIGINT   NOT NULL,
    created_at  BIGINT   NOT NULL,
    updated_at  BIGINT   NOT NULL
);
CREATE INDEX comments_of_asset ON comments (asset_id, parent_id, created_at, id);
