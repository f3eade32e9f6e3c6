-- Derived files that a replica makes, by their key, until claimed_until at the longest. Nothing is lost with them, so that PostgreSQL
-- need not write them to its log; where SQLite is, there is one replica.
{{postgres}} CREATE UNLOGGED TABLE renderings (
{{sqlite}} CREATE TABLE renderings (
    key           {{text}} NOT NULL PRIMARY KEY,
    claimed_until BIGINT   NOT NULL
);
