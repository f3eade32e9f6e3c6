package vips

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	jpegSOI, jpegEOI  = 0xd8, 0xd9
	jpegSOF2          = 0xc2
	jpegSOFs          = 0xc0 // to 0xcf, with DHT, JPG and DAC among them
	jpegDHT, jpegDAC  = 0xc4, 0xcc
	jpegDQT, jpegDNL  = 0xdb, 0xdc
	jpegDRI, jpegSOS  = 0xdd, 0xda
	jpegRST0, jpegTEM = 0xd0, 0x01
)

// fineSteps is up to which quantisation step of the coarse structure the last bit of coefficients may be missing in a picture
// that is halved at least: camera photos stay within 46 dB (PSNR) of themselves then, before our filter makes them smaller still.
const fineSteps = 4

// progressive is a progressive JPEG file, cut into segments and scans.
type progressive struct {
	width, height int
	components    []jpegComponent
	maxH, maxV    int
	// steps is the largest quantisation step of the five lowest frequencies, by table.
	steps [4]int
	parts []jpegPart
}

type jpegComponent struct{ id, h, v, table byte }

// jpegPart is a segment, or a scan with its header. component is that of an AC scan and -1 of everything else.
type jpegPart struct {
	bytes     []byte
	component int
	// refines says that the scan brings the last bit of coefficients that others have begun.
	refines bool
}

// leanJPEG is a progressive JPEG file without the scans that a decoder that shrinks by 2, 4 or 8 would read in vain: shrunk
// by 8, a block of brightness is its mean, and nothing else is looked at; shrunk by less, the last bit of finely
// quantised coefficients is hardly seen. It is nil for all other files, those included that are damaged. thinned says that
// something is missing that might have been seen.
func leanJPEG(data []byte, shrink int) (lean []byte, thinned bool) {
	p := parseProgressive(data)
	if p == nil {
		return nil, false
	}
	out := make([]byte, 0, len(data)/2)
	var emptied []int
	for i, c := range p.components {
		if p.decodedSide(c, shrink) == 1 && p.hasScans(i) {
			emptied = append(emptied, i)
		}
	}
	dropped := false
	for _, part := range p.parts {
		if p.needless(part, shrink) {
			dropped = true
			thinned = thinned || p.decodedSide(p.components[part.component], shrink) > 1
			continue
		}
		out = append(out, part.bytes...)
	}
	if !dropped {
		return nil, false
	}
	for _, i := range emptied {
		out = p.appendEmptyScan(out, i)
	}
	return append(out, 0xff, jpegEOI), thinned
}

func (p *progressive) hasScans(component int) bool {
	for _, part := range p.parts {
		if part.component == component {
			return true
		}
	}
	return false
}

func (p *progressive) needless(part jpegPart, shrink int) bool {
	if part.component < 0 {
		return false
	}
	c := p.components[part.component]
	side := p.decodedSide(c, shrink)
	return side == 1 || side < blockSide && part.refines && p.steps[c.table] > 0 && p.steps[c.table] <= fineSteps
}

const blockSide = 8

// decodedSide is how many pixels of a side libjpeg makes of a block of 8: subsampled components shrink less where that
// saves scaling them up again (jdmaster.c).
func (p *progressive) decodedSide(c jpegComponent, shrink int) int {
	least := blockSide / shrink
	side := least
	for side < blockSide && p.maxH*least%(int(c.h)*side*2) == 0 && p.maxV*least%(int(c.v)*side*2) == 0 {
		side *= 2
	}
	return side
}

// parseProgressive is nil for files that are not progressive, and for those that are not as the standard wants them.
func parseProgressive(data []byte) *progressive {
	if len(data) < 4 || data[0] != 0xff || data[1] != jpegSOI {
		return nil
	}
	p := &progressive{parts: []jpegPart{{bytes: data[:2], component: -1}}}
	for rest := data[2:]; ; {
		if len(rest) < 2 || rest[0] != 0xff {
			return nil
		}
		marker := rest[1]
		switch {
		case marker == 0xff: // filling
			rest = rest[1:]
			continue
		case marker == jpegEOI:
			if len(p.components) == 0 {
				return nil
			}
			return p
		case marker == jpegTEM, marker >= jpegRST0 && marker <= jpegSOI, marker == jpegDNL, marker == jpegDAC, len(rest) < 4:
			return nil
		}
		length := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		if length < 4 || length > len(rest) || !p.take(marker, rest[4:length]) {
			return nil
		}
		part := jpegPart{component: -1}
		if marker == jpegSOS {
			if !p.describe(&part, rest[4:length]) {
				return nil
			}
			end := scanEnd(rest[length:])
			if end < 0 {
				return nil
			}
			length += end
		}
		part.bytes = rest[:length]
		p.parts = append(p.parts, part)
		rest = rest[length:]
	}
}

