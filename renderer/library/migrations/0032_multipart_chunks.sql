-- The multipart upload that the chunks of a file are sent to, and its object; empty where each chunk is an object of its own.
ALTER TABLE chunked_uploads ADD COLUMN object_key {{text}} NOT NULL DEFAULT '';
ALTER TABLE chunked_uploads ADD COLUMN multipart {{text}} NOT NULL DEFAULT '';
CREATE INDEX chunked_uploads_object_key ON chunked_uploads (object_key);
-- What the bucket wants to know of the parts that a chunk became; empty for an object.
ALTER TABLE chunks ADD COLUMN parts {{text}} NOT NULL DEFAULT '';

-- Who is about to send a chunk to its place in the multipart upload, which nobody else may write to until then.
CREATE TABLE chunk_claims (
    upload_id  {{text}} NOT NULL REFERENCES chunked_uploads (id) ON DELETE CASCADE,
    first_byte BIGINT NOT NULL,
    last_byte  BIGINT NOT NULL,
    claim      {{text}} NOT NULL,
    until      BIGINT NOT NULL,
    PRIMARY KEY (upload_id, claim)
);

-- The multipart upload that an object without an owner may still be; empty for none.
ALTER TABLE garbage ADD COLUMN multipart {{text}} NOT NULL DEFAULT '';
