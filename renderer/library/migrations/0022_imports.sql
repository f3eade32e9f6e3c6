-- Imports from elsewhere, and how far each has come. position is where the source is to be read next; run tells the runs of
-- an import apart. A worker may go on as long as epoch is the one that it was started for, and version the one that it read.
CREATE TABLE imports (
    id          {{text}} NOT NULL PRIMARY KEY,
    name        {{text}} NOT NULL,
    run         {{text}} NOT NULL,
    state       {{text}} NOT NULL,
    message     {{text}} NOT NULL,
    position    {{text}} NOT NULL,
    epoch       BIGINT   NOT NULL,
    version     BIGINT   NOT NULL,
    misses      BIGINT   NOT NULL,
    total       BIGINT   NOT NULL,
    done        BIGINT   NOT NULL,
    unchanged   BIGINT   NOT NULL,
    failed      BIGINT   NOT NULL,
    bytes       BIGINT   NOT NULL,
    started_at  BIGINT   NOT NULL,
    finished_at BIGINT   NOT NULL,
    updated_at  BIGINT   NOT NULL,
    reported    BIGINT   NOT NULL
);
-- What could not be imported in the latest run, and why.
CREATE TABLE import_failures (
    import_id {{text}} NOT NULL,
    item      {{text}} NOT NULL,
    reason    {{text}} NOT NULL,
    failed_at BIGINT   NOT NULL,
    PRIMARY KEY (import_id, item)
);
