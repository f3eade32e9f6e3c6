-- Searches that are sorted by public ID read no more matches of a term than a page has. PostgreSQL sorts them fast enough.
{{sqlite}} CREATE INDEX asset_terms_by_public_id ON asset_terms (term, public_id, asset_id, fields);
{{postgres}} SELECT 1;