// take remembers what a segment says of the picture. It is false for what cannot be handled.
func (p *progressive) take(marker byte, body []byte) bool {
	switch {
	case marker == jpegDQT:
		return p.takeSteps(body)
	case marker == jpegSOF2:
		return p.takeFrame(body)
	case marker&0xf0 == jpegSOFs && marker != jpegDHT:
		return false
	}
	return true
}

func (p *progressive) takeSteps(body []byte) bool {
	for len(body) > 0 {
		table, wide := body[0]&0xf, int(body[0]>>4)
		size := 1 + 64*(1+wide)
		if table > 3 || wide > 1 || len(body) < size {
			return false
		}
		p.steps[table] = 0
		for i := 1; i <= 5; i++ {
			step := int(body[1+i*(1+wide)])
			if wide == 1 {
				step = int(binary.BigEndian.Uint16(body[1+2*i:]))
			}
			p.steps[table] = max(p.steps[table], step)
		}
		body = body[size:]
	}
	return true
}

func (p *progressive) takeFrame(body []byte) bool {
	const fixed, each = 6, 3
	if len(p.components) > 0 || len(body) < fixed || body[0] != 8 || body[5] == 0 || body[5] > 4 || len(body) != fixed+each*int(body[5]) {
		return false
	}
	p.height, p.width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	for entry := body[fixed:]; len(entry) > 0; entry = entry[each:] {
		c := jpegComponent{id: entry[0], h: entry[1] >> 4, v: entry[1] & 0xf, table: entry[2]}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.table > 3 {
			return false
		}
		p.maxH, p.maxV = max(p.maxH, int(c.h)), max(p.maxV, int(c.v))
		p.components = append(p.components, c)
	}
	return p.width > 0 && p.height > 0
}

// describe reads the header of a scan: components, then the first and the last frequency, then the bits.
func (p *progressive) describe(part *jpegPart, header []byte) bool {
	if len(p.components) == 0 || len(header) < 1 || len(header) != 4+2*int(header[0]) {
		return false
	}
	first, precision := header[len(header)-3], header[len(header)-1]
	if first == 0 {
		return true
	}
	for i, c := range p.components {
		if header[0] == 1 && c.id == header[1] {
			part.component, part.refines = i, precision == 0x10
			return true
		}
	}
	return false
}

// scanEnd is where the next marker that belongs to no scan begins, -1 when there is none.
func scanEnd(data []byte) int {
	for i := 0; ; i++ {
		next := bytes.IndexByte(data[i:], 0xff)
		if next < 0 || i+next+1 >= len(data) {
			return -1
		}
		i += next
		if data[i+1] != 0 && data[i+1] != 0xff && data[i+1]&0xf8 != jpegRST0 {
			return i
		}
	}
}

// appendEmptyScan says that all AC coefficients of a component are zero: a decoder that is told nothing of them guesses, and
// changes the means on the way. The blocks are counted by runs, whose fifteen lengths (T.81, G.1.2.2) have codes of
// four bits.
func (p *progressive) appendEmptyScan(out []byte, component int) []byte {
	const runs = 15
	c := p.components[component]
	out = append(out, 0xff, jpegDRI, 0, 4, 0, 0)
	out = append(out, 0xff, jpegDHT, 0, 2+1+16+runs, 0x10, 0, 0, 0, runs, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	for run := range byte(runs) {
		out = append(out, run<<4)
	}
	out = append(out, 0xff, jpegSOS, 0, 8, 1, c.id, 0, 1, 63, 0)
	w := bitWriter{out: out}
	for left := p.blocks(p.width, int(c.h), p.maxH) * p.blocks(p.height, int(c.v), p.maxV); left > 0; {
		now := min(left, 1<<runs-1)
		category := bits.Len(uint(now)) - 1
		w.write(uint(category), 4)
		w.write(uint(now)-1<<category, category)
		left -= now
	}
	return w.close()
}

// blocks is how many blocks of a component lie along a side of the picture.
func (p *progressive) blocks(side, factor, largest int) int {
	samples := (side*factor + largest - 1) / largest
	return (samples + blockSide - 1) / blockSide
}

// bitWriter writes the entropy-coded part of a JPEG: bits from the top, a zero after each byte of ones.
type bitWriter struct {
	out     []byte
	pending uint
	count   int
}

func (w *bitWriter) write(value uint, length int) {
	for length--; length >= 0; length-- {
		w.pending = w.pending<<1 | value>>length&1
		if w.count++; w.count == 8 {
			w.out = append(w.out, byte(w.pending))
			if byte(w.pending) == 0xff {
				w.out = append(w.out, 0)
			}
			w.pending, w.count = 0, 0
		}
	}
}

// close fills the last byte with ones.
func (w *bitWriter) close() []byte {
	for w.count > 0 {
		w.write(1, 1)
	}
	return w.out
}
