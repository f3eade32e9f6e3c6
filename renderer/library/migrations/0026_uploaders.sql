-- Who has stored the first version of an asset and the current one, as uploader.go writes it; empty where it was not noted.
ALTER TABLE assets ADD COLUMN created_by {{text}} NOT NULL DEFAULT '';
ALTER TABLE assets ADD COLUMN uploaded_by {{text}} NOT NULL DEFAULT '';
