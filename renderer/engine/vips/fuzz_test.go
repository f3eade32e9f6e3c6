package vips

import (
	"bytes"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine/svg"
)

// FuzzDetect looks at any bytes: what they are taken for is known, and what is looked at without decoding ends.
func FuzzDetect(f *testing.F) {
	known := formats()
	for _, format := range known {
		for _, signature := range format.signatures {
			var head []byte
			for _, m := range signature {
				head = append(append(head, make([]byte, max(0, m.offset-len(head)))...), m.bytes...)
			}
			f.Add(head)
		}
	}
	f.Add([]byte("\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00avifmif1"))
	f.Add([]byte("\xef\xbb\xbf<?xml?><!-- --><!DOCTYPE svg [<!ENTITY a \"b\">]><svg/>"))
	f.Add(append(make([]byte, 18), "TRUEVISION-XFILE.\x00"...))
	f.Add([]byte{0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 24, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		found := detect(known, data)
		if found == nil {
			return
		}
		if byName(known, found.name) == nil {
			t.Fatalf("a %q", found.name)
		}
		if found.complete != nil {
			found.complete(data)
		}
		if found.decoder != nil {
			header, err := found.decoder.header(data)
			if err == nil && (header.pages < 1 || len(header.names) > len(data)) {
				t.Fatalf("a %s of %+v", found.name, header)
			}
		}
	})
}

// FuzzIcon reads icons: pictures of icons are never larger than they say.
func FuzzIcon(f *testing.F) {
	picture := make([]byte, bitmapHeader, bitmapHeader+8)
	picture[0], picture[4], picture[8], picture[12], picture[14] = bitmapHeader, 1, 2, 1, 32
	entry := append([]byte{0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 32, 0, bitmapHeader + 8, 0, 0, 0, iconHeader + iconEntry, 0, 0, 0}, append(picture, 1, 2, 3, 4, 0, 0, 0, 0)...)
	f.Add(entry)
	shallow := bytes.Clone(entry)
	shallow[iconHeader+iconEntry+14] = 1
	f.Add(shallow)
	f.Fuzz(func(t *testing.T, data []byte) {
		largest, err := largestIcon(data)
		if err != nil || largest.png {
			return
		}
		decoded, err := decodeIconBitmap(largest)
		if err == nil && (decoded.Bounds().Dx() != largest.size.w || decoded.Bounds().Dy() != largest.size.h) {
			t.Fatalf("%v, announced as %v", decoded.Bounds(), largest.size)
		}
	})
}

// FuzzAttribution reads blocks of IPTC: what is left of one is part of it, and reading that again changes nothing.
func FuzzAttribution(f *testing.F) {
	f.Add([]byte("\x1c\x02\x74\x00\x03abc\x1c\x02\x05\x00\x01x"))
	f.Add([]byte("Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x08\x1c\x02\x74\x00\x03abc"))
	f.Add([]byte("Photoshop 3.0\x008BIM\x04\x05\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, block []byte) {
		kept := attributionIPTC(block)
		if len(kept) > len(block)+1 {
			t.Fatalf("%d bytes of %d", len(kept), len(block))
		}
		if again := attributionIPTC(kept); !bytes.Equal(kept, again) {
			t.Fatalf("%q, and then %q", kept, again)
		}
	})
}

// FuzzTimeline edits animations: what comes out is bounded, refers to frames that there are, and shows each for a while.
func FuzzTimeline(f *testing.F) {
	f.Add([]byte{1, 2, 3}, []byte("bfl"), "5", "10-20", 50, "2.5")
	f.Add([]byte{0, 255}, []byte("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"), "0.5s", "", -3, "1e300")
	f.Add([]byte{9}, []byte("ff"), "NaN", "NaN-", 1<<40, "-0.1")
	f.Fuzz(func(t *testing.T, delays, effects []byte, sampling, rate string, delay int, argument string) {
		if len(delays) == 0 || len(effects) > 64 {
			return
		}
		frames, spans := make([]int, len(delays)), make([]int, len(delays))
		for i, d := range delays {
			frames[i], spans[i] = i, int(int8(d))*1000
		}
		edits := make([]timing, len(effects))
		for i, e := range effects {
			name := map[byte]string{'b': "boomerang", 'l': "loop", 'f': "fade"}[e]
			edits[i] = timing{name, arguments{effect: name, values: map[string]string{"count": argument, "duration": argument}}}
		}
		line := newTimeline(frames, spans, 0)
		if line.edit(edits, sampling, rate, delay) != nil {
			return
		}
		if len(line.shots) == 0 || len(line.shots) > maxShots || line.loop < 0 || line.loop > 1<<16 {
			t.Fatalf("%d shots, shown %d times", len(line.shots), line.loop)
		}
		for _, s := range line.shots {
			if s.frame < 0 || s.frame >= len(delays) || s.delay < tick || !(s.light <= 1) {
				t.Fatalf("%+v", s)
			}
		}
	})
}

// FuzzPages selects pages: all of them are there, and not more than there are.
func FuzzPages(f *testing.F) {
	for _, text := range []string{"1", "2-", "1-3;5", "1-9;1-9;1-9;1-9", "name:a;b", "embedded:x", "0", "-1"} {
		f.Add(text, 9, false)
		f.Add(text, 3, true)
	}
	f.Fuzz(func(t *testing.T, text string, pages int, layered bool) {
		if pages < 1 || pages > 1<<20 {
			return
		}
		s := &source{pages: pages, format: &format{name: "pdf"}, names: []string{"a", "b", "a"}}
		if layered {
			s.format = &format{name: "psd"}
		}
		selected, err := s.selected(text)
		if err != nil {
			return
		}
		if len(selected) == 0 || len(selected) > max(pages, len(s.names)) {
			t.Fatalf("%d pages of %d", len(selected), pages)
		}
		for _, n := range selected {
			if n < -1 || n >= max(pages, len(s.names)) || n == -1 && !layered {
				t.Fatalf("the page %d of %d", n, pages)
			}
		}
	})
}

// FuzzFrame frames what the sanitiser leaves: the result is a document that the sanitiser takes again.
func FuzzFrame(f *testing.F) {
	f.Add([]byte(`<svg viewBox="0 0 9 9" width="9"><path d="M0 0h9"/></svg>`), 9, 9, 0.5)
	f.Add([]byte(`<svg id="&gt;" xml:space="preserve"/>`), 1, 70000, -2.0)
	f.Fuzz(func(t *testing.T, data []byte, w, h int, x float64) {
		clean, err := svg.Sanitize(data)
		if err != nil {
			return
		}
		framed, err := svg.Frame(clean, w, h, w, h, svg.View{X: x, Width: 1, Height: 1})
		if err != nil {
			t.Fatalf("%v\n%s", err, clean)
		}
		if _, err := svg.Sanitize(framed); err != nil {
			t.Fatalf("%v\n%s", err, framed)
		}
	})
}
