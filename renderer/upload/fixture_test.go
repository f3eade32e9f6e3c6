package upload

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/script"
	"github.com/darkroom-media/darkroom/renderer/engine/video"
	"github.com/darkroom-media/darkroom/renderer/engine/video/videotest"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

const (
	cloud     = "demo"
	apiKey    = "123456789012345"
	apiSecret = "abcdefghijklmnopqrstuvwxyz1"
)

// fixture is an Upload API over a real library and a real bucket.
type fixture struct {
	*testing.T
	handler  *Handler
	server   *httptest.Server
	snapshot *catalog.Snapshot
	library  *library.Library
	bucket   *bucket.Bucket
	// objects are the keys in the bucket.
	objects func() []string
	engine  *goEngine
}

// newFixture starts one; changes see the options before the handler is made.
func newFixture(t *testing.T, changes ...func(*fixture, *Options)) *fixture {
	t.Helper()
	f := &fixture{T: t, library: databases.Library(t), engine: &goEngine{}}
	f.bucket, f.objects = databases.Bucket(t)
	f.snapshot = &catalog.Snapshot{
		Environment: catalog.Environment{
			CloudName:             cloud,
			MaxImageBytes:         1 << 20,
			MaxRawBytes:           1 << 19,
			MaxImagePixels:        1_000_000,
			MaxOutputPixels:       1_000_000,
			DynamicFolders:        true,
			DeliveryBaseURL:       "http://media.example.com",
			SecureDeliveryBaseURL: "https://media.example.com",
			FetchAllowedCIDRs:     []string{"127.0.0.0/8"},
		},
		Keys: map[string]catalog.Key{apiKey: {Name: "root", APIKey: apiKey, APISecret: apiSecret}},
		Presets: map[string]catalog.Preset{
			"signed":   {Name: "signed"},
			"unsigned": {Name: "unsigned", Unsigned: true},
			"no-id":    {Name: "no-id", Unsigned: true, DisallowPublicID: true},
		},
		MetadataFields: map[string]catalog.MetadataField{
			"size": {ExternalID: "size", Type: catalog.MetadataInteger, Validation: &catalog.MetadataValidation{Type: "less_than", Value: "100"}},
			"colors": {ExternalID: "colors", Type: catalog.MetadataSet, Position: 1, Datasource: []catalog.MetadataChoice{
				{ExternalID: "r", Value: "Red"}, {ExternalID: "g", Value: "Green"}, {ExternalID: "old", Value: "Old", Inactive: true},
			}},
			"note": {ExternalID: "note", Type: catalog.MetadataString, Position: 2},
		},
		Transformations: map[string]catalog.Transformation{"small": {Name: "small", Transformation: "c_limit,w_20"}},
	}
	options := Options{Catalog: catalog.Fixed{Snapshot: f.snapshot}, Library: f.library, Bucket: f.bucket, Engine: f.engine}
	for _, change := range changes {
		change(f, &options)
	}
	f.handler = New(options)
	f.server = httptest.NewServer(f.handler)
	t.Cleanup(f.server.Close)
	return f
}

// garbage are the keys of the objects that no asset owns. Multipart uploads are aborted.
func (f *fixture) garbage() (keys []string) {
	f.Helper()
	garbage, err := f.library.Garbage(f.Context(), time.Now().Add(time.Second), 1000)
	if err != nil {
		f.Fatal(err)
	}
	for _, discarded := range garbage {
		if err := f.bucket.AbortMultipart(f.Context(), discarded.ObjectKey, discarded.Multipart); err != nil {
			f.Fatal(err)
		}
		keys = append(keys, discarded.ObjectKey)
	}
	return keys
}

