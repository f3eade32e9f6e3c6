// Package psd reads Photoshop documents (PSD and PSB): the merged picture and single layers. Its source is Adobe's
// "Photoshop File Formats Specification". Numbers are big-endian.
package psd

import (
	"encoding/binary"
	"errors"
	"image"
	"unicode/utf16"
)

// Errors of files that cannot be read.
var (
	ErrInvalid     = errors.New("psd: the file is damaged")
	ErrUnsupported = errors.New("psd: this color mode or depth is not supported")
)

// Color modes.
const (
	modeBitmap  = 0
	modeGray    = 1
	modeIndexed = 2
	modeRGB     = 3
	modeCMYK    = 4
	modeDuotone = 8
	modeLab     = 9
)

// File is an opened document. Pixels are decoded when they are asked for.
type File struct {
	Width, Height int
	// Alpha says that the merged picture has transparent areas.
	Alpha bool
	// Layers are those that hold pixels, from the bottom.
	Layers []Layer
	// Embedded are the files that smart objects are made of.
	Embedded []Embedded

	large    bool
	mode     int
	depth    int
	channels int
	palette  []byte
	// merged is the section with the merged picture.
	merged []byte
}

// Layer is one layer.
type Layer struct {
	Name string
	// Bounds is where the layer lies on the canvas; it may reach beyond.
	Bounds image.Rectangle
	// Opacity is 0..255.
	Opacity uint8
	// Hidden says that the layer is switched off.
	Hidden bool
	// Object is the ID of the embedded file that the layer shows; empty when it is no smart object.
	Object string

	channels []channel
	// divider says that the layer only begins or ends a group.
	divider bool
}

// channel is the encoded plane of a layer. IDs from 0 are colours, -1 is transparency, -2 and below are masks.
type channel struct {
	id   int
	data []byte
}

// Limits of the format, and of layers one that no real document comes near. Without those of the sides their product would not
// be a number.
const (
	maxSide      = 30_000
	maxLargeSide = 300_000
	maxChannels  = 56
	maxLayers    = 8000
)

// Gray says that the document has no colours.
func (f *File) Gray() bool {
	return f.mode == modeGray || f.mode == modeBitmap || f.mode == modeDuotone
}

// Open reads everything but pixels.
func Open(data []byte) (*File, error) {
	r := &reader{data: data}
	if string(r.take(4)) != "8BPS" {
		return nil, ErrInvalid
	}
	version := r.u16()
	r.take(6)
	f := &File{large: version == 2, channels: r.u16()}
	r.large = f.large
	f.Height, f.Width = r.u32(), r.u32()
	f.depth, f.mode = r.u16(), r.u16()
	f.palette = r.take(r.u32())
	r.take(r.u32()) // image resources
	section := &reader{data: r.take(r.length()), large: f.large}
	f.merged = r.rest()
	longest := maxSide
	if f.large {
		longest = maxLargeSide
	}
	if r.failed || version != 1 && version != 2 || min(f.Width, f.Height) < 1 || max(f.Width, f.Height) > longest || f.channels < 1 || f.channels > maxChannels {
		return nil, ErrInvalid
	}
	if err := f.supported(); err != nil {
		return nil, err
	}
	if err := f.readLayers(section); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) supported() error {
	switch {
	case f.mode == modeBitmap && f.depth == 1:
	case f.mode == modeIndexed && f.depth == 8 && len(f.palette) == 768:
	case f.depth != 8 && f.depth != 16:
		return ErrUnsupported
	case f.mode == modeGray || f.mode == modeDuotone || f.mode == modeRGB || f.mode == modeCMYK || f.mode == modeLab:
	default:
		return ErrUnsupported
	}
	if f.channels < f.colors() {
		return ErrInvalid
	}
	f.Alpha = false
	return nil
}

// colors is how many channels are colours.
func (f *File) colors() int {
	switch f.mode {
	case modeRGB, modeLab:
		return 3
	case modeCMYK:
		return 4
	}
	return 1
}

