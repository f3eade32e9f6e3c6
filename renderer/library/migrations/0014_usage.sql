-- What the environment has used, by day (days since 1970 in UTC), over all replicas; and what was stored at the end of the
-- day, as far as it was counted (at counted_at) and added to since.
CREATE TABLE usage_days (
    day             BIGINT NOT NULL PRIMARY KEY,
    transformations BIGINT NOT NULL,
    cpu_us          BIGINT NOT NULL,
    requests        BIGINT NOT NULL,
    bandwidth       BIGINT NOT NULL,
    assets          BIGINT NOT NULL,
    derived         BIGINT NOT NULL,
    stored_bytes    BIGINT NOT NULL,
    counted_at      BIGINT NOT NULL
);

INSERT INTO usage_days (day, transformations, cpu_us, requests, bandwidth, assets, derived, stored_bytes, counted_at)
SELECT day, CAST(SUM(renders) AS BIGINT), CAST(SUM(cpu_us) AS BIGINT), 0, 0, 0, 0, 0, 0 FROM render_costs GROUP BY day;
