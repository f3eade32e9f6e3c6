// Package hostile makes files that mean harm: pictures that announce more than they hold, that end early, whose bits were
// flipped, that are something else than they say, that lie about themselves, and documents that want to run or to load
// something. All are made by code, so that none has to be kept.
package hostile

import "slices"

// File is one of the corpus.
type File struct {
	Name string
	Data []byte
	// As is the name that it is uploaded under; empty for one that says nothing.
	As string
	// Refused says that the file must not be taken for a picture at all; others may be shown as far as they go.
	Refused bool
}

// Corpus is all files. Whole are pictures without harm in them, by format, to be damaged; lure is a URL of a server that
// nobody must be lured to.
func Corpus(whole map[string][]byte, lure string) []File {
	return slices.Concat(
		Bombs(whole), Documents(lure), Drawings(lure), Animations(whole), Lies(whole), Disguises(whole), Damaged(whole),
	)
}
