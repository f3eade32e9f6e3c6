-- The style of assets of the type text, for text layers that name one.
ALTER TABLE assets ADD COLUMN text_style {{json}};
