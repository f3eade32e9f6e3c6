-- Where the bytes of fetched assets came from: what their server said of the version that is stored, and until when that
-- is taken for current.
CREATE TABLE sources (
    asset_id      {{text}} NOT NULL PRIMARY KEY REFERENCES assets (asset_id) ON DELETE CASCADE,
    etag          {{text}} NOT NULL,
    last_modified {{text}} NOT NULL,
    fresh_until   BIGINT   NOT NULL
);