// expectStored checks that there are so many assets, each with its bytes, and no byte or reservation beside them.
func (f *fixture) expectStored(assets int) {
	f.Helper()
	// The sweeper would find the same: nothing is reserved any longer than now.
	if err := f.library.ForgetGarbage(f.Context(), f.garbage()); err != nil {
		f.Fatal(err)
	}
	totals, err := f.library.Totals(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	if totals.Assets != int64(assets) || len(f.objects()) != assets || totals.Unowned != 0 {
		f.Errorf("%d assets, %d objects, %d of them without owner; want %d assets with an object each", totals.Assets, len(f.objects()), totals.Unowned, assets)
	}
}

// reply is an answer, decoded.
type reply struct {
	status int
	header http.Header
	body   map[string]any
	text   string
}

func (r *reply) message() string {
	failure, _ := r.body["error"].(map[string]any)
	message, _ := failure["message"].(string)
	return message
}

func (f *fixture) do(request *http.Request) *reply {
	f.Helper()
	response, err := f.server.Client().Do(request)
	if err != nil {
		f.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		f.Fatal(err)
	}
	got := &reply{status: response.StatusCode, header: response.Header, text: string(body)}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if len(body) > 0 {
		if err := decoder.Decode(&got.body); err != nil {
			f.Fatalf("the answer is no JSON object: %s", body)
		}
	}
	if got.header.Get("X-Request-Id") == "" {
		f.Error("the answer has no X-Request-Id")
	}
	return got
}

// part is an entry of a multipart body.
type part struct {
	name, filename, value string
}

func (f *fixture) multipart(path string, parts ...part) *reply {
	f.Helper()
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	for _, p := range parts {
		if p.filename == "" {
			if err := writer.WriteField(p.name, p.value); err != nil {
				f.Fatal(err)
			}
			continue
		}
		file, err := writer.CreateFormFile(p.name, p.filename)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := io.WriteString(file, p.value); err != nil {
			f.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		f.Fatal(err)
	}
	return f.post(path, writer.FormDataContentType(), &body)
}

func (f *fixture) post(path, contentType string, body io.Reader) *reply {
	f.Helper()
	request, err := http.NewRequestWithContext(f.Context(), http.MethodPost, f.server.URL+"/v1_1/"+cloud+path, body)
	if err != nil {
		f.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	return f.do(request)
}

// signed adds key, timestamp and signature to params, given as name, value, name, value.
func signed(pairs ...string) url.Values {
	params := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		params.Add(pairs[i], pairs[i+1])
	}
	if !params.Has("timestamp") {
		params.Set("timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	}
	params.Set("signature", sign.Upload(params, apiSecret))
	params.Set("api_key", apiKey)
	return params
}

func parts(params url.Values) []part {
	var list []part
	for name, values := range params {
		for _, value := range values {
			list = append(list, part{name: name, value: value})
		}
	}
	return list
}

// upload sends a signed multipart upload of content.
func (f *fixture) upload(path, filename, content string, pairs ...string) *reply {
	f.Helper()
	return f.multipart(path, append(parts(signed(pairs...)), part{"file", filename, content})...)
}

// expect fails unless the answer is a 200, and returns it.
func (f *fixture) expect(got *reply) *reply {
	f.Helper()
	if got.status != http.StatusOK {
		f.Fatalf("status %d: %s", got.status, got.text)
	}
	return got
}

// expectRefused checks status, message and the header that repeats it.
func (f *fixture) expectRefused(got *reply, status int, message string) {
	f.Helper()
	if got.status != status || got.message() != message {
		f.Errorf("answer %d %q\n    want %d %q", got.status, got.message(), status, message)
	}
	if header := got.header.Get("X-Cld-Error"); header == "" || len(message) < 100 && isASCII(message) && header != message {
		f.Errorf("X-Cld-Error is %q", header)
	}
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > '~' || r < ' ' })
}

// picture is a PNG, JPEG or GIF of a size.
func picture(format string, width, height int) string {
	canvas := image.NewNRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		for y := range height {
			canvas.Set(x, y, color.NRGBA{uint8(x * 7), uint8(y * 5), 90, 255})
		}
	}
	var b bytes.Buffer
	if err := encodePicture(&b, canvas, format); err != nil {
		panic(err)
	}
	return b.String()
}

func encodePicture(w io.Writer, canvas image.Image, format string) error {
	switch format {
	case "png":
		return png.Encode(w, canvas)
	case "jpg":
		return jpeg.Encode(w, canvas, nil)
	case "gif":
		return gif.Encode(w, canvas, nil)
	}
	return fmt.Errorf("no encoder for %s", format)
}

// goEngine is an engine of the standard library's decoders: it takes the place of the engine's process, which has tests
// of its own.
type goEngine struct {
	mu sync.Mutex
	// rendered are the requests to render.
	rendered []*engine.RenderRequest
	// assembled are the requests to assemble.
	assembled []*engine.AssembleRequest
	// analysed counts the looks at pictures.
	analysed int
	// fail, when set, is what every call gives.
	fail error
}

func (e *goEngine) Probe(_ context.Context, request engine.ProbeRequest) (*engine.ProbeResult, error) {
	if e.fail != nil {
		return nil, e.fail
	}
	header, format, err := image.DecodeConfig(io.NewSectionReader(request.File, 0, 1<<40))
	if err != nil {
		return nil, problem.BadRequest("Invalid image file")
	}
	if int64(header.Width)*int64(header.Height) > request.Limits.MaxInputPixels {
		return nil, problem.BadRequest("Image has too many pixels")
	}
	if _, _, err := image.Decode(io.NewSectionReader(request.File, 0, 1<<40)); err != nil && request.Verify {
		return nil, problem.BadRequest("Invalid image file")
	}
	return &engine.ProbeResult{Format: strings.Replace(format, "jpeg", "jpg", 1), Width: header.Width, Height: header.Height, Pages: 1}, nil
}

// Video has the real ffprobe look at it, without the sandbox.
func (e *goEngine) Video(ctx context.Context, request engine.VideoRequest) (*engine.Video, error) {
	if e.fail != nil {
		return nil, e.fail
	}
	return videoTools.Video(ctx, videotest.Launch, &request)
}

var videoTools = &video.Tools{FFprobe: "/usr/bin/ffprobe", FFmpeg: "/usr/bin/ffmpeg"}

func (e *goEngine) Frame(context.Context, *engine.FrameRequest) (*engine.RenderResult, error) {
	panic("uploads need no frames")
}

// Slideshow has the real ffmpeg make it, without the sandbox.
func (e *goEngine) Slideshow(ctx context.Context, request *engine.SlideshowRequest) (*engine.RenderResult, error) {
	if e.fail != nil {
		return nil, e.fail
	}
	output, err := engine.NewFile(nil)
	if err != nil {
		return nil, err
	}
	result, err := videoTools.Slideshow(ctx, videotest.Launch, request, output)
	if err != nil {
		return nil, errors.Join(err, output.Close())
	}
	result.Output = output
	return result, nil
}

// Script runs what it is given.
func (e *goEngine) Script(_ context.Context, request *engine.ScriptRequest) (*engine.ScriptResult, error) {
	if e.fail != nil {
		return nil, e.fail
	}
	return script.Run(request)
}

// Assemble gives the first picture, and says how many there were.
func (e *goEngine) Assemble(_ context.Context, request *engine.AssembleRequest) (*engine.RenderResult, error) {
	e.mu.Lock()
	e.assembled = append(e.assembled, request)
	e.mu.Unlock()
	if e.fail != nil {
		return nil, e.fail
	}
	source, _, err := image.Decode(io.NewSectionReader(request.Files[0], 0, 1<<40))
	if err != nil {
		return nil, problem.BadRequest("Invalid image file")
	}
	result, err := written(source, request.Format)
	if err == nil {
		result.Pages = len(request.Files)
	}
	return result, err
}

// Analyse finds a picture of one colour, with a face.
func (e *goEngine) Analyse(_ context.Context, request engine.AnalyseRequest) (*engine.Analysis, error) {
	e.mu.Lock()
	e.analysed++
	e.mu.Unlock()
	if e.fail != nil {
		return nil, e.fail
	}
	picture, _, err := image.Decode(io.NewSectionReader(request.File, 0, 1<<40))
	if err != nil {
		return nil, problem.BadRequest("Invalid image file")
	}
	r, g, b, _ := picture.At(0, 0).RGBA()
	return &engine.Analysis{
		Colors: []engine.ColorShare{{Color: fmt.Sprintf("#%02X%02X%02X", r>>8, g>>8, b>>8), Percent: 100}},
		PHash:  fmt.Sprintf("%016x", picture.Bounds().Dx()), Faces: [][4]int{{1, 2, 3, 4}},
		EXIF: map[string]string{"FNumber": "28/10"}, Metadata: map[string]string{"FNumber": "2.8"}, Illustration: 1,
		Quality:    engine.Quality{Focus: 0.5, Score: 0.25},
		Colorblind: engine.Colorblind{DistinctEdges: 1, DistinctColors: 0.5, MostIndistinctPair: [2]string{"#000000", "#ffffff"}, Score: 0.75},
	}, nil
}

// Render knows how to scale to a width, and how to encode.
func (e *goEngine) Render(_ context.Context, request *engine.RenderRequest) (*engine.RenderResult, error) {
	e.mu.Lock()
	e.rendered = append(e.rendered, request)
	e.mu.Unlock()
	if e.fail != nil {
		return nil, e.fail
	}
	source, _, err := image.Decode(io.NewSectionReader(request.Source.File, 0, 1<<40))
	if err != nil {
		return nil, problem.BadRequest("Invalid image file")
	}
	if len(request.Plan.Components) > 0 && request.Plan.Components[0].Resize != nil {
		width := int(request.Plan.Components[0].Resize.Width.Value)
		source = image.NewNRGBA(image.Rect(0, 0, width, width*source.Bounds().Dy()/source.Bounds().Dx()))
	}
	return written(source, request.Format)
}

// written is a picture in a file that is gone when it is closed.
func written(source image.Image, format string) (*engine.RenderResult, error) {
	output, err := os.CreateTemp("", "rendered")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(output.Name()); err != nil {
		return nil, err
	}
	if err := encodePicture(output, source, format); err != nil {
		return nil, err
	}
	size, err := output.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	return &engine.RenderResult{Output: output, Bytes: size, Format: format, Width: source.Bounds().Dx(), Height: source.Bounds().Dy(), Pages: 1}, nil
}

var _ engine.Engine = (*goEngine)(nil)
