-- What was done once and must not be done again.
CREATE TABLE marks (
    name    {{text}} NOT NULL PRIMARY KEY,
    left_at BIGINT   NOT NULL
);
