-- The calls of the Admin API in an hour, in microseconds since 1970, by all replicas.
CREATE TABLE api_calls (
    hour BIGINT NOT NULL PRIMARY KEY,
    used BIGINT NOT NULL
);