// readLayers reads the section of layers and masks.
func (f *File) readLayers(section *reader) error {
	if len(section.data) == 0 {
		return nil
	}
	if info := section.take(section.length()); len(info) > 0 {
		if err := f.readLayerInfo(&reader{data: info, large: f.large}); err != nil {
			return err
		}
	}
	section.take(section.u32()) // the global mask
	// Documents of more than 8 bits keep their layers in a block of their own.
	for !section.failed && len(section.rest()) >= 12 {
		signature, key := string(section.take(4)), string(section.take(4))
		if signature != "8BIM" && signature != "8B64" {
			break
		}
		body := section.take(section.blockLength(key))
		switch key {
		case "Lr16", "Lr32":
			if err := f.readLayerInfo(&reader{data: body, large: f.large}); err != nil {
				return err
			}
		case "lnkD", "lnk2", "lnk3":
			f.readEmbedded(&reader{data: body})
		}
		section.take((4 - len(body)%4) % 4)
	}
	return nil
}

func (f *File) readLayerInfo(r *reader) error {
	count := int(int16(r.u16()))
	if count < 0 {
		count = -count
		f.Alpha = f.channels > f.colors() // the first extra channel is the transparency of the merged picture
	}
	if count > maxLayers {
		return ErrInvalid
	}
	layers := make([]Layer, 0, min(count, 64))
	var lengths [][]int
	for range count {
		layer, sizes := readLayer(r)
		if r.failed {
			return ErrInvalid
		}
		layers, lengths = append(layers, layer), append(lengths, sizes)
	}
	for i := range layers {
		for c := range layers[i].channels {
			layers[i].channels[c].data = r.take(lengths[i][c])
		}
		if !layers[i].divider {
			f.Layers = append(f.Layers, layers[i])
		}
	}
	if r.failed {
		return ErrInvalid
	}
	return nil
}

// readLayer reads the record of a layer, and how long the data of its channels are.
func readLayer(r *reader) (Layer, []int) {
	var l Layer
	top, left, bottom, right := int(int32(r.u32())), int(int32(r.u32())), int(int32(r.u32())), int(int32(r.u32()))
	l.Bounds = image.Rect(left, top, right, bottom)
	count := r.u16()
	if count > maxChannels || bottom < top || right < left {
		r.failed = true
		return l, nil
	}
	var lengths []int
	for range count {
		l.channels = append(l.channels, channel{id: int(int16(r.u16()))})
		lengths = append(lengths, r.length())
	}
	r.take(8) // signature and blend mode
	l.Opacity = r.u8()
	r.take(1)
	l.Hidden = r.u8()&2 != 0
	r.take(1)
	extra := &reader{data: r.take(r.u32()), large: r.large}
	extra.take(extra.u32()) // mask
	extra.take(extra.u32()) // blending ranges
	length := int(extra.u8())
	l.Name = string(extra.take(length))
	extra.take((4 - (length+1)%4) % 4)
	for !extra.failed && len(extra.rest()) >= 12 {
		extra.take(4)
		key := string(extra.take(4))
		body := extra.take(extra.blockLength(key))
		switch {
		case key == "luni":
			l.Name = unicode(body, l.Name)
		case key == "lsct" && len(body) >= 4:
			l.divider = binary.BigEndian.Uint32(body) != 0
		case key == "PlLd", key == "SoLd":
			if id := placed(key, body); id != "" {
				l.Object = id
			}
		}
		extra.take(len(body) % 2)
	}
	return l, lengths
}

// unicode is a text of UTF-16 units behind their number.
func unicode(body []byte, fallback string) string {
	if len(body) < 4 {
		return fallback
	}
	count := int(binary.BigEndian.Uint32(body))
	if count < 0 || count > (len(body)-4)/2 {
		return fallback
	}
	units := make([]uint16, 0, count)
	for i := range count {
		if u := binary.BigEndian.Uint16(body[4+2*i:]); u != 0 {
			units = append(units, u)
		}
	}
	return string(utf16.Decode(units))
}
