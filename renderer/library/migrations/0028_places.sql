-- Where assets were made, in degrees, and the cell of the globe there; place.go says how cells are numbered. An area is read along the
-- numbers of its cells.
CREATE TABLE asset_places (
    cell       BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    asset_id   {{text}} NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    latitude   DOUBLE PRECISION NOT NULL,
    longitude  DOUBLE PRECISION NOT NULL,
    {{sqlite}} PRIMARY KEY (cell, created_at, asset_id)
    {{postgres}} PRIMARY KEY (cell, created_at, asset_id) INCLUDE (latitude, longitude)
)
{{sqlite}} WITHOUT ROWID
;
CREATE UNIQUE INDEX asset_places_by_asset ON asset_places (asset_id);
