package upload

import (
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/metadata"
)

// checkMetadata refuses metadata before the file is fetched or decoded, unless it depends on an asset that is
// overwritten and keeps its own.
func (s *settings) checkMetadata(snapshot *catalog.Snapshot) error {
	if s.overwrite && snapshot.Environment.KeepMetadataOnOverwrite {
		return metadata.CheckFields(snapshot.MetadataFields, s.said.Metadata)
	}
	_, err := s.assign(snapshot, nil)
	return err
}

// assign gives the metadata of an asset that had stored, nil for none.
func (s *settings) assign(snapshot *catalog.Snapshot, stored map[string]any) (map[string]any, error) {
	return metadata.Assign(snapshot, stored, s.said.Metadata, metadata.Options{Upload: true, ClearInvalid: s.said.ClearInvalid})
}

// describe completes the description of an asset in view of the one that it replaces: an overwrite clears tags, context
// and metadata, or keeps those that it does not give, as the environment wants it.
func (s *settings) describe(snapshot *catalog.Snapshot, next, previous *library.Asset) (err error) {
	if s.sample {
		return nil
	}
	if s.imported != nil {
		return s.imported(next, previous)
	}
	var stored map[string]any
	if previous != nil && snapshot.Environment.KeepMetadataOnOverwrite {
		stored = previous.Metadata
		if len(s.said.Tags) == 0 {
			next.Tags = previous.Tags
		}
		if len(s.said.Context) == 0 {
			next.Context = previous.Context
		}
	}
	next.Metadata, err = s.assign(snapshot, stored)
	return err
}
