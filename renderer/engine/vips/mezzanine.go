package vips

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"syscall"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// A mezzanine is a file with smaller copies of a photo: the pixels as they are stored in the original (not turned upright, not
// converted, without profile), as JPEG files that are read fast. Later sizes of the photo start from the smallest copy
// that is large enough. Everything that is told of the picture still comes from the original, so that nothing else changes.
//
//	offset  bytes
//	     0      8  mezzanineMagic
//	     8     16  for each of mezzanineCopies: width, height, length, CRC-32 (Castagnoli), big endian
//	    40         the JPEG files, one after the other
type mezzanine struct {
	// copies are those that there are, the largest first.
	copies []mezzanineCopy
	// wanted is where a new one is written, nil when none is wanted; written is how long that has become.
	wanted  *os.File
	written int64
	// mapped are the bytes of copies.
	mapped []byte
	// damaged says that something was wrong with what the request brought.
	damaged bool
	// used is the size of the copy that the last resize took its pixels from.
	used *[2]int
}

// mezzanineCopy is a smaller copy: as a file, or as pixels where it was just made.
type mezzanineCopy struct {
	size   size
	jpeg   []byte
	pixels *govips.ImageRef
}

const (
	mezzanineMagic  = "drmezz\x00\x01"
	mezzanineCopies = 2
	mezzanineHeader = len(mezzanineMagic) + mezzanineCopies*16
	// mezzaninePixels bounds the larger copy: pictures 2560 pixels wide, and a bit more than half as high, are made of it.
	mezzaninePixels = 2560 * 1920
	// mezzanineWorth is from how many pixels on a photo gets a mezzanine.
	mezzanineWorth = 1_000_000
	// mezzanineQuality is that of the copies.
	mezzanineQuality = 95
	// mezzanineReserve is how many times as large as what is made of it the smaller copy must be: what was scaled before loses
	// details when it is scaled a little once more.
	mezzanineReserve = 1.25
	// mezzanineScale is how much smaller than in the original a part must become: what is hardly scaled is taken from there.
	mezzanineScale = 1.1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openMezzanine reads what the request brings. What is not a mezzanine of this source is ignored.
func (j *job) openMezzanine(wanted *os.File) {
	s := j.source
	if !s.photo() {
		return
	}
	switch {
	case wanted != nil && s.stored.pixels() >= mezzanineWorth:
		s.mezzanine = &mezzanine{wanted: wanted}
	case j.request.Mezzanine != nil:
		mapped, err := mapFile(j.request.Mezzanine)
		if err != nil {
			return
		}
		copies := parseMezzanine(mapped, s.stored)
		s.mezzanine = &mezzanine{mapped: mapped, copies: copies, damaged: copies == nil}
	}
}

// photo says that smaller copies of the source can be told by nobody from it: it is compressed with loss, has one frame, and
// its pixels are grey or RGB.
func (s *source) photo() bool {
	return s.format.name == "jpg" && !s.alpha && (s.color == govips.InterpretationSRGB || s.color == govips.InterpretationBW)
}

// parseMezzanine finds the copies of a picture in a file; nil when it holds none of this picture, or is damaged.
func parseMezzanine(data []byte, of size) []mezzanineCopy {
	if len(data) < mezzanineHeader || string(data[:len(mezzanineMagic)]) != mezzanineMagic {
		return nil
	}
	entries, rest := data[len(mezzanineMagic):mezzanineHeader], data[mezzanineHeader:]
	var copies []mezzanineCopy
	for range mezzanineCopies {
		width, height := binary.BigEndian.Uint32(entries), binary.BigEndian.Uint32(entries[4:])
		length, sum := binary.BigEndian.Uint32(entries[8:]), binary.BigEndian.Uint32(entries[12:])
		if uint64(width) > uint64(of.w) || uint64(height) > uint64(of.h) || width == 0 || height == 0 || uint64(length) > uint64(len(rest)) {
			return nil
		}
		file := rest[:length]
		if crc32.Checksum(file, castagnoli) != sum {
			return nil
		}
		copies = append(copies, mezzanineCopy{size: size{int(width), int(height)}, jpeg: file})
		entries, rest = entries[16:], rest[length:]
	}
	if len(rest) > 0 {
		return nil
	}
	return copies
}

// mezzanineSizes are those of the copies of a picture.
func mezzanineSizes(of size) [mezzanineCopies]size {
	large := of
	if pixels := of.pixels(); pixels > mezzaninePixels {
		large = of.scaled(math.Sqrt(mezzaninePixels / float64(pixels)))
	}
	return [...]size{large, {(large.w + 1) / 2, (large.h + 1) / 2}}
}

// scale gives p, as its image, a part of its stored picture in a size, made from the smallest copy that is large enough. It is
// false when there is no such copy or something is wrong with it: the original is there in any case.
func (m *mezzanine) scale(p *picture, kept rect, target size) bool {
	s := p.source
	if float64(kept.w) < mezzanineScale*float64(target.w) || float64(kept.h) < mezzanineScale*float64(target.h) {
		return false
	}
	if err := m.make(s, kept, target); err != nil {
		m.drop()
		return false
	}
	for i := len(m.copies) - 1; i >= 0; i-- {
		c := &m.copies[i]
		part := kept.box().scaled(float64(c.size.w)/float64(s.stored.w), float64(c.size.h)/float64(s.stored.h))
		reserve := 1.0
		if i > 0 {
			reserve = mezzanineReserve
		}
		if !part.covers(target, reserve) {
			continue
		}
		scaled, err := c.scale(s, part, target)
		if err != nil {
			m.damaged = len(m.mapped) > 0
			m.drop()
			return false
		}
		if len(s.profile) > 0 {
			setBlob(scaled, fieldICC, s.profile)
		}
		p.replace(scaled)
		p.inMemory = true
		m.used = &[2]int{c.size.w, c.size.h}
		return true
	}
	return false
}

// scaled is the part on a copy of the image whose sides are multiplied.
func (b box) scaled(fx, fy float64) box { return box{b.x * fx, b.y * fy, b.w * fx, b.h * fy} }

// covers says that a part has so many times the pixels of a size along both sides.
func (b box) covers(to size, times float64) bool {
	return b.w >= times*float64(to.w) && b.h >= times*float64(to.h)
}

// scale makes an image of a part of the copy.
func (c *mezzanineCopy) scale(s *source, part box, target size) (*govips.ImageRef, error) {
	from := c.pixels
	if from == nil {
		by := shrinkOnLoad(shrinksByPowers, size{int(part.w), int(part.h)}, target)
		options := []string{"access=sequential", "fail-on=warning"}
		if by > 1 {
			options = append(options, fmt.Sprintf("shrink=%d", int(by)))
		}
		loaded, err := loadBuffer(s.format.loader, c.jpeg, options...)
		if err != nil {
			return nil, err
		}
		defer loaded.Close()
		forgetMetadata(loaded)
		shrunk := size{(c.size.w + int(by) - 1) / int(by), (c.size.h + int(by) - 1) / int(by)}
		if got := (size{loaded.Width(), loaded.Height()}); got != shrunk || loaded.Bands() != s.bands() {
			return nil, fmt.Errorf("%v of %d bands, and should be %v of %d", got, loaded.Bands(), shrunk, s.bands())
		}
		part = part.scaled(1/by, 1/by) // the last column and row of what is shrunk may be less than whole
		from = loaded
	}
	if !scalesDown(from, part, target) {
		return nil, fmt.Errorf("%dx%d of %gx%g", target.w, target.h, part.w, part.h)
	}
	return scaleDown(from, part, target)
}

// bands is how many values a pixel of a photo has.
func (s *source) bands() int {
	if s.color == govips.InterpretationBW {
		return 1
	}
	return 3
}

// make makes the copies that are wanted, when the picture that is asked for can be made of them, too.
func (m *mezzanine) make(s *source, kept rect, target size) error {
	if m.wanted == nil {
		return nil
	}
	sizes := mezzanineSizes(s.stored)
	large := sizes[0]
	if !kept.box().scaled(float64(large.w)/float64(s.stored.w), float64(large.h)/float64(s.stored.h)).covers(target, 1) {
		return nil
	}
	wanted := m.wanted
	m.wanted = nil
	from, err := s.load(loading{shrink: shrinkOnLoad(s.format.shrinks, s.stored, large)})
	if err != nil {
		return fmt.Errorf("open for the mezzanine: %w", err)
	}
	defer from.Close()
	forgetMetadata(from)
	files := make([][]byte, 0, mezzanineCopies)
	for _, to := range sizes {
		all := box{0, 0, float64(from.Width()), float64(from.Height())}
		if !scalesDown(from, all, to) {
			return nil
		}
		pixels, err := scaleDown(from, all, to)
		if err != nil {
			return fmt.Errorf("scale for the mezzanine: %w", err)
		}
		m.copies = append(m.copies, mezzanineCopy{size: to, pixels: pixels})
		removeField(pixels, fieldICC)
		file, err := saveBuffer("jpegsave_buffer", pixels, "strip=true", fmt.Sprintf("Q=%d", mezzanineQuality), "subsample-mode="+s.subsampling())
		if err != nil {
			return fmt.Errorf("encode the mezzanine: %w", err)
		}
		files = append(files, file)
		from = pixels
	}
	return m.write(wanted, files)
}

// subsampling is that of the original.
func (s *source) subsampling() string {
	if s.fullChroma {
		return "off"
	}
	return "on"
}

func (m *mezzanine) write(to *os.File, files [][]byte) error {
	out := bytes.NewBufferString(mezzanineMagic)
	for i, file := range files {
		for _, v := range []uint32{uint32(m.copies[i].size.w), uint32(m.copies[i].size.h), uint32(len(file)), crc32.Checksum(file, castagnoli)} {
			out.Write(binary.BigEndian.AppendUint32(nil, v))
		}
	}
	for _, file := range files {
		out.Write(file)
	}
	if _, err := to.WriteAt(out.Bytes(), 0); err != nil {
		return problem.Failed(fmt.Errorf("write the mezzanine: %w", err))
	}
	m.written = int64(out.Len())
	return nil
}

// drop forgets the copies.
func (m *mezzanine) drop() {
	for _, c := range m.copies {
		if c.pixels != nil {
			c.pixels.Close()
		}
	}
	m.copies = nil
}

func (m *mezzanine) close() {
	m.drop()
	if len(m.mapped) > 0 {
		_ = syscall.Munmap(m.mapped) // made by us, unmapped once
	}
	m.mapped = nil
}

// tell says in a result what became of the mezzanine.
func (m *mezzanine) tell(result *engine.RenderResult) {
	if m != nil {
		result.MezzanineBytes, result.MezzanineDamaged = m.written, m.damaged
	}
}

// startedFrom tells, once, from what the last resize took its pixels; nil when that was the source itself.
func (j *job) startedFrom() *[2]int {
	m := j.source.mezzanine
	if m == nil {
		return nil
	}
	used := m.used
	m.used = nil
	return used
}
