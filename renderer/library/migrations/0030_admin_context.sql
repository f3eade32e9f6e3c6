-- Values by name that only the Admin API gives an asset and shows.
ALTER TABLE assets ADD COLUMN admin_context {{json}};
