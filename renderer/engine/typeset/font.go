package typeset

// #include <stdlib.h>
// #include "native.h"
import "C"

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MaxFont bounds the bytes of a font, compressed or not.
const MaxFont = 32 << 20

// ErrFont says that bytes are no font that can be used.
var ErrFont = errors.New("not a font")

// Font is a font that came as bytes. Close it: a Setter has one at a time, and the next one waits.
type Font struct {
	setter *Setter
	file   *os.File
	family string
}

// AddFont makes a font out of the bytes of a TTF, OTF, WOFF or WOFF2 file. The error is ErrFont when they are none, or too large.
func (s *Setter) AddFont(content []byte) (*Font, error) {
	sfnt, err := decode(content)
	if err != nil {
		return nil, err
	}
	s.added.Lock()
	f, err := s.addFont(sfnt)
	if err != nil {
		s.added.Unlock()
		return nil, err
	}
	return f, nil
}

func (s *Setter) addFont(sfnt []byte) (*Font, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Pango and Cairo take fonts by name only. An anonymous file has one, and no other process can write to it.
	descriptor, err := unix.MemfdCreate("font", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create a memory file for a font: %w", err)
	}
	f := &Font{setter: s, file: os.NewFile(uintptr(descriptor), "font")}
	if _, err := f.file.WriteAt(sfnt, 0); err != nil {
		f.file.Close()
		return nil, fmt.Errorf("write a font: %w", err)
	}
	s.uploads++
	family := fmt.Sprintf("uploaded font %d", s.uploads)
	name, path := C.CString(family), C.CString(pathOf(descriptor, s.uploads))
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(path))
	if C.darkroom_fonts_add(s.fonts, path, name) != 0 {
		C.darkroom_fonts_clear(s.fonts)
		f.file.Close()
		return nil, ErrFont
	}
	f.family = family
	return f, nil
}

// Close takes the font away. Texts that were set with it are to be closed before.
func (f *Font) Close() {
	f.setter.mu.Lock()
	defer f.setter.mu.Unlock()
	if f.family == "" {
		return
	}
	C.darkroom_fonts_clear(f.setter.fonts)
	f.family = ""
	f.file.Close()
	f.setter.added.Unlock()
}

// decode gives the SFNT form (TTF or OTF) that FreeType and HarfBuzz both read.
func decode(content []byte) ([]byte, error) {
	if len(content) == 0 {
		return nil, ErrFont
	}
	bytes := (*C.uchar)(unsafe.SliceData(content))
	out, length := new(*C.uchar), new(C.size_t)
	if C.darkroom_font_decode(bytes, C.size_t(len(content)), MaxFont, out, length) != 0 {
		return nil, ErrFont
	}
	defer C.free(unsafe.Pointer(*out))
	return C.GoBytes(unsafe.Pointer(*out), C.int(*length)), nil
}

// pathOf names an open file so that no two fonts of a process's life have the same name, although numbers of
// descriptors come again: the libraries keep glyphs by the name of the file. The n-th is spelled in binary, with a needless
// "/." for every bit that is set and a needless "/" for one that is not.
func pathOf(descriptor, n int) string {
	var spelled strings.Builder
	for ; n > 0; n /= 2 {
		if n%2 == 1 {
			spelled.WriteString("/.")
		} else {
			spelled.WriteString("/")
		}
	}
	return fmt.Sprintf("/proc/self/fd%s/%d", spelled.String(), descriptor)
}
