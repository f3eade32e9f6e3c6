-- Work that must not be lost. A job is enqueued in the transaction that causes it, leased to one worker at a time, and
-- deleted when it is done. One that has failed for good stays as a dead letter. payload is JSON, kept as it was written.
CREATE TABLE jobs (
    id           {{text}} NOT NULL PRIMARY KEY,
    kind         {{text}} NOT NULL,
    lane         {{text}} NOT NULL,
    payload      {{text}} NOT NULL,
    run_at       BIGINT   NOT NULL,
    attempts     BIGINT   NOT NULL,
    max_attempts BIGINT   NOT NULL,
    last_error   {{text}} NOT NULL,
    locked_until BIGINT   NOT NULL,
    locked_by    {{text}} NOT NULL,
    dead         BOOLEAN  NOT NULL,
    created_at   BIGINT   NOT NULL,
    updated_at   BIGINT   NOT NULL
);
CREATE INDEX jobs_by_turn ON jobs (dead, run_at, id);
