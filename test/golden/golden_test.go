// Package golden checks delivery URLs as an app holds them against a running renderer and engine: each test is one row
// of the delivery contract's worked examples and carries its number, so that `go test ./test/golden -run B13` runs it.
// The contract's demo files are not public: fixtures with the same public IDs and the stated properties are drawn here.
package golden

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
	_ "golang.org/x/image/webp"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/test/standalone"
)

var renderer *standalone.Renderer

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "darkroom-golden-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	if renderer, err = standalone.Start(ctx, dir, configure); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer renderer.Stop()
	return m.Run()
}

// configure gives the environment what rows ask for: the key that the contract's signatures were made with, and a way to
// the servers of tests.
func configure(snapshot *catalog.Snapshot) {
	snapshot.Keys["2"] = catalog.Key{Name: "contract", APIKey: "2", APISecret: "b"}
	snapshot.Environment.FetchAllowedCIDRs = []string{"127.0.0.0/8"}
	snapshot.Environment.MaxOutputPixels = 25_000_000
}

// upload stores a drawn fixture, encoded as the extension of name says; the public ID is name without it.
func upload(t *testing.T, publicID, format string, picture image.Image) {
	t.Helper()
	var buffer bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&buffer, picture)
	default:
		err = jpeg.Encode(&buffer, picture, &jpeg.Options{Quality: 95})
	}
	if err != nil {
		t.Fatal(err)
	}
	uploadBytes(t, publicID, buffer.Bytes())
}

func uploadBytes(t *testing.T, publicID string, content []byte) {
	t.Helper()
	if err := renderer.Upload(t.Context(), publicID, bytes.NewReader(content), uploader.UploadParams{}); err != nil {
		t.Fatal(err)
	}
}

// uploadTagged stores a drawn PNG with tags.
func uploadTagged(t *testing.T, publicID string, picture image.Image, tags []string) {
	t.Helper()
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, picture); err != nil {
		t.Fatal(err)
	}
	if err := renderer.Upload(t.Context(), publicID, &buffer, uploader.UploadParams{Tags: tags}); err != nil {
		t.Fatal(err)
	}
}

// uploadRaw stores a file that is no picture, under its name.
func uploadRaw(t *testing.T, name, deliveryType string, content []byte) {
	t.Helper()
	parameters := uploader.UploadParams{ResourceType: "raw", Type: api.DeliveryType(deliveryType)}
	if err := renderer.Upload(t.Context(), name, bytes.NewReader(content), parameters); err != nil {
		t.Fatal(err)
	}
}

// uploadSigned uploads with parameters that the SDK does not have.
func uploadSigned(t *testing.T, content []byte, parameters url.Values) {
	t.Helper()
	parameters.Set("timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	signature, err := api.SignParameters(parameters, standalone.APISecret)
	if err != nil {
		t.Fatal(err)
	}
	parameters.Set("signature", signature)
	parameters.Set("api_key", standalone.APIKey)
	parameters.Set("file", "data:image/jpeg;base64,"+base64.StdEncoding.EncodeToString(content))
	response, err := http.PostForm(renderer.URL+"/v1_1/"+standalone.CloudName+"/image/upload", parameters)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if body, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("upload: %d %s %v", response.StatusCode, body, err)
	}
}

// delivered is an answer of the delivery plane.
type delivered struct {
	status int
	header http.Header
	body   []byte
}

func request(t *testing.T, method, path string, headers ...string) delivered {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, renderer.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return delivered{response.StatusCode, response.Header, body}
}

// get fetches a picture and makes the checks that every row shares: type and ETag fit the bytes, HEAD answers GET's
// headers, a second GET the same bytes, and any origin may read it.
func get(t *testing.T, path string) (image.Image, delivered) {
	t.Helper()
	answer := request(t, http.MethodGet, path)
	if answer.status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, answer.status, answer.header.Get("X-Cld-Error"))
	}
	picture, format, err := image.Decode(bytes.NewReader(answer.body))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if got := answer.header.Get("Content-Type"); got != "image/"+format {
		t.Errorf("Content-Type %s for %s bytes", got, format)
	}
	digest := md5.Sum(answer.body)
	if got, want := answer.header.Get("ETag"), `"`+hex.EncodeToString(digest[:])+`"`; got != want {
		t.Errorf("ETag %s, the MD5 of the body is %s", got, want)
	}
	if got := answer.header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("Access-Control-Allow-Origin %q", got)
	}
	if again := request(t, http.MethodGet, path); !bytes.Equal(again.body, answer.body) {
		t.Error("the second GET answers other bytes")
	}
	head, again := request(t, http.MethodHead, path), request(t, http.MethodGet, path)
	if got, want := stable(head.header), stable(again.header); !maps.Equal(got, want) {
		t.Errorf("HEAD answers %v, GET %v", got, want)
	}
	return picture, answer
}

