// Package avif puts single AVIF pictures together into an image sequence, which is an animation (AV1 Image File Format 1.1,
// section 4; ISO 23008-12 and ISO 14496-12 for the boxes). Every frame is a picture of its own.
package avif

import (
	"encoding/binary"
	"errors"
)

// ErrInvalid is the error of pictures that cannot be put together.
var ErrInvalid = errors.New("avif: the pictures are damaged or do not fit each other")

// Frame is a picture and how long it is shown.
type Frame struct {
	// File is an AVIF of one picture.
	File []byte
	// Milliseconds is above zero.
	Milliseconds int
}

// timescale is how many units of time a second has.
const timescale = 1000

// track is what is shown at the same time: the colours, or the transparency.
type track struct {
	// number is from 1; alpha says that it is the transparency of the first one.
	number int
	alpha  bool
	// config and color are boxes of the first picture.
	config, color []byte
	samples       [][]byte
	width, height int
}

// Sequence makes an animation of pictures of one size. It is played loops times, 0 for ever. Programs that show no
// animations show the first picture.
func Sequence(frames []Frame, loops int) ([]byte, error) {
	if len(frames) == 0 {
		return nil, ErrInvalid
	}
	color, alpha := &track{number: 1}, &track{number: 2, alpha: true}
	for i, f := range frames {
		p, err := readPicture(f.File)
		if err != nil || f.Milliseconds <= 0 {
			return nil, ErrInvalid
		}
		if i == 0 {
			color.config, color.color, color.width, color.height = p.color.config, p.color.color, p.width, p.height
			if p.alpha != nil {
				alpha.config, alpha.width, alpha.height = p.alpha.config, p.width, p.height
			}
		}
		if p.width != color.width || p.height != color.height || (p.alpha != nil) != (alpha.config != nil) {
			return nil, ErrInvalid
		}
		color.samples = append(color.samples, p.color.data)
		if p.alpha != nil {
			alpha.samples = append(alpha.samples, p.alpha.data)
		}
	}
	tracks := []*track{color}
	if alpha.config != nil {
		tracks = append(tracks, alpha)
	}
	brands := box("ftyp", []byte("avis\x00\x00\x00\x00avisavifmsf1iso8mif1miaf"))
	head := func(data uint32) []byte {
		out := append([]byte{}, brands...)
		out = append(out, still(tracks, data)...)
		return append(out, movie(frames, tracks, loops, data)...)
	}
	// How long the head is does not depend on where the data begins.
	const boxHeader = 8
	begin := uint32(len(head(0)) + boxHeader)
	var data []byte
	for _, t := range tracks {
		for _, s := range t.samples {
			data = append(data, s...)
		}
	}
	return append(head(begin), box("mdat", data)...), nil
}

// length is how many bytes all samples take.
func (t *track) length() (n uint32) {
	for _, s := range t.samples {
		n += uint32(len(s))
	}
	return n
}

// still describes the first picture for those who read single pictures: an item for each track.
func still(tracks []*track, data uint32) []byte {
	var locations, infos, properties, associations, references []byte
	property := 0
	for _, t := range tracks {
		id := u16(nil, t.number)
		locations = append(locations, id...)
		locations = u32(u32(u16(u16(locations, 0), 1), data), uint32(len(t.samples[0])))
		data += t.length()
		infos = append(infos, full("infe", 2, 0, append(append(id, 0, 0), "av01\x00"...))...)
		bits := []byte{3, 8, 8, 8}
		boxes := [][]byte{full("ispe", 0, 0, u32(u32(nil, uint32(t.width)), uint32(t.height))), t.config}
		if t.alpha {
			bits = []byte{1, 8}
			boxes = append(boxes, full("auxC", 0, 0, []byte(alphaName)))
			references = full("iref", 0, 0, box("auxl", u16(u16(u16(nil, t.number), 1), 1)))
		} else if t.color != nil {
			boxes = append(boxes, t.color)
		}
		boxes = append(boxes, full("pixi", 0, 0, bits))
		associations = append(append(associations, id...), byte(len(boxes)))
		for _, b := range boxes {
			property++
			properties = append(properties, b...)
			essential := byte(0)
			if string(b[4:8]) == "av1C" {
				essential = 0x80
			}
			associations = append(associations, essential|byte(property))
		}
	}
	n := len(tracks)
	body := full("hdlr", 0, 0, append([]byte("\x00\x00\x00\x00pict"), make([]byte, 13)...))
	body = append(body, full("pitm", 0, 0, u16(nil, 1))...)
	body = append(body, full("iloc", 0, 0, append(u16([]byte{0x44, 0}, n), locations...))...)
	body = append(body, full("iinf", 0, 0, append(u16(nil, n), infos...))...)
	body = append(body, references...)
	body = append(body, box("iprp", append(box("ipco", properties), full("ipma", 0, 0, append(u32(nil, uint32(n)), associations...))...))...)
	return full("meta", 0, 0, body)
}

