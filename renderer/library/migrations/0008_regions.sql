-- Named regions of a picture: polygons by name.
ALTER TABLE assets ADD COLUMN regions {{json}};
