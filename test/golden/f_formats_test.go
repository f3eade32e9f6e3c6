package golden

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
)

// fetch is a GET that must succeed; the bytes need not be a picture that the standard library knows.
func fetch(t *testing.T, path string, headers ...string) delivered {
	t.Helper()
	answer := request(t, http.MethodGet, path, headers...)
	if answer.status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, answer.status, answer.header.Get("X-Cld-Error"))
	}
	return answer
}

// spiral is an animation whose frames all differ.
func spiral(t *testing.T, frames, delay int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for f := range frames {
		frame := image.NewPaletted(image.Rect(0, 0, 80, 60), color.Palette{color.NRGBA{R: uint8(200 - 2*f), G: 90, B: uint8(4 * f), A: 255}, white})
		frame.SetColorIndex(f%80, f%60, 1)
		g.Image, g.Delay = append(g.Image, frame), append(g.Delay, delay)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func animationOf(t *testing.T, body []byte) (frames *gif.GIF, duration int) {
	t.Helper()
	g, err := gif.DecodeAll(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range g.Delay {
		duration += 10 * d
	}
	return g, duration
}

// TestF2AVIF: f_auto answers something else at once, and the smaller AVIF as soon as it is made.
func TestF2AVIF(t *testing.T) {
	uploadBytes(t, "docs/play-avif", encoded(t, scene(600, 400), "jpg"))
	const path = "/demo/image/upload/f_auto/docs/play-avif.jpg"
	first := fetch(t, path, "Accept", "image/avif,image/webp,*/*")
	if got := first.header.Get("Content-Type"); got != "image/webp" && got != "image/avif" {
		t.Errorf("the first answer is %s", got)
	}
	deadline := time.Now().Add(time.Minute)
	for {
		answer := fetch(t, path, "Accept", "image/avif,image/webp,*/*")
		if !strings.HasSuffix(answer.header.Get("Cache-Control"), "max-age=60") {
			if len(answer.body) > len(first.body) {
				t.Errorf("%s of %d bytes took the place of %d", answer.header.Get("Content-Type"), len(answer.body), len(first.body))
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no final answer within a minute")
		}
	}
	if got := fetch(t, path, "Accept", "image/webp").header.Get("Content-Type"); got != "image/webp" {
		t.Errorf("a client that reads no AVIF gets %s", got)
	}
}

func TestF4(t *testing.T) {
	uploadBytes(t, "docs/wines", portrait(t))
	const base = "/demo/image/upload/"
	low, mid, high := fetch(t, base+"q_20/docs/wines.jpg"), fetch(t, base+"q_60:420/docs/wines.jpg"), fetch(t, base+"q_100/docs/wines.jpg")
	if len(low.body) >= len(mid.body) || len(mid.body) >= len(high.body) {
		t.Errorf("%d, %d and %d bytes", len(low.body), len(mid.body), len(high.body))
	}
	picture, err := jpeg.Decode(bytes.NewReader(mid.body))
	if err != nil {
		t.Fatal(err)
	}
	if got := picture.(*image.YCbCr).SubsampleRatio; got != image.YCbCrSubsampleRatio420 {
		t.Errorf("chroma %v", got)
	}
}

func TestF5(t *testing.T) {
	uploadBytes(t, "docs/wines", portrait(t))
	var sizes []int
	for _, level := range []string{"best", "good", "eco", "low:sensitive", "low"} {
		sizes = append(sizes, len(fetch(t, "/demo/image/upload/q_auto:"+level+"/docs/wines.jpg").body))
	}
	slices.Reverse(sizes)
	if !slices.IsSorted(sizes) || sizes[0] == sizes[len(sizes)-1] {
		t.Errorf("from low to best: %v", sizes)
	}
}

func TestF7(t *testing.T) {
	uploadBytes(t, "multi_page_pdf", colouredPages())
	for page, want := range map[string]color.NRGBA{"": {R: 255, A: 255}, "pg_1/": {R: 255, A: 255}, "pg_2/": {G: 128, A: 255}, "pg_3/": {B: 255, A: 255}} {
		picture, _ := get(t, "/demo/image/upload/"+page+"multi_page_pdf.jpg")
		wantSize(t, picture, 417, 208)
		wantColor(t, picture, 200, 100, want, 8)
	}
	if answer := request(t, http.MethodGet, "/demo/image/upload/pg_4/multi_page_pdf.jpg"); answer.status != http.StatusBadRequest {
		t.Errorf("page 4 of 3: %d", answer.status)
	}
}

// colouredPages is a PDF of three pages of 200 by 100 points, each filled by a colour.
func colouredPages() []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(text string) {
		offsets = append(offsets, b.Len())
		b.WriteString(text)
	}
	b.WriteString("%PDF-1.4\n")
	object("1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n")
	object("2 0 obj<</Type/Pages/Count 3/Kids[3 0 R 5 0 R 7 0 R]>>endobj\n")
	for i, fill := range []string{"1 0 0 rg 0 0 200 100 re f", "0 0.50196 0 rg 0 0 200 100 re f", "0 0 1 rg 0 0 200 100 re f"} {
		n := string(rune('3' + 2*i))
		c := string(rune('4' + 2*i))
		object(n + " 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents " + c + " 0 R>>endobj\n")
		object(c + " 0 obj<</Length " + itoa(len(fill)) + ">>stream\n" + fill + "\nendstream endobj\n")
	}
	start := b.Len()
	b.WriteString("xref\n0 " + itoa(len(offsets)+1) + "\n0000000000 65535 f \n")
	for _, offset := range offsets {
		digits := itoa(offset)
		b.WriteString("0000000000"[:10-len(digits)] + digits + " 00000 n \n")
	}
	b.WriteString("trailer<</Size " + itoa(len(offsets)+1) + "/Root 1 0 R>>\nstartxref\n" + itoa(start) + "\n%%EOF\n")
	return b.Bytes()
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

func TestF8(t *testing.T) {
	uploadBytes(t, "docs/cld_record_PSD", layeredPSD())
	// The merged picture is what Photoshop stored; each layer is a square of its own.
	picture, _ := get(t, "/demo/image/upload/docs/cld_record_PSD.png")
	wantSize(t, picture, 40, 30)
	wantColor(t, picture, 5, 5, color.NRGBA{R: 10, G: 20, B: 30, A: 255}, 1)
	picture, _ = get(t, "/demo/image/upload/pg_2-3;5/docs/cld_record_PSD.png")
	wantSize(t, picture, 40, 30)
	for layer, shown := range []bool{false, true, true, false, true} {
		if shown {
			wantColor(t, picture, layer*8+3, 3, color.NRGBA{R: uint8(50 * (layer + 1)), A: 255}, 1)
		} else {
			wantAlpha(t, picture, layer*8+3, 3, 0)
		}
	}
	picture, _ = get(t, "/demo/image/upload/pg_name:layer2/docs/cld_record_PSD.png")
	wantSize(t, picture, 8, 8)
	if answer := request(t, http.MethodGet, "/demo/image/upload/pg_name:none/docs/cld_record_PSD.png"); answer.status != http.StatusBadRequest {
		t.Errorf("a layer that is not there: %d", answer.status)
	}
}

// layeredPSD has five layers of 8 by 8 pixels beside each other on a canvas of 40 by 30.
func layeredPSD() []byte {
	u16 := func(b []byte, v int) []byte { return binary.BigEndian.AppendUint16(b, uint16(v)) }
	u32 := func(b []byte, v int) []byte { return binary.BigEndian.AppendUint32(b, uint32(v)) }
	var records, pixels []byte
	for l := range 5 {
		for _, side := range []int{0, 8 * l, 8, 8*l + 8} {
			records = u32(records, side)
		}
		records = u16(records, 3)
		for c := range 3 {
			records = u32(u16(records, c), 2+64)
			pixels = u16(pixels, 0)
			value := byte(0)
			if c == 0 {
				value = byte(50 * (l + 1))
			}
			pixels = append(pixels, bytes.Repeat([]byte{value}, 64)...)
		}
		records = append(records, "8BIMnorm\xff\x00\x00\x00"...)
		name := append([]byte{6}, "layer"+itoa(l+1)...)
		name = append(name, 0)
		records = u32(records, 8+len(name))
		records = append(records, make([]byte, 8)...)
		records = append(records, name...)
	}
	info := append(append(u16(nil, 5), records...), pixels...)
	out := append([]byte("8BPS\x00\x01"), make([]byte, 6)...)
	out = u16(u16(u32(u32(u16(out, 3), 30), 40), 8), 3)
	out = u32(u32(out, 0), 0)
	out = append(u32(u32(out, len(info)+4), len(info)), info...)
	out = u16(out, 0)
	for _, value := range []byte{10, 20, 30} {
		out = append(out, bytes.Repeat([]byte{value}, 40*30)...)
	}
	return out
}

func TestF10(t *testing.T) {
	uploadBytes(t, "spiral_animated", spiral(t, 12, 5))
	count := func(path string) int { return bytes.Count(fetch(t, path).body, []byte("fcTL")) }
	if got := count("/demo/image/upload/fl_apng/spiral_animated.png"); got != 12 {
		t.Errorf("%d frames, want 12", got)
	}
	if got := count("/demo/image/upload/spiral_animated.png"); got != 0 {
		t.Errorf("%d frames without the flag", got)
	}
}

func TestF11(t *testing.T) {
	uploadBytes(t, "kitten_fighting", spiral(t, 15, 20))
	answer := fetch(t, "/demo/image/upload/fl_awebp/kitten_fighting.webp")
	frames, duration := 0, 0
	for rest := answer.body[12:]; len(rest) >= 8; {
		length := 8 + int(binary.LittleEndian.Uint32(rest[4:]))
		length += length % 2
		if string(rest[:4]) == "ANMF" {
			frames++
			duration += int(rest[20]) | int(rest[21])<<8 | int(rest[22])<<16
		}
		rest = rest[min(len(rest), length):]
	}
	if frames != 15 || duration != 3000 {
		t.Errorf("%d frames, %d ms; want 15, 3000", frames, duration)
	}
}

func TestF13(t *testing.T) {
	uploadBytes(t, "spiral_animated", spiral(t, 12, 5))
	g, _ := animationOf(t, fetch(t, "/demo/image/upload/e_loop:2/spiral_animated.gif").body)
	if g.LoopCount != 2 { // plays once and is repeated twice
		t.Errorf("loop count %d", g.LoopCount)
	}
}

func TestF14(t *testing.T) {
	uploadBytes(t, "spiral_two_seconds", spiral(t, 40, 5))
	g, duration := animationOf(t, fetch(t, "/demo/image/upload/vs_0.25s/spiral_two_seconds.gif").body)
	if len(g.Image) != 8 || duration != 2000 {
		t.Errorf("%d frames, %d ms; want 8, 2000", len(g.Image), duration)
	}
}

func TestF16(t *testing.T) {
	uploadBytes(t, "kitten_fighting", spiral(t, 15, 20))
	g, _ := animationOf(t, fetch(t, "/demo/image/upload/e_fade:2000/kitten_fighting.gif").body)
	wantColor(t, g.Image[0], 40, 50, black, 6)
	at := color.NRGBAModel.Convert(g.Image[10].At(40, 50)).(color.NRGBA)
	if distance(at, color.NRGBA{R: 180, G: 90, B: 40, A: 255}) > 8 {
		t.Errorf("at two seconds %v", at)
	}
}

func TestF19(t *testing.T) {
	uploadBytes(t, "face_top", encoded(t, scene(200, 300), "jpg"))
	for space, want := range map[string]color.Model{"srgb": color.YCbCrModel, "cmyk": color.CMYKModel} {
		config, err := jpeg.DecodeConfig(bytes.NewReader(fetch(t, "/demo/image/upload/cs_"+space+"/face_top.jpg").body))
		if err != nil || config.ColorModel != want {
			t.Errorf("%s: %v, %v", space, config.ColorModel, err)
		}
	}
}

func TestF20(t *testing.T) {
	uploadBytes(t, "docs/elephant-front", encoded(t, scene(120, 90), "jpg"))
	data := fetch(t, "/demo/image/upload/fl_group4/docs/elephant-front.tiff").body
	tags := map[uint16]uint16{}
	directory := data[binary.LittleEndian.Uint32(data[4:]):]
	for i := range int(binary.LittleEndian.Uint16(directory)) {
		entry := directory[2+12*i:]
		tags[binary.LittleEndian.Uint16(entry)] = binary.LittleEndian.Uint16(entry[8:])
	}
	if tags[258] != 1 || tags[259] != 4 || tags[277] != 1 {
		t.Errorf("%d bits, compression %d, %d samples", tags[258], tags[259], tags[277])
	}
}

// TestFormatsInTheSandbox: every format is written and read back behind the sandbox.
func TestFormatsInTheSandbox(t *testing.T) {
	uploadBytes(t, "docs/formats", encoded(t, scene(200, 120), "jpg"))
	for _, format := range []string{"jpg", "png", "webp", "gif", "avif", "heic", "tif", "pdf", "jxl", "jp2", "bmp", "ico", "tga"} {
		body := fetch(t, "/demo/image/upload/q_80/docs/formats."+format).body
		uploadNamed(t, "again/"+format, "picture."+format, body)
		picture, _ := get(t, "/demo/image/upload/c_scale,h_60,w_100/again/"+format+".png")
		wantSize(t, picture, 100, 60)
		want := scene(100, 60)
		wantColor(t, picture, 50, 30, at(want, 50, 30), 40)
	}
}

func TestSVGIsRasterisedAndCleaned(t *testing.T) {
	drawing := `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" onload="x()"><script>y()</script><rect width="20" height="20" fill="#f00"/><text x="22" y="15">a</text></svg>`
	uploadBytes(t, "docs/drawing", []byte(drawing))
	picture, _ := get(t, "/demo/image/upload/c_scale,w_400/docs/drawing.png")
	wantSize(t, picture, 400, 200)
	wantColor(t, picture, 100, 100, color.NRGBA{R: 255, A: 255}, 2)
	cleaned := fetch(t, "/demo/image/upload/fl_sanitize/docs/drawing.svg")
	if bytes.Contains(cleaned.body, []byte("script")) || cleaned.header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("%s: %s", cleaned.header.Get("Content-Type"), cleaned.body)
	}
}

// uploadNamed stores a file that came under a name.
func uploadNamed(t *testing.T, publicID, filename string, content []byte) {
	t.Helper()
	parameters := uploader.UploadParams{FilenameOverride: filename}
	if err := renderer.Upload(t.Context(), publicID, bytes.NewReader(content), parameters); err != nil {
		t.Fatal(err)
	}
}
