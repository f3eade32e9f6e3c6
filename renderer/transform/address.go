package transform

import "strings"

// Address is a delivery URL taken apart: which asset, how it was asked for, and what was signed.
type Address struct {
	// AssetType is image, video or raw.
	AssetType string
	// Type is the delivery type: upload, private, authenticated, fetch, list, ...
	Type string
	// Signature is what stands between s-- and --; empty when the URL has none.
	Signature string
	// Transformation is exactly as written: components joined by "/", percent-encoded as in the URL.
	Transformation string
	// Version holds the digits of the version; empty when the URL has none.
	Version string
	// Source is what is signed after the transformation: ID and extension as written in the URL, without a
	// suffix. The slashes of a fetched URL's scheme are restored when something on the way collapsed them.
	Source string
	// PublicID is decoded once; for image and video it lacks the extension when Ext is set. For fetch it is the URL.
	PublicID string
	// Ext is the requested extension without the dot, in lower case; empty for raw and fetch, and when none was written.
	Ext string
	// Suffix is the SEO suffix, when the form of the URL has one.
	Suffix string
	// AlternateID is another reading of the path, to be tried when PublicID does not exist. Where a suffix is
	// expected (images, videos, files, ...) it is the whole path; where one is merely allowed (iu, root path) it
	// is the path without its last segment. Same extension.
	AlternateID string
	// AlternateSource is what is signed under the alternate reading.
	AlternateSource string
}

// FullID is the public ID with the extension, as written: the ID of an asset whose name contains a dot.
func (a *Address) FullID() string {
	if a.Ext == "" {
		return a.PublicID
	}
	full := a.PublicID + "." + a.Ext
	if written := unescape(a.Source); strings.EqualFold(written, full) {
		return written
	}
	return full
}

// WithFolders is the lenient reading of a URL whose folders look like components: from the first component
// on that has an unknown key, everything belongs to the public ID. It is nil when every key is known.
func (a *Address) WithFolders() *Address {
	if a.Transformation == "" || a.Version != "" || a.Type == typeFetch {
		return nil
	}
	components := strings.Split(a.Transformation, "/")
	for i, component := range components {
		if knownKeys(component) {
			continue
		}
		folders := components[i:]
		lenient := *a
		lenient.Transformation = strings.Join(components[:i], "/")
		lenient.Source = strings.Join(append(append([]string{}, folders...), a.Source), "/")
		prefix := unescape(strings.Join(folders, "/")) + "/"
		lenient.PublicID = prefix + a.PublicID
		if a.AlternateID != "" {
			lenient.AlternateID = prefix + a.AlternateID
			lenient.AlternateSource = strings.Join(append(append([]string{}, folders...), a.AlternateSource), "/")
		}
		return &lenient
	}
	return nil
}
