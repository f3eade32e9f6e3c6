-- What making derived files has cost, by day (days since 1970 in UTC) and by the shape of the transformation.
CREATE TABLE render_costs (
    day            BIGINT   NOT NULL,
    transformation {{text}} NOT NULL,
    renders        BIGINT   NOT NULL,
    cpu_us         BIGINT   NOT NULL,
    bytes          BIGINT   NOT NULL,
    last_at        BIGINT   NOT NULL,
    PRIMARY KEY (day, transformation)
);
