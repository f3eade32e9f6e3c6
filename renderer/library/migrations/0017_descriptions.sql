-- Rules of delivery, headers, what stands in for q_auto, and what an analysis of the bytes has found.
ALTER TABLE assets ADD COLUMN access_control {{json}};
ALTER TABLE assets ADD COLUMN headers {{json}};
ALTER TABLE assets ADD COLUMN quality_override {{text}} NOT NULL DEFAULT '';
ALTER TABLE assets ADD COLUMN analysis {{json}};
-- To find a display name that is taken.
CREATE INDEX assets_by_display_name ON assets (asset_folder, display_name);
