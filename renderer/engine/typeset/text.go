package typeset

// #include <stdlib.h>
// #include "native.h"
import "C"

import (
	"errors"
	"fmt"
	"image"
	"unsafe"
)

// Align says where lines begin and end.
type Align int

// Left and right are sides of the page; start and end follow the direction of the text.
const (
	AlignLeft Align = iota
	AlignCenter
	AlignRight
	AlignStart
	AlignEnd
	// AlignJustify stretches all lines but the last of a paragraph.
	AlignJustify
)

// Antialias says how edges are smoothed. The values are those of Cairo.
type Antialias int

// Subpixel smoothing needs to know the ground, so that on a transparent one it is the same as gray.
const (
	AntialiasNone     Antialias = 1
	AntialiasGray     Antialias = 2
	AntialiasSubpixel Antialias = 3
	AntialiasFast     Antialias = 4
	AntialiasGood     Antialias = 5
	AntialiasBest     Antialias = 6
)

// Hinting says how far letters are fitted to the grid of pixels. The values are those of Cairo.
type Hinting int

// Unhinted letters have their exact shapes and distances.
const (
	HintingNone   Hinting = 1
	HintingSlight Hinting = 2
	HintingMedium Hinting = 3
	HintingFull   Hinting = 4
)

// Style is a text and how to set it. Lengths are pixels.
type Style struct {
	// Text is UTF-8 without zero bytes; line breaks are hard.
	Text string
	// Family is installed (Setter.Family). Font, when it is not nil, goes before it.
	Family string
	Font   *Font
	// Size is the font's size: the em, not the height of a letter.
	Size float64
	// Weight is 100 to 900; 400 is normal, 700 bold.
	Weight                           int
	Italic, Underline, Strikethrough bool
	Align                            Align
	// LetterSpacing is added between letters, LineSpacing between lines; both may be negative.
	LetterSpacing, LineSpacing float64
	// Antialias and Hinting are gray and none when they are zero.
	Antialias Antialias
	Hinting   Hinting
	// Wrap breaks lines so that they are no wider, between words or, where one is too long, inside; 0 does not.
	Wrap int
	// Height leaves out the lines that do not fit, at most down to one, and ends the text with an ellipsis; 0 does not.
	Height int
}

// Text is a text that is set and not yet painted. Close it.
type Text struct {
	setter *Setter
	layout *C.darkroom_layout
	// Ink is the smallest box around everything that is painted, Lines that of the lines with their full height,
	// whatever letters they hold. Ink is empty for spaces.
	Ink, Lines image.Rectangle
}

// Color is red, green, blue and alpha, not pre-multiplied.
type Color [4]uint8

// Outline is drawn around letters, Width pixels wide.
type Outline struct {
	Width float64
	Color Color
}

// Set sets a text.
func (s *Setter) Set(style Style) (*Text, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	family := style.Family
	if style.Font != nil {
		if style.Font.family == "" {
			return nil, errors.New("the font is not added or closed")
		}
		family = style.Font.family
	}
	text, name := C.CString(style.Text), C.CString(family)
	defer C.free(unsafe.Pointer(text))
	defer C.free(unsafe.Pointer(name))
	c := &C.darkroom_style{
		text: text, length: C.int(len(style.Text)), family: name, size: C.double(style.Size), weight: C.int(style.Weight),
		italic: flag(style.Italic), underline: flag(style.Underline), strikethrough: flag(style.Strikethrough),
		align: 0, physical: flag(style.Align == AlignLeft || style.Align == AlignRight),
		justify: flag(style.Align == AlignJustify), letter_spacing: C.double(style.LetterSpacing),
		line_spacing: C.double(style.LineSpacing), antialias: C.int(AntialiasGray), hinting: C.int(HintingNone),
		wrap: C.int(style.Wrap), height: C.int(style.Height),
	}
	switch style.Align {
	case AlignCenter:
		c.align = 1
	case AlignRight, AlignEnd:
		c.align = 2
	}
	if style.Antialias != 0 {
		c.antialias = C.int(style.Antialias)
	}
	if style.Hinting != 0 {
		c.hinting = C.int(style.Hinting)
	}
	t := &Text{setter: s, layout: C.darkroom_layout_new(s.fonts, c)}
	var ink, lines C.darkroom_box
	C.darkroom_layout_measure(t.layout, &ink, &lines)
	t.Ink, t.Lines = rectangle(ink), rectangle(lines)
	return t, nil
}

// MaxSide is the longest side of a box that can be painted.
const MaxSide = 32767

// Paint paints the part of the text that lies in a box.
func (t *Text) Paint(box image.Rectangle, fill Color, outline Outline) (*Bitmap, error) {
	t.setter.mu.Lock()
	defer t.setter.mu.Unlock()
	if box.Empty() || box.Dx() > MaxSide || box.Dy() > MaxSide {
		return nil, fmt.Errorf("text cannot be painted on %dx%d pixels", box.Dx(), box.Dy())
	}
	pixels := make([]byte, 4*box.Dx()*box.Dy())
	at := C.darkroom_box{x: C.int(box.Min.X), y: C.int(box.Min.Y), w: C.int(box.Dx()), h: C.int(box.Dy())}
	result := C.darkroom_layout_paint(t.layout, at, C.double(outline.Width), (*C.uchar)(&outline.Color[0]), (*C.uchar)(&fill[0]),
		(*C.uchar)(&pixels[0]))
	if result != 0 {
		return nil, errors.New("cairo could not paint the text")
	}
	return &Bitmap{Pixels: pixels, Width: box.Dx(), Height: box.Dy()}, nil
}

// Close frees the text.
func (t *Text) Close() {
	t.setter.mu.Lock()
	defer t.setter.mu.Unlock()
	if t.layout != nil {
		C.darkroom_layout_free(t.layout)
		t.layout = nil
	}
}

func rectangle(b C.darkroom_box) image.Rectangle {
	return image.Rect(int(b.x), int(b.y), int(b.x+b.w), int(b.y+b.h))
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
