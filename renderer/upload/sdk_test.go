package upload

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2"
	"github.com/cloudinary/cloudinary-go/v2/api"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// sdk is the official Go SDK, configured by nothing but its URL.
func (f *fixture) sdk(query string) *cloudinary.Cloudinary {
	f.Helper()
	client, err := cloudinary.NewFromURL("cloudinary://" + apiKey + ":" + apiSecret + "@" + cloud + "?upload_prefix=" + url.QueryEscape(f.server.URL) + query)
	if err != nil {
		f.Fatal(err)
	}
	return client
}

func TestSDKUploads(t *testing.T) {
	content := picture("png", 24, 10)
	file := filepath.Join(t.TempDir(), "my photo.png")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, content) }))
	defer origin.Close()
	for _, test := range []struct {
		title    string
		file     any
		original string
	}{
		{"path", file, "my photo"},
		{"reader", strings.NewReader(content), "file"},
		{"section reader", io.NewSectionReader(strings.NewReader(content), 0, int64(len(content))), "file"},
		{"data URI", dataURI(content), "file"},
		{"URL", origin.URL + "/a/remote%20photo.png?x=1", "remote photo"},
	} {
		for _, query := range []string{"", "&signature_algorithm=sha256", "&signature_version=1"} {
			t.Run(test.title+query, func(t *testing.T) {
				f := newFixture(t)
				if seeker, ok := test.file.(io.Seeker); ok {
					if _, err := seeker.Seek(0, io.SeekStart); err != nil {
						t.Fatal(err)
					}
				}
				got, err := f.sdk(query).Upload.Upload(t.Context(), test.file, uploader.UploadParams{
					PublicID:        "front face",
					Folder:          "b=c",
					Tags:            api.CldAPIArray{"b", "a"},
					Context:         api.CldAPIMap{"alt": "A face & more"},
					FaceCoordinates: api.Coordinates{{1, 2, 3, 4}, {5, 6, 7, 8}},
					UseFilename:     new(true),
					Overwrite:       new(true),
				})
				if err != nil || got.Error.Message != "" {
					t.Fatalf("upload: %v %s", err, got.Error.Message)
				}
				if got.PublicID != "b=c/front face" || got.Width != 24 || got.Height != 10 || got.Format != "png" || got.ResourceType != "image" ||
					got.OriginalFilename != test.original || got.CreatedAt.IsZero() || strings.Join(got.Tags, ",") != "a,b" || got.Bytes != len(content) {
					t.Errorf("result %+v", got)
				}
				asset, err := f.library.AssetByID(t.Context(), got.AssetID)
				if err != nil || len(asset.Faces) != 2 || asset.Faces[1] != [4]int{5, 6, 7, 8} || asset.Context["alt"] != "A face & more" {
					t.Errorf("stored %+v %v", asset, err)
				}
				if query != "&signature_algorithm=sha256" && !f.sdk(query).Upload.VerifyApiResponseSignature(got.PublicID, strconv.Itoa(got.Version), got.Signature) {
					t.Error("the SDK does not accept the signature of the answer")
				}
				f.expectStored(1)
			})
		}
	}
}

func TestSDKUnsignedAndDestroy(t *testing.T) {
	f := newFixture(t)
	client := f.sdk("")
	got, err := client.Upload.UnsignedUpload(t.Context(), strings.NewReader("some text"), "unsigned", uploader.UploadParams{PublicID: "notes.txt"})
	if err != nil || got.Error.Message != "" || got.PublicID != "notes.txt" || got.ResourceType != "raw" {
		t.Fatalf("unsigned upload: %+v %v", got, err)
	}
	destroyed, err := client.Upload.Destroy(t.Context(), uploader.DestroyParams{PublicID: "notes.txt", ResourceType: "raw", Invalidate: new(true)})
	if err != nil || destroyed.Result != "ok" {
		t.Errorf("destroy: %+v %v", destroyed, err)
	}
	destroyed, err = client.Upload.Destroy(t.Context(), uploader.DestroyParams{PublicID: "notes.txt"})
	if err != nil || destroyed.Result != "not found" {
		t.Errorf("destroy again: %+v %v", destroyed, err)
	}
}

