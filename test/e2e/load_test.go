package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"image/png"
	"maps"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Bounds of a load.
const (
	// loadWorkers upload, and as many deliver.
	loadWorkers = 2
	// breather is the pause of a worker between two requests.
	breather = 20 * time.Millisecond
	// longestRequest is how long any request may take, whatever is broken.
	longestRequest = 60 * time.Second
)

// load is a steady load of uploads and deliveries through the Service.
type load struct {
	binding map[string]string
	content func() []byte

	cancel context.CancelFunc
	group  sync.WaitGroup

	mu sync.Mutex
	// stored are the MD5s of acknowledged uploads by public ID, delivered those of derived files as first served by URL.
	stored, delivered map[string]string
	ids               []string
	// outcomes counts requests by kind and outcome.
	outcomes map[string]int
	// failed are requests that did not succeed; wrong are answers that must never be, whatever is broken.
	failed, wrong []string
	slowest       time.Duration
	// answered is when a delivery last succeeded, gap the longest time without.
	answered time.Time
	gap      time.Duration
}

// startLoad begins a load: some that upload, and some that deliver what a picture named seed gives and what was uploaded,
// one request after the other.
func startLoad(ctx context.Context, binding map[string]string, content func() []byte) *load {
	ctx, cancel := context.WithCancel(ctx)
	l := &load{
		binding: binding, content: content, cancel: cancel,
		stored: map[string]string{}, delivered: map[string]string{}, outcomes: map[string]int{}, answered: time.Now(),
	}
	for worker := range loadWorkers {
		cld := sdk(binding["CLOUDINARY_URL"])
		l.group.Go(func() {
			for i := 0; rest(ctx); i++ {
				publicID, content := fmt.Sprintf("load-%d-%d", worker, i), l.content()
				began := time.Now()
				_, err := upload(ctx, cld, publicID, content)
				l.note(ctx, "upload", publicID, began, err)
				if err == nil {
					l.store(publicID, sum(content))
				}
			}
		})
		l.group.Go(func() {
			for i := 0; rest(ctx); i++ {
				path, want := l.choose(i, worker)
				began := time.Now()
				l.note(ctx, "delivery", path, began, l.deliver(ctx, path, want))
			}
		})
	}
	return l
}

func rest(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(breather):
		return true
	}
}

// choose picks what to deliver: an upload, a derived file that is there, or a new one; with its MD5, where it is known.
func (l *load) choose(i, worker int) (path, want string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case i%3 == 0 && len(l.ids) > 0:
		publicID := l.ids[mathrand.N(len(l.ids))]
		return publicID + ".png", l.stored[publicID]
	case i%3 == 1:
		path = "c_fill,h_90,w_120/seed.jpg"
	default:
		path = fmt.Sprintf("c_fill,h_90,w_%d/seed.jpg", 20+(2*i+worker)%1000)
	}
	return path, l.delivered[path]
}

// errWrong is an answer that must never be.
var errWrong = errors.New("wrong")

// deliver fetches a path. A whole answer that is not what it should be is errWrong.
func (l *load) deliver(ctx context.Context, path, want string) error {
	response, err := get(ctx, delivery(l.binding, "/image/upload/"+path))
	if err != nil {
		return err
	}
	got := sum(response.body)
	switch {
	case response.status == http.StatusOK && response.header.Get("ETag") != `"`+got+`"`:
		return fmt.Errorf("%w: %d bytes with MD5 %s under ETag %s", errWrong, len(response.body), got, response.header.Get("ETag"))
	case response.status == http.StatusOK && want != "" && got != want:
		return fmt.Errorf("%w: %d bytes with MD5 %s, not %s", errWrong, len(response.body), got, want)
	case response.status == http.StatusOK:
		l.mu.Lock()
		defer l.mu.Unlock()
		if strings.Contains(path, "/") && l.delivered[path] == "" {
			l.delivered[path] = got
		}
		return nil
	case response.status >= http.StatusInternalServerError || response.status == http.StatusTooManyRequests:
		return fmt.Errorf("%d %s", response.status, response.header.Get("X-Cld-Error"))
	}
	return fmt.Errorf("%w: %d %s", errWrong, response.status, response.header.Get("X-Cld-Error"))
}

// note counts a request, unless the load is over.
func (l *load) note(ctx context.Context, kind, what string, began time.Time, err error) {
	if err != nil && ctx.Err() != nil {
		return
	}
	took := time.Since(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slowest = max(l.slowest, took)
	l.outcomes[kind+": "+outcome(err)]++
	if kind == "delivery" && err == nil {
		l.gap = max(l.gap, time.Since(l.answered))
		l.answered = time.Now()
	}
	if err == nil {
		return
	}
	line := strings.Join([]string{began.Format(time.TimeOnly), kind, what, "after", took.Round(time.Millisecond).String(), err.Error()}, " ")
	l.failed = append(l.failed, line)
	if errors.Is(err, errWrong) || took >= longestRequest {
		l.wrong = append(l.wrong, line)
	}
}

// outcome names how a request ended, as its client saw it.
func outcome(err error) string {
	opening, isOpening := errors.AsType[*net.OpError](err)
	network, isNetwork := errors.AsType[net.Error](err)
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, errWrong):
		return "wrong"
	case errors.Is(err, syscall.ECONNREFUSED), isOpening && opening.Op == "dial":
		return "no connection"
	case isNetwork && network.Timeout():
		return "no answer in time"
	case isOpening, isNetwork, strings.HasSuffix(err.Error(), "EOF"):
		return "connection broke"
	}
	return "clear error"
}

func (l *load) store(publicID, md5 string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stored[publicID] = md5
	l.ids = append(l.ids, publicID)
}

// uploads is how many uploads were acknowledged.
func (l *load) uploads() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ids)
}

// stop ends the load.
func (l *load) stop() {
	l.cancel()
	l.group.Wait()
}

// lost are the acknowledged uploads that are not delivered with their bytes, after the load has ended.
func (l *load) lost(ctx context.Context) (lost []string) {
	for publicID, want := range l.stored {
		if err := l.deliver(ctx, publicID+".png", want); err != nil {
			lost = append(lost, publicID+": "+err.Error())
		}
	}
	return lost
}

// String is the load in figures.
func (l *load) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "uploads acknowledged: %d\n", len(l.ids))
	for _, name := range slices.Sorted(maps.Keys(l.outcomes)) {
		fmt.Fprintf(&b, "%s: %d\n", name, l.outcomes[name])
	}
	fmt.Fprintf(&b, "longest request: %s\nlongest time without a delivery: %s", l.slowest.Round(10*time.Millisecond), l.gap.Round(10*time.Millisecond))
	return b.String()
}

// noisePicture is a small PNG like no other.
func noisePicture() []byte {
	canvas := image.NewNRGBA(image.Rect(0, 0, 48, 48))
	_, _ = rand.Read(canvas.Pix) // Never fails.
	var b bytes.Buffer
	if err := png.Encode(&b, canvas); err != nil {
		panic(err)
	}
	return b.Bytes()
}
