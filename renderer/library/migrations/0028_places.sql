-- Where assets were made, in degrees, and the cell of the globe there; place.go says how cells are numbered.
CREATE TABLE asset_places (
    asset_id   {{text}} NOT NULL PRIMARY KEY REFERENCES assets (asset_id) ON DELETE CASCADE,
    cell       BIGINT NOT NULL,
    latitude   DOUBLE PRECISION NOT NULL,
    longitude  DOUBLE PRECISION NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX asset_places_by_cell ON asset_places (cell, created_at, asset_id);
