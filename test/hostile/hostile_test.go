package hostile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/config"
	"github.com/darkroom-media/darkroom/renderer/sign"
	"github.com/darkroom-media/darkroom/test/standalone"
)

const (
	// deadline is that of a job.
	deadline = 3 * time.Second
	// patience bounds what one request may cost, on a busy machine, too: a job may wait for a child as long as it may run, and
	// others that are turned away come again.
	patience = 60 * time.Second
	// memoryBound is the most that a process that decodes may hold, in bytes: the limit of its private memory where nothing
	// else is said, and the files and libraries that it has mapped.
	memoryBound = 2<<30 + 256<<20
)

// TestCorpus sends every file to a running renderer, as a picture and as whatever it may be, and asks for pictures derived of
// those that it took. None may take it down, keep it busy, hold more memory than there is for one, leave something behind, or
// be answered by anything but a picture or a clear 4xx, while others are served.
func TestCorpus(t *testing.T) {
	lure := newLure(t)
	renderer, dir := start(t)
	files := Corpus(wholePictures(t, renderer), lure.url)
	meter := startMeter(t, renderer.Process())
	supervisor, _ := engine(renderer.Process())
	before := [2]int{descriptors(renderer.Process()), descriptors(supervisor)}
	others := startOthers(t, renderer)
	for i, file := range files {
		t.Run(file.Name, func(t *testing.T) {
			hostile := &attempt{t: t, renderer: renderer, file: file, id: fmt.Sprintf("hostile-%d", i)}
			hostile.run()
			if most := meter.take(renderer.Process()); most > memoryBound {
				t.Errorf("%d MB of memory were held", most>>20)
			} else if most > 500<<20 {
				t.Logf("%d MB of memory were held", most>>20)
			}
		})
	}
	others.finish()
	alive(t, renderer)
	if visits := lure.visits.Load(); visits > 0 {
		t.Errorf("%d connections to what files refer to", visits)
	}
	if after, _ := engine(renderer.Process()); after != supervisor {
		t.Errorf("the supervisor %d was replaced by %d", supervisor, after)
	}
	checkLeftovers(t, renderer, dir, supervisor, before)
}

// start runs a renderer whose temporary files have a folder of their own.
func start(t *testing.T) (*standalone.Renderer, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "darkroom-hostile-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	temporary := filepath.Join(dir, "tmp")
	if err := os.Mkdir(temporary, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	binaries, err := standalone.Build(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temporary)
	renderer, err := binaries.Start(ctx, dir, func(c *config.Config) { c.Engine.Deadline = config.Duration(deadline) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		renderer.Stop()
		if t.Failed() {
			t.Log(renderer.Log()[max(0, len(renderer.Log())-20_000):])
		}
	})
	return renderer, dir
}

// attempt is one file on its way through the renderer.
type attempt struct {
	t        *testing.T
	renderer *standalone.Renderer
	file     File
	id       string
}

func (a *attempt) run() {
	objects := filepath.Join(filepath.Dir(a.renderer.LogFile()), "bucket", "originals")
	stored := len(filesBelow(a.t, objects))
	taken := a.upload("image", a.id)
	switch {
	case taken && a.file.Refused:
		a.t.Error("it was taken for a picture")
	case !taken:
		if now := len(filesBelow(a.t, objects)); now != stored {
			a.t.Errorf("%d objects of a refused file were left", now-stored)
		}
	}
	a.upload("auto", a.id+"-auto")
	if !taken {
		return
	}
	a.original()
	for _, variant := range []struct{ path, contentType string }{
		{"c_scale,w_40/" + a.id + ".png", "image/png"},
		{"c_fill,g_auto,h_40,w_50/e_sepia/r_max/" + a.id + ".webp", "image/webp"},
		{"fl_animated.awebp,h_30/e_boomerang/fl_keep_attribution/" + a.id + ".webp", "image/webp"},
		{"pg_2/w_30/" + a.id + ".jpg", "image/jpeg"},
		{"fl_keep_iptc,q_auto/" + a.id + ".jpg", "image/jpeg"},
		{"fl_getinfo/" + a.id + ".png", "application/json"},
		{"l_" + a.id + ",w_20/fl_layer_apply/good.png", "image/png"},
	} {
		a.derive(variant.path, variant.contentType)
	}
}

// upload sends the file and tells whether it was taken.
func (a *attempt) upload(resourceType, id string) bool {
	a.t.Helper()
	name := a.file.As
	if name == "" {
		name = "file"
	}
	status, header, answer, err := send(a.renderer, resourceType, url.Values{"public_id": {id}}, name, a.file.Data)
	if err != nil {
		a.t.Fatalf("no answer: %v", err)
	}
	late := status == http.StatusInternalServerError && bytes.Contains(answer, []byte(tookTooLong))
	switch {
	case status == http.StatusOK:
		return true
	case status == http.StatusBadRequest || late:
		if header.Get("X-Cld-Error") == "" || !bytes.Contains(answer, []byte(`"message":`)) {
			a.t.Errorf("%s: %d without a reason: %s", resourceType, status, answer)
		}
		return false
	}
	a.t.Errorf("%s: %d: %s", resourceType, status, answer)
	return false
}

// send uploads bytes under a name, signed. The name goes as it is: what a client may send is not what a library would.
func send(renderer *standalone.Renderer, resourceType string, params url.Values, name string, data []byte) (int, http.Header, []byte, error) {
	params.Set("timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	params.Set("signature", sign.Upload(params, standalone.APISecret))
	params.Set("api_key", standalone.APIKey)
	var body bytes.Buffer
	for key, values := range params {
		fmt.Fprintf(&body, "--x\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", key, values[0])
	}
	fmt.Fprintf(&body, "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\nContent-Type: application/octet-stream\r\n\r\n", name)
	body.Write(data)
	body.WriteString("\r\n--x--\r\n")
	return ask(http.MethodPost, renderer.URL+"/v1_1/demo/"+resourceType+"/upload", "multipart/form-data; boundary=x", body.Bytes())
}

// tookTooLong is the reason of a job that was killed at its deadline.
const tookTooLong = "The picture took too long to process"

// original asks for the stored bytes: they come back as they are, and as nothing that a browser would run.
func (a *attempt) original() {
	a.t.Helper()
	status, header, body := a.get(a.renderer.URL + "/demo/image/upload/" + a.id)
	if status != http.StatusOK || !bytes.Equal(body, a.file.Data) {
		a.t.Errorf("the original: %d, %d bytes of %d", status, len(body), len(a.file.Data))
	}
	kind := header.Get("Content-Type")
	if header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(kind, "image/") && kind != "application/pdf" {
		a.t.Errorf("the original is delivered as %q, %q", kind, header.Get("X-Content-Type-Options"))
	}
	if strings.Contains(kind, "svg") && !strings.Contains(header.Get("Content-Security-Policy"), "script-src 'none'") {
		a.t.Errorf("scripts may run: %q", header.Get("Content-Security-Policy"))
	}
}

// derive asks for a derived picture: a picture, or a 4xx or a deadline with its reason.
func (a *attempt) derive(path, contentType string) {
	a.t.Helper()
	status, header, _ := a.get(a.renderer.URL + "/demo/image/upload/" + path)
	switch {
	case status == http.StatusOK && header.Get("Content-Type") == contentType:
	case (status == http.StatusBadRequest || status == http.StatusGatewayTimeout) && header.Get("X-Cld-Error") != "":
	default:
		a.t.Errorf("%s: %d %s, X-Cld-Error %q", path, status, header.Get("Content-Type"), header.Get("X-Cld-Error"))
	}
}

func (a *attempt) get(address string) (int, http.Header, []byte) {
	a.t.Helper()
	status, header, answer, err := ask(http.MethodGet, address, "", nil)
	if err != nil {
		a.t.Fatalf("no answer: %v", err)
	}
	return status, header, answer
}

// ask sends a request, again for as long as it is turned away because others are being served.
func ask(method, address, contentType string, body []byte) (int, http.Header, []byte, error) {
	client := http.Client{Timeout: patience}
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		request, err := http.NewRequest(method, address, bytes.NewReader(body)) //nolint:noctx // the client bounds the time
		if err != nil {
			return 0, nil, nil, err
		}
		if contentType != "" {
			request.Header.Set("Content-Type", contentType)
		}
		response, err := client.Do(request)
		if err != nil {
			return 0, nil, nil, err
		}
		answer, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		busy := response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable || response.StatusCode == 420
		if err != nil || !busy || time.Now().After(end) {
			return response.StatusCode, response.Header, answer, err
		}
	}
}

// lure is a server that nobody must come to.
type lure struct {
	url    string
	visits atomic.Int64
}

func newLure(t *testing.T) *lure {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &lure{url: "http://" + listener.Addr().String() + "/x.png"}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			l.visits.Add(1)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close() })
	return l
}

