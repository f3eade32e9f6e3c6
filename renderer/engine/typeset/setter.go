package typeset

// #cgo pkg-config: pangocairo pangoft2 fontconfig freetype2
// #cgo LDFLAGS: -lm
// #include <stdlib.h>
// #include "native.h"
import "C"

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// Setter sets text with the fonts of the machine. It is safe for concurrent use; one text is set at a time.
type Setter struct {
	// added is held while there is a font that came as bytes.
	added sync.Mutex
	mu    sync.Mutex
	fonts *C.darkroom_fonts
	// families holds the installed families by folded name.
	families map[string]string
	// uploads counts the fonts that came as bytes, so that each has a name of its own.
	uploads int
}

// New reads the configuration of fontconfig and sets a line in several scripts, so that whatever Pango and its modules
// open on first use is open afterwards. The error says that the machine has no fonts.
func New() (*Setter, error) {
	fonts := C.darkroom_fonts_new()
	if fonts == nil {
		return nil, errors.New("fontconfig finds no font on this machine")
	}
	s := &Setter{fonts: fonts, families: map[string]string{}}
	var n C.int
	names := C.darkroom_families(fonts, &n)
	defer C.darkroom_families_free(names, n)
	for _, name := range unsafe.Slice(names, int(n)) {
		family := C.GoString(name)
		s.families[fold(family)] = family
	}
	text, err := s.Set(Style{Text: "Warm שלום مرحبا नमस्ते 你好 🙂", Family: "sans", Size: 20, Weight: 400})
	if err != nil {
		return nil, err
	}
	text.Close()
	return s, nil
}

// Families are the names of the installed families, sorted.
func (s *Setter) Families() []string {
	var names []string
	for _, name := range s.families {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Family finds the installed family that a name means: case does not count, underscores are spaces, and names of fonts
// that nobody may give away mean their free counterparts.
func (s *Setter) Family(name string) (string, bool) {
	folded := fold(name)
	if family, ok := s.families[folded]; ok {
		return family, true
	}
	family, ok := s.families[fold(substitutes[folded])]
	return family, ok
}

// fold makes names comparable.
func fold(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(name, "_", " ")), " "))
}
