package hostile

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/test/standalone"
)

// wholePictures are pictures without harm of all formats: those that the standard library writes, and what the renderer makes
// of them.
func wholePictures(t *testing.T, renderer *standalone.Renderer) map[string][]byte {
	t.Helper()
	whole, err := plainPictures()
	if err != nil {
		t.Fatal(err)
	}
	upload := func(id string, data []byte) {
		if err := renderer.Upload(t.Context(), id, bytes.NewReader(data), uploader.UploadParams{ResourceType: "image"}); err != nil {
			t.Fatal(err)
		}
	}
	upload("good", whole["png"])
	upload("good-moving", whole["moving.gif"])
	for _, format := range []string{"webp", "avif", "heic", "tiff", "pdf", "jxl", "jp2", "bmp", "ico", "tga"} {
		whole[format] = fetch(t, renderer.URL+"/demo/image/upload/good."+format)
	}
	whole["moving.webp"] = fetch(t, renderer.URL+"/demo/image/upload/fl_awebp/good-moving.webp")
	whole["moving.png"] = fetch(t, renderer.URL+"/demo/image/upload/fl_apng/good-moving.png")
	whole["psd"] = psdLayers(2, 4, 4)
	whole["svg"] = []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="64" height="48"><style>.a{fill:url(#g)}</style><linearGradient id="g"><stop offset="1" stop-color="red"/></linearGradient><rect class="a" width="60" height="40"/><text y="20">text</text></svg>`)
	return whole
}

// plainPictures are those that the standard library writes.
func plainPictures() (map[string][]byte, error) {
	palette := color.Palette{color.Black, color.White, color.RGBA{R: 200, A: 255}}
	var frames []*image.Paletted
	for f := range 3 {
		frame := image.NewPaletted(image.Rect(0, 0, 64, 48), palette)
		for i := range frame.Pix {
			frame.Pix[i] = uint8((i + f*9) * i / 7 % 3)
		}
		frames = append(frames, frame)
	}
	var asJPEG, asPNG, asGIF, moving bytes.Buffer
	if err := jpeg.Encode(&asJPEG, frames[0], nil); err != nil {
		return nil, err
	}
	if err := png.Encode(&asPNG, frames[0]); err != nil {
		return nil, err
	}
	if err := gif.Encode(&asGIF, frames[0], nil); err != nil {
		return nil, err
	}
	if err := gif.EncodeAll(&moving, &gif.GIF{Image: frames, Delay: []int{5, 10, 20}}); err != nil {
		return nil, err
	}
	return map[string][]byte{"jpg": asJPEG.Bytes(), "png": asPNG.Bytes(), "gif": asGIF.Bytes(), "moving.gif": moving.Bytes()}, nil
}

func fetch(t *testing.T, url string) []byte {
	t.Helper()
	response, err := http.Get(url) //nolint:noctx // the server is ours and bounds the time
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d: %s", response.StatusCode, response.Header.Get("X-Cld-Error"))
	}
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return body
}