// others are requests that have nothing to do with what is hostile: they are answered all the time.
type others struct {
	t      *testing.T
	stop   chan struct{}
	done   sync.WaitGroup
	served atomic.Int64
}

func startOthers(t *testing.T, renderer *standalone.Renderer) *others {
	t.Helper()
	o := &others{t: t, stop: make(chan struct{})}
	o.done.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-o.stop:
				return
			case <-time.After(50 * time.Millisecond):
			}
			// One that is stored, and one that has to be rendered.
			for _, path := range []string{"/demo/image/upload/good", fmt.Sprintf("/demo/image/upload/w_30,x_%d/good.png", i%1000)} {
				status, header, _, err := ask(http.MethodGet, renderer.URL+path, "", nil)
				if err != nil {
					t.Errorf("another request: %v", err)
					return
				}
				if status != http.StatusOK {
					t.Errorf("another request: %d %s", status, header.Get("X-Cld-Error"))
				}
				o.served.Add(1)
			}
		}
	})
	return o
}

func (o *others) finish() {
	close(o.stop)
	o.done.Wait()
	if o.served.Load() < 10 {
		o.t.Errorf("only %d others were served", o.served.Load())
	}
}

// alive asks the front, and the engine with it, whether they are ready.
func alive(t *testing.T, renderer *standalone.Renderer) {
	t.Helper()
	eventually(t, "a renderer that is ready", func() bool {
		response, err := http.Get(renderer.Internal + "/readyz") //nolint:noctx // the server is ours
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// checkLeftovers looks for temporary files and open descriptors that nobody needs any more.
func checkLeftovers(t *testing.T, renderer *standalone.Renderer, dir string, supervisor int, before [2]int) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	// What a renderer keeps open by design: connections to its database.
	const spare = 12
	for i, id := range []int{renderer.Process(), supervisor} {
		eventually(t, fmt.Sprintf("as few descriptors as before, %d, of process %d", before[i], id), func() bool { return descriptors(id) <= before[i]+spare })
	}
	eventually(t, "no temporary files", func() bool { return len(filesBelow(t, filepath.Join(dir, "tmp"))) == 0 })
	for path := range filesBelow(t, dir) {
		if strings.HasSuffix(path, ".tmp") {
			t.Errorf("%s was left", path)
		}
	}
}

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Errorf("in vain waited for: %s", what)
}
