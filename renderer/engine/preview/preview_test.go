package preview

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/jpeg"
	"testing"
)

func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// entry is a field of a directory: a type, a count, and a number or text.
type entry struct {
	tag, kind uint16
	count     uint32
	value     uint32
}

// raw is a little-endian TIFF of a first directory with a small JPEG, and a child with a large one and sensor data.
func raw(small, large []byte, first ...entry) []byte {
	out := binary.LittleEndian.AppendUint32([]byte("II*\x00"), 0)
	out = append(out, "NIKON CORPORATION\x00..SONY\x00"...)
	const nikon, sony = 8, 28
	smallAt := uint32(len(out))
	out = append(out, small...)
	largeAt := uint32(len(out))
	out = append(out, large...)
	directory := func(entries []entry) uint32 {
		at := uint32(len(out))
		out = binary.LittleEndian.AppendUint16(out, uint16(len(entries)))
		for _, e := range entries {
			value := e.value
			if e.tag == tagMake && value == 1 {
				value = nikon
			} else if e.tag == tagMake {
				value = sony
			}
			out = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(out, e.tag), e.kind)
			out = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(out, e.count), value)
		}
		out = binary.LittleEndian.AppendUint32(out, 0)
		return at
	}
	child := directory([]entry{
		{tagCompression, 3, 1, compressionOldJPEG}, {tagPhotometric, 3, 1, colorFilterArray},
		{tagStripOffsets, 4, 1, largeAt}, {tagStripLengths, 4, 1, uint32(len(large))},
	})
	main := directory(append([]entry{
		{tagOrientation, 3, 1, 6}, {tagSubDirs, 4, 1, child},
		{tagJPEGOffset, 4, 1, smallAt}, {tagJPEGLength, 4, 1, uint32(len(small))},
	}, first...))
	binary.LittleEndian.PutUint32(out[4:], main)
	return out
}

// cr3 is a file of boxes with a preview in a box of Canon, and the full picture in the media data.
func cr3(small, large []byte) []byte {
	box := func(name string, body []byte) []byte {
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), name...), body...)
	}
	out := box("ftyp", []byte("crx \x00\x00\x00\x01crx isom"))
	out = append(out, box("uuid", append(make([]byte, 24), box("PRVW", append(make([]byte, 16), small...))...))...)
	out = append(out, box("moov", box("trak", nil))...)
	return append(out, box("mdat", large)...)
}

func indesign(small, large []byte) []byte {
	out := []byte("\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1dDOCUMENT")
	for _, p := range [][]byte{small, large} {
		text := base64.StdEncoding.EncodeToString(p)
		out = append(out, "<xmpGImg:image>"+text[:20]+"&#xA;"+text[20:]+"</xmpGImg:image>"...)
	}
	return out
}

func files(t testing.TB) map[string][]byte {
	small, large := picture(t, 16, 12), picture(t, 64, 48)
	return map[string][]byte{
		"dng":  raw(small, large, entry{tagDNGVersion, 1, 4, 1}),
		"nef":  raw(small, large, entry{tagMake, 2, 18, 1}),
		"arw":  raw(small, large, entry{tagMake, 2, 5, 2}),
		"cr3":  cr3(small, large),
		"indd": indesign(small, large),
	}
}

func TestTheLargestPreviewIsFound(t *testing.T) {
	want := picture(t, 64, 48)
	for name, file := range files(t) {
		t.Run(name, func(t *testing.T) {
			if got := Kind(file); got != name {
				t.Fatalf("taken for %q", got)
			}
			found, ok := Find(file)
			if !ok || !bytes.Equal(found.JPEG, want) {
				t.Fatalf("found %t, %d bytes, want %d", ok, len(found.JPEG), len(want))
			}
			turned := 1
			if name != "cr3" && name != "indd" {
				turned = 6
			}
			if found.Orientation != turned {
				t.Errorf("orientation %d, want %d", found.Orientation, turned)
			}
		})
	}
}

func TestSensorDataIsNoPreview(t *testing.T) {
	lossless := picture(t, 64, 48)
	lossless[bytes.Index(lossless, []byte{0xff, 0xc0})+1] = 0xc3
	small := picture(t, 16, 12)
	found, ok := Find(raw(small, lossless, entry{tagDNGVersion, 1, 4, 1}))
	if !ok || !bytes.Equal(found.JPEG, small) {
		t.Errorf("found %t, %d bytes, want the small one of %d", ok, len(found.JPEG), len(small))
	}
	if _, ok := Find(raw(lossless, lossless, entry{tagDNGVersion, 1, 4, 1})); ok {
		t.Error("sensor data was taken for a picture")
	}
}

func TestOrdinaryTIFFIsLeftAlone(t *testing.T) {
	small := picture(t, 16, 12)
	if kind := Kind(raw(small, small)); kind != "" {
		t.Errorf("a TIFF of no known camera is taken for %s", kind)
	}
	if kind := Kind([]byte("II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00")); kind != "" {
		t.Errorf("an empty TIFF is taken for %s", kind)
	}
}

func TestDamage(t *testing.T) {
	for _, file := range files(t) {
		for length := range file {
			Find(file[:length]) // no more than that nothing panics
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, file := range files(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if found, ok := Find(data); ok && area(found.JPEG) == 0 {
			t.Error("what was found is no picture")
		}
	})
}