func TestSDKErrors(t *testing.T) {
	f := newFixture(t)
	f.snapshot.Environment.FetchAllowedCIDRs = nil
	client := f.sdk("")
	got, err := client.Upload.Upload(t.Context(), bytes.NewReader([]byte("no image")), uploader.UploadParams{ResourceType: "image"})
	if err != nil || got.Error.Message != "Invalid image file" {
		t.Errorf("result %+v %v", got.Error, err)
	}
	client.Config.Cloud.APISecret = "wrong"
	client.Upload.Config.Cloud.APISecret = "wrong"
	got, err = client.Upload.Upload(t.Context(), strings.NewReader(picture("png", 3, 3)), uploader.UploadParams{})
	if err != nil || !strings.HasPrefix(got.Error.Message, "Invalid Signature ") {
		t.Errorf("result %+v %v", got.Error, err)
	}
	f.expectStored(0)
}

func TestRemoteFiles(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/ok.png", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, picture("png", 3, 3)) })
	mux.HandleFunc("/gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20+1)) })
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "abc")
	})
	mux.HandleFunc("/empty", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
	})
	origin := httptest.NewServer(mux)
	defer origin.Close()
	f := newFixture(t)
	send := func(target string, pairs ...string) *reply {
		params := signed(pairs...)
		params.Set("file", target)
		return f.post("/auto/upload", "", strings.NewReader(params.Encode()))
	}
	f.expect(send(origin.URL+"/ok.png", "public_id", "x"))
	for _, path := range []string{"/gone", "/broken", "/short", "/elsewhere"} {
		got := send(origin.URL + path)
		if got.status != 400 || !strings.HasPrefix(got.message(), "Error in loading "+origin.URL+path+" - ") {
			t.Errorf("%s: answer %d %s", path, got.status, got.message())
		}
	}
	if got := send(origin.URL + "/large"); got.status != 400 || !strings.HasPrefix(got.message(), "File size too large. Got ") {
		t.Errorf("answer %d %s", got.status, got.message())
	}
	f.expectRefused(send(origin.URL+"/empty"), 400, "Empty file")
	f.snapshot.Environment.FetchAllowedCIDRs = nil
	if got := send(origin.URL + "/ok.png"); got.status != 400 || !strings.HasPrefix(got.message(), "Error in loading ") {
		t.Errorf("closed network: answer %d %s", got.status, got.message())
	}
	f.snapshot.Environment.FetchCABundle = "no PEM"
	if got := send(origin.URL + "/ok.png"); got.status != 500 {
		t.Errorf("broken CA bundle: answer %d %s", got.status, got.message())
	}
	f.expectStored(1)
}

func TestNothingIsFetchedForStrangers(t *testing.T) {
	asked := false
	origin := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer origin.Close()
	f := newFixture(t)
	params := signed()
	params.Set("file", origin.URL)
	params.Set("signature", "0")
	if got := f.post("/image/upload", "", strings.NewReader(params.Encode())); got.status != 401 {
		t.Errorf("answer %d", got.status)
	}
	if asked {
		t.Error("the remote file was fetched before the signature was checked")
	}
}

func TestEngineProblemsReachTheClient(t *testing.T) {
	for _, test := range []struct {
		fail    error
		status  int
		message string
	}{
		{problem.BadRequest("Image is too large"), 400, "Image is too large"},
		{problem.Busy(3), 429, "Too many requests are being rendered, try again later"},
		{problem.Unavailable("The engine", io.ErrUnexpectedEOF), 500, "The engine is unavailable, try again later"},
		{io.ErrUnexpectedEOF, 500, "General Error"},
	} {
		f := newFixture(t)
		f.engine.fail = test.fail
		f.expectRefused(f.upload("/auto/upload", "a.png", picture("png", 3, 3)), test.status, test.message)
		f.expectStored(0)
	}
}
