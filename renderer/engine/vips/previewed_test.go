package vips

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

// rawPhoto is a DNG that is nothing but its preview, turned by an orientation.
func rawPhoto(jpg []byte, orientation uint32) []byte {
	out := []byte("II*\x00\x08\x00\x00\x00\x04\x00")
	const entries = 4
	at := uint32(8 + 2 + 12*entries + 4)
	for _, e := range [entries][3]uint32{{0x112, 3, orientation}, {0x201, 4, at}, {0x202, 4, uint32(len(jpg))}, {0xc612, 1, 1}} {
		out = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(out, uint16(e[0])), uint16(e[1]))
		out = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(out, 1), e[2])
	}
	return append(binary.LittleEndian.AppendUint32(out, 0), jpg...)
}

func TestRawPhotosAreShownByTheirPreview(t *testing.T) {
	photo := rawPhoto(jpegOf(t, quadrants(64, 48)), 1)
	probed, err := newWorker(t).Probe(engine.ProbeRequest{File: temp(t, photo), Verify: true})
	if err != nil || probed.Format != "dng" || probed.Width != 64 || probed.Height != 48 {
		t.Fatalf("%+v, %v", probed, err)
	}
	s := render(t, "c_scale,w_32", photo)
	s.wantSize(t, 32, 24)
	s.wantAt(t, 5, 5, red, 24)
	turned := render(t, "", rawPhoto(jpegOf(t, quadrants(64, 48)), 6))
	turned.wantSize(t, 48, 64)
	turned.wantAt(t, 40, 5, red, 24) // top left came to top right
}

func TestRawPhotosWithoutAPreview(t *testing.T) {
	_, err := newWorker(t).Probe(engine.ProbeRequest{File: temp(t, rawPhoto([]byte("no picture at all"), 1))})
	wantProblem(t, err, 400, "Invalid image file")
	cut := rawPhoto(jpegOf(t, quadrants(64, 48)), 1)
	_, err = newWorker(t).Probe(engine.ProbeRequest{File: temp(t, cut[:len(cut)-200]), Verify: true})
	wantProblem(t, err, 400, "Invalid image file")
}

func TestLayoutsAreShownByTheirPreview(t *testing.T) {
	document := "\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1d<xmpGImg:image>" +
		base64.StdEncoding.EncodeToString(jpegOf(t, quadrants(64, 48))) + "</xmpGImg:image>"
	render(t, "", []byte(document)).wantAt(t, 5, 5, red, 16)
}

func TestFormatsWithoutADecoderAreNamed(t *testing.T) {
	for name, content := range map[string]string{
		"eps": "%!PS-Adobe-3.0 EPSF-3.0\n", "ps": "%!PS-Adobe-3.0\n", "djvu": "AT&TFORM....DJVU", "flif": "FLIF4.", "wdp": "II\xbc\x01",
		"glb": "glTF\x02\x00\x00\x00", "fbx": "Kaydara FBX Binary  ", "ply": "ply\nformat ascii 1.0\n",
	} {
		_, err := newWorker(t).Probe(engine.ProbeRequest{File: temp(t, []byte(content))})
		wantProblem(t, err, 400, "Unsupported image format - "+name)
	}
	_, err := newWorker(t).Probe(engine.ProbeRequest{File: temp(t, append([]byte("\xc5\xd0\xd3\xc6"), bytes.Repeat([]byte{0}, 28)...))})
	wantProblem(t, err, 400, "Unsupported image format - eps")
}
