-- Whether any file was made by a transformation.
CREATE INDEX derived_transformation ON derived (transformation);
