-- Uploads that come in chunks, by any replica. total is -1 until a chunk tells it; assembling_until is the lease of whoever
-- joins the chunks; asset_id is empty until they are an asset.
CREATE TABLE chunked_uploads (
    id               {{text}} NOT NULL PRIMARY KEY,
    total            BIGINT NOT NULL,
    assembling_until BIGINT NOT NULL,
    asset_id         {{text}} NOT NULL,
    expires_at       BIGINT NOT NULL
);
CREATE INDEX chunked_uploads_expires_at ON chunked_uploads (expires_at);

-- object_key is empty once the bytes belong to the asset.
CREATE TABLE chunks (
    upload_id  {{text}} NOT NULL REFERENCES chunked_uploads (id) ON DELETE CASCADE,
    first_byte BIGINT NOT NULL,
    last_byte  BIGINT NOT NULL,
    md5        {{text}} NOT NULL,
    object_key {{text}} NOT NULL,
    PRIMARY KEY (upload_id, first_byte)
);
CREATE INDEX chunks_object_key ON chunks (object_key);
