package avif

import (
	"bytes"
	"errors"
	"testing"
)

// single is a file of one picture with made-up data: what is put together is not looked into.
func single(width, height int, data string, alpha bool) []byte {
	tracks := []*track{{number: 1, width: width, height: height, config: box("av1C", []byte("conf")), samples: [][]byte{[]byte(data)}}}
	if alpha {
		tracks = append(tracks, &track{number: 2, alpha: true, width: width, height: height, config: box("av1C", []byte("mask")), samples: [][]byte{[]byte("M" + data)}})
	}
	head := func(at uint32) []byte {
		return append(box("ftyp", []byte("avif\x00\x00\x00\x00")), still(tracks, at)...)
	}
	out := head(uint32(len(head(0)) + 8))
	var body []byte
	for _, t := range tracks {
		body = append(body, t.samples[0]...)
	}
	return append(out, box("mdat", body)...)
}

func TestReadPicture(t *testing.T) {
	p, err := readPicture(single(40, 30, "colours", true))
	if err != nil {
		t.Fatal(err)
	}
	if p.width != 40 || p.height != 30 || string(p.color.data) != "colours" || p.alpha == nil || string(p.alpha.data) != "Mcolours" {
		t.Errorf("%+v", p)
	}
}

func TestSequence(t *testing.T) {
	for _, alpha := range []bool{false, true} {
		frames := []Frame{{single(40, 30, "first", alpha), 100}, {single(40, 30, "the second", alpha), 250}}
		file, err := Sequence(frames, 3)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(file[4:], []byte("ftypavis")) || !bytes.Contains(file, []byte("firstthe second")) {
			t.Errorf("%q", file)
		}
		// As a single picture it is the first one.
		p, err := readPicture(file)
		if err != nil || string(p.color.data) != "first" || (p.alpha != nil) != alpha {
			t.Errorf("%+v, %v", p, err)
		}
		if alpha && string(p.alpha.data) != "Mfirst" {
			t.Errorf("the transparency is %q", p.alpha.data)
		}
	}
}

func TestPicturesThatDoNotFit(t *testing.T) {
	whole := single(40, 30, "data", false)
	for name, frames := range map[string][]Frame{
		"none": nil, "another size": {{whole, 10}, {single(41, 30, "data", false), 10}},
		"transparency later": {{whole, 10}, {single(40, 30, "data", true), 10}}, "no time": {{whole, 0}}, "cut off": {{whole[:60], 10}},
	} {
		if _, err := Sequence(frames, 0); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzSequence(f *testing.F) {
	f.Add(single(40, 30, "data", false))
	f.Add(single(40, 30, "data", true))
	f.Fuzz(func(_ *testing.T, file []byte) {
		// Only that nothing panics.
		_, _ = Sequence([]Frame{{file, 10}, {file, 20}}, 0)
	})
}
