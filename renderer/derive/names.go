package derive

import "github.com/darkroom-media/darkroom/renderer/transform"

// Name is one reading of a public ID as written in a URL or a layer.
type Name struct {
	PublicID string
	// Ext is the requested extension of this reading, "" when the dot belongs to the public ID.
	Ext string
}

// Names lists the readings of an ID with an extension, to be tried in order: public IDs may contain dots. A known
// format is an extension first; anything else after a dot is part of the ID first. full is the ID with the extension
// as written.
func Names(publicID, ext, full string) []Name {
	if ext == "" {
		return []Name{{PublicID: publicID}}
	}
	split, whole := Name{PublicID: publicID, Ext: ext}, Name{PublicID: full}
	if _, known := transform.CanonicalFormat(ext); known {
		return []Name{split, whole}
	}
	return []Name{whole, split}
}
