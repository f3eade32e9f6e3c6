package tga

import (
	"image/color"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	data := Encode([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 2, 1, 4)
	picture, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if picture.NRGBAAt(0, 0) != (color.NRGBA{1, 2, 3, 4}) || picture.NRGBAAt(1, 0) != (color.NRGBA{5, 6, 7, 8}) {
		t.Errorf("%v", picture.Pix)
	}
}

func TestRunsFromTheBottom(t *testing.T) {
	data := []byte{0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 3, 0, 24, 0, 0x81, 10, 20, 30, 0x00, 1, 2, 3}
	picture, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if picture.NRGBAAt(0, 2) != (color.NRGBA{30, 20, 10, 255}) || picture.NRGBAAt(0, 0) != (color.NRGBA{3, 2, 1, 255}) {
		t.Errorf("%v", picture.Pix)
	}
	for length := range data {
		if _, err := Decode(data[:length]); err == nil {
			t.Errorf("the first %d bytes are a whole picture", length)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 3, 0, 24, 0, 0x81, 10, 20, 30, 0x00, 1, 2, 3})
	f.Add(Encode([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 2, 1, 4))
	f.Fuzz(func(_ *testing.T, data []byte) {
		if info, err := Header(data); err == nil && info.Width*info.Height < 1<<20 {
			_, _ = Decode(data)
		}
	})
}
