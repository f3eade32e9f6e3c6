package compare

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func gradient(width, height, shift int) *image.RGBA {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			picture.Set(x, y, color.RGBA{R: uint8(x*3 + shift), G: uint8(y * 5), B: uint8(x ^ y), A: 255})
		}
	}
	return picture
}

func asPNG(picture image.Image) string {
	var b bytes.Buffer
	_ = png.Encode(&b, picture)
	return b.String()
}

func asJPEG(picture image.Image, quality int) string {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, picture, &jpeg.Options{Quality: quality})
	return b.String()
}

// cloud answers paths with what it holds.
func cloud(t *testing.T, name string, files map[string][2]string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, ok := files[strings.TrimPrefix(r.URL.EscapedPath(), "/"+name)]
		if !ok {
			w.Header().Set("X-Cld-Error", "Resource not found - x")
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", file[0])
		fmt.Fprint(w, file[1])
	}))
	t.Cleanup(server.Close)
	return server.URL + "/" + name
}

func TestAnswersAreCompared(t *testing.T) {
	picture := gradient(64, 48, 0)
	options := Options{Client: http.DefaultClient, MinSSIM: 0.95, Parallel: 3}
	options.Old = cloud(t, "old", map[string][2]string{
		"/same.png": {"image/png", asPNG(picture)}, "/recoded.jpg": {"image/jpeg", asJPEG(picture, 90)}, "/other.png": {"image/png", asPNG(picture)},
		"/size.png": {"image/png", asPNG(picture)}, "/type": {"image/png", asPNG(picture)}, "/gone.png": {"image/png", asPNG(picture)},
		"/a%20b.txt": {"text/plain; charset=utf-8", "one"}, "/same.txt": {"text/plain", "one"}, "/x.avif": {"image/avif", "one"},
		"/cut.png": {"image/png", asPNG(picture)[:200]},
	})
	options.New = cloud(t, "new", map[string][2]string{
		"/same.png": {"image/png", asPNG(picture)}, "/recoded.jpg": {"image/jpeg", asJPEG(picture, 75)}, "/other.png": {"image/png", asPNG(gradient(64, 48, 90))},
		"/size.png": {"image/png", asPNG(gradient(64, 47, 0))}, "/type": {"image/jpeg", asJPEG(picture, 95)},
		"/a%20b.txt": {"text/plain", "two"}, "/same.txt": {"text/plain", "one"}, "/x.avif": {"image/avif", "two"},
		"/cut.png": {"image/png", asPNG(picture)},
	})
	wanted := map[string]string{
		"/same.png": "", "/recoded.jpg": "", "/same.txt": "", "/nowhere.png": "", "/other.png": "similarity 0.", "/size.png": "size 64x48 and 64x47",
		"/type": "content type image/png and image/jpeg", "/gone.png": "status 200 and 404: Resource not found - x", "/a%20b.txt": "content", "/x.avif": "image/avif is not decoded here",
		"/cut.png": "content, and the pictures cannot be compared",
	}
	var paths []string
	for path := range wanted {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	var results []*Result
	Paths(t.Context(), options, paths, func(r *Result) { results = append(results, r) })
	for i, r := range results {
		text := strings.Join(r.Differences, "; ")
		if r.Path != paths[i] || (text == "") != (wanted[r.Path] == "") || !strings.Contains(text, wanted[r.Path]) {
			t.Errorf("%s differs by %q, wanted %q", r.Path, text, wanted[r.Path])
		}
		if r.Path == "/same.txt" && r.SSIM >= 0 || r.Path == "/same.png" && r.SSIM != 1 || r.Path == "/recoded.jpg" && (r.SSIM < 0.95 || r.SSIM >= 1) {
			t.Errorf("%s has the similarity %f", r.Path, r.SSIM)
		}
	}
	var table, html bytes.Buffer
	if err := Table(&table, results, false); err != nil || strings.Contains(table.String(), "/same.png") || !strings.Contains(strings.Join(strings.Fields(table.String()), " "), "/size.png 200 image/png 64x48 → 64x47") {
		t.Errorf("%v, table:\n%s", err, table.String())
	}
	if err := Page(&html, &options, results); err != nil || strings.Count(html.String(), `alt="difference"`) != 4 || !strings.Contains(html.String(), "11 compared, 7 differ") {
		t.Errorf("%v, page with %d differences of %d bytes", err, strings.Count(html.String(), `alt="difference"`), html.Len())
	}
	table.Reset()
	if err := Table(&table, results, true); err != nil || !strings.Contains(strings.Join(strings.Fields(table.String()), " "), "/same.txt 200 text/plain unknown 3 - - /size.png") {
		t.Errorf("%v, table of all:\n%s", err, table.String())
	}
	swapped := options
	swapped.Old = "http://127.0.0.1:1/old"
	Paths(t.Context(), swapped, paths[:1], func(r *Result) {
		if len(r.Differences) != 1 || !strings.Contains(r.Differences[0], "the old cloud does not answer") {
			t.Errorf("without an old cloud: %q", r.Differences)
		}
	})
	options.New = "http://127.0.0.1:1/new"
	Paths(t.Context(), options, paths[:1], func(r *Result) {
		if len(r.Differences) != 1 || !strings.Contains(r.Differences[0], "the new cloud does not answer") {
			t.Errorf("without a cloud: %q", r.Differences)
		}
	})
}

func TestPathsAreFoundInListsAndLogs(t *testing.T) {
	options := Options{Old: "https://res.cloudinary.com/demo"}
	paths, err := options.Read(strings.NewReader(`https://res.cloudinary.com/demo/image/upload/w_100/a.jpg
http://res.cloudinary.com/demo/image/upload/b.jpg?x=1
10.0.0.1 - - [26/Nov/2026:10:00:00 +0000] "GET /demo/image/upload/v1/c%20d.jpg HTTP/1.1" 200 123 "https://shop.example.com/"
https://res.cloudinary.com/other/image/upload/e.jpg
https://elsewhere.example.com/demo/image/upload/f.jpg
https://res.cloudinary.com/demo/image/upload/w_100/a.jpg
https://res.cloudinary.com/demo/
`))
	if err != nil || strings.Join(paths, " ") != "/image/upload/w_100/a.jpg /image/upload/b.jpg?x=1 /image/upload/v1/c%20d.jpg" {
		t.Errorf("%q, %v", paths, err)
	}
	if _, err := options.Read(strings.NewReader("nothing\nhere\n")); err == nil || !strings.Contains(err.Error(), "none of the 2 lines") {
		t.Errorf("an empty list: %v", err)
	}
}

func TestSSIMRefusesWhatCannotBeCompared(t *testing.T) {
	small := lumaOf(gradient(4, 4, 0))
	if _, err := SSIM(small, small); err == nil {
		t.Error("too small pictures are compared")
	}
	if _, err := SSIM(small, lumaOf(gradient(8, 8, 0))); err == nil {
		t.Error("pictures of two sizes are compared")
	}
}