// alphaName says of a track or an item that it is transparency.
const alphaName = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\x00"

// identity is the matrix that turns nothing.
var identity = []byte("\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00")

// movie describes the tracks.
func movie(frames []Frame, tracks []*track, loops int, data uint32) []byte {
	once := uint64(0)
	for _, f := range frames {
		once += uint64(f.Milliseconds)
	}
	all := once * uint64(max(1, loops))
	if loops == 0 {
		all = 1<<64 - 1 // without an end
	}
	header := make([]byte, 16) // when it was made is not said
	header = u64(u32(header, timescale), all)
	header = append(header, 0, 1, 0, 0, 1, 0)
	header = append(append(append(header, make([]byte, 10)...), identity...), make([]byte, 24)...)
	body := full("mvhd", 1, 0, u32(header, uint32(len(tracks)+1)))
	for _, t := range tracks {
		body = append(body, t.box(frames, once, all, data)...)
		data += t.length()
	}
	return box("moov", body)
}

func (t *track) box(frames []Frame, once, all uint64, data uint32) []byte {
	header := u32(u32(make([]byte, 16), uint32(t.number)), 0)
	header = append(u64(header, all), make([]byte, 16)...)
	header = append(header, identity...)
	header = u32(u32(header, uint32(t.width)<<16), uint32(t.height)<<16)
	body := full("tkhd", 1, 3, header)
	if t.alpha {
		body = append(body, box("tref", box("auxl", u32(nil, 1)))...)
	}
	// An edit list whose flag is set is repeated until the track's time is over.
	edit := append(u64(u64(u32(nil, 1), once), 0), 0, 1, 0, 0)
	body = append(body, box("edts", full("elst", 1, 1, edit))...)

	media := full("mdhd", 1, 0, append(u64(u32(make([]byte, 16), timescale), once), 0x55, 0xc4, 0, 0)) // of no language
	kind := "pict"
	if t.alpha {
		kind = "auxv"
	}
	media = append(media, full("hdlr", 0, 0, append([]byte("\x00\x00\x00\x00"+kind), make([]byte, 13)...))...)
	info := full("vmhd", 0, 1, make([]byte, 8))
	info = append(info, box("dinf", full("dref", 0, 0, append(u32(nil, 1), full("url ", 0, 1, nil)...)))...)
	info = append(info, box("stbl", t.table(frames, data))...)
	return box("trak", append(body, box("mdia", append(media, box("minf", info)...))...))
}

// table says where the samples are and how long each is shown.
func (t *track) table(frames []Frame, data uint32) []byte {
	entry := append(make([]byte, 6), 0, 1)
	entry = append(entry, make([]byte, 16)...)
	entry = u16(u16(entry, t.width), t.height)
	entry = u32(u32(u32(entry, 72<<16), 72<<16), 0)
	entry = append(u16(entry, 1), make([]byte, 32)...)
	entry = append(entry, 0, 0x18, 0xff, 0xff)
	entry = append(entry, t.config...)
	if t.color != nil {
		entry = append(entry, t.color...)
	}
	entry = append(entry, full("ccst", 0, 0, []byte{0xfc, 0, 0, 0})...) // all pictures stand alone
	if t.alpha {
		entry = append(entry, full("auxi", 0, 0, []byte(alphaName))...)
	}
	out := full("stsd", 0, 0, append(u32(nil, 1), box("av01", entry)...))
	times := u32(nil, uint32(len(frames)))
	for _, f := range frames {
		times = u32(u32(times, 1), uint32(f.Milliseconds))
	}
	out = append(out, full("stts", 0, 0, times)...)
	out = append(out, full("stsc", 0, 0, u32(u32(u32(u32(nil, 1), 1), uint32(len(t.samples))), 1))...)
	sizes := u32(u32(nil, 0), uint32(len(t.samples)))
	for _, s := range t.samples {
		sizes = u32(sizes, uint32(len(s)))
	}
	out = append(out, full("stsz", 0, 0, sizes)...)
	return append(out, full("stco", 0, 0, u32(u32(nil, 1), data))...)
}

func box(name string, body []byte) []byte {
	out := append(u32(nil, uint32(8+len(body))), name...)
	return append(out, body...)
}

func full(name string, version byte, flags uint32, body []byte) []byte {
	return box(name, append(u32(nil, uint32(version)<<24|flags), body...))
}

func u16(b []byte, v int) []byte    { return binary.BigEndian.AppendUint16(b, uint16(v)) }
func u32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }
func u64(b []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(b, v) }