// decode reads a picture.
func decode(t *testing.T, content []byte) image.Image {
	t.Helper()
	picture, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// stable is a header without what differs between any two requests.
func stable(header http.Header) map[string]string {
	kept := map[string]string{}
	for name, values := range header {
		if !slices.Contains([]string{"Date", "Server-Timing", "X-Request-Id"}, name) {
			kept[name] = fmt.Sprint(values)
		}
	}
	return kept
}

func wantSize(t *testing.T, picture image.Image, width, height int) {
	t.Helper()
	if got := picture.Bounds().Size(); got.X != width || got.Y != height {
		t.Fatalf("the picture is %d×%d, want %d×%d", got.X, got.Y, width, height)
	}
}

// at is the colour of a pixel, not multiplied by its alpha.
func at(picture image.Image, x, y int) color.NRGBA {
	origin := picture.Bounds().Min
	return color.NRGBAModel.Convert(picture.At(origin.X+x, origin.Y+y)).(color.NRGBA)
}

// wantColor checks a pixel within a tolerance per channel: 3 for PNG, 8 for JPEG and WebP.
func wantColor(t *testing.T, picture image.Image, x, y int, want color.NRGBA, tolerance int) {
	t.Helper()
	if got := at(picture, x, y); distance(got, want) > tolerance {
		t.Errorf("pixel (%d, %d) is %v, want %v ± %d", x, y, got, want, tolerance)
	}
}

func wantAlpha(t *testing.T, picture image.Image, x, y int, want uint8) {
	t.Helper()
	if got := at(picture, x, y).A; got != want {
		t.Errorf("pixel (%d, %d) has alpha %d, want %d", x, y, got, want)
	}
}

func distance(a, b color.NRGBA) int {
	worst := 0.0
	for _, pair := range [][2]uint8{{a.R, b.R}, {a.G, b.G}, {a.B, b.B}, {a.A, b.A}} {
		worst = math.Max(worst, math.Abs(float64(pair[0])-float64(pair[1])))
	}
	return int(worst)
}

// same compares two regions of equal size by their worst pixel.
func same(a image.Image, ax, ay int, b image.Image, bx, by, width, height int) int {
	worst := 0
	for y := range height {
		for x := range width {
			worst = max(worst, distance(at(a, ax+x, ay+y), at(b, bx+x, by+y)))
		}
	}
	return worst
}

// gradientEnergy is the mean absolute difference between horizontal neighbours: how sharp a picture is.
func gradientEnergy(picture image.Image) float64 {
	size, sum := picture.Bounds().Size(), 0.0
	for y := range size.Y {
		for x := 1; x < size.X; x++ {
			sum += math.Abs(float64(at(picture, x, y).G) - float64(at(picture, x-1, y).G))
		}
	}
	return sum / float64(size.X*size.Y)
}

// scene draws a natural-like picture: slow gradients, waves and texture, never two equal regions.
func scene(width, height int) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			u, v := float64(x)/float64(width), float64(y)/float64(height)
			texture := 12 * math.Sin(float64(x)*0.9+float64(y)*0.31) * math.Cos(float64(y)*0.7)
			picture.SetNRGBA(x, y, color.NRGBA{
				R: level(60 + 130*u + 30*math.Sin(7*v) + texture),
				G: level(70 + 110*v + 30*math.Cos(9*u) + texture),
				B: level(180 - 100*u*v + 25*math.Sin(11*(u+v)) - texture),
				A: 255,
			})
		}
	}
	return picture
}

func level(value float64) uint8 { return uint8(math.Round(math.Max(0, math.Min(255, value)))) }

// fill paints a rectangle.
func fill(picture *image.NRGBA, area image.Rectangle, paint color.NRGBA) *image.NRGBA {
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			picture.SetNRGBA(x, y, paint)
		}
	}
	return picture
}

var (
	red   = color.NRGBA{R: 220, G: 20, B: 20, A: 255}
	black = color.NRGBA{A: 255}
	white = color.NRGBA{R: 255, G: 255, B: 255, A: 255}
)
