package notify

import (
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/jobs"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/test/port"
	"github.com/darkroom-media/darkroom/test/stores"
)

var databases stores.Stores

func TestMain(m *testing.M) { os.Exit(databases.Main(m)) }

func each(t *testing.T, run func(t *testing.T, l *library.Library)) {
	t.Helper()
	databases.Each(t, run)
}

// clock runs ahead of the real one, by which the library enqueues.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// received is a notification as a receiver got it.
type received struct {
	body   string
	header http.Header
}

// receiver is a server that notes what it gets and answers as it is told.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	received []received
	answer   func(w http.ResponseWriter, r *http.Request)
}

func newReceiver(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil || request.Method != http.MethodPost {
			t.Errorf("%s: %v", request.Method, err)
		}
		r.mu.Lock()
		r.received = append(r.received, received{string(body), request.Header})
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(w, request)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) set(answer func(w http.ResponseWriter, r *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.received...)
}

func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// verify checks a notification as an SDK does.
func verify(t *testing.T, got received, secret string, now time.Time) {
	t.Helper()
	timestamp, err := strconv.ParseInt(got.header.Get("X-Cld-Timestamp"), 10, 64)
	if err != nil || timestamp < now.Unix()-7200 || timestamp > now.Unix()+60 {
		t.Errorf("timestamp %q at %d", got.header.Get("X-Cld-Timestamp"), now.Unix())
	}
	sum := sha1.Sum([]byte(got.body + strconv.FormatInt(timestamp, 10) + secret))
	if signature := got.header.Get("X-Cld-Signature"); signature != hex.EncodeToString(sum[:]) {
		t.Errorf("signature %q of %s", signature, got.body)
	}
	if contentType := got.header.Get("Content-Type"); contentType != "application/json" {
		t.Errorf("Content-Type %q", contentType)
	}
}

func snapshotWith(triggers ...catalog.Trigger) *catalog.Snapshot {
	return &catalog.Snapshot{
		Environment: catalog.Environment{CloudName: "demo", FetchAllowedCIDRs: []string{"127.0.0.0/8"}},
		Keys:        map[string]catalog.Key{"111": {APIKey: "111", APISecret: "old"}, "000": {APIKey: "000", APISecret: "new"}},
		PrimaryKey:  "111",
		Triggers:    triggers,
	}
}

// live is a catalog that can be changed.
type live struct {
	mu       sync.Mutex
	snapshot *catalog.Snapshot
}

func (l *live) Current() *catalog.Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.snapshot
}

func (l *live) set(snapshot *catalog.Snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.snapshot = snapshot
}

// post is a running post office.
type post struct {
	library *library.Library
	catalog *live
	clock   *clock
	tick    chan time.Time
	stop    func()
}

func newPost(t *testing.T, l *library.Library, c *clock, reports *Reports, snapshot *catalog.Snapshot, timeout time.Duration) *post {
	t.Helper()
	p := &post{library: l, catalog: &live{snapshot: snapshot}, clock: c, tick: make(chan time.Time)}
	sender := NewSender(SenderOptions{Catalog: p.catalog, Reports: reports, Timeout: timeout, Now: c.now})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() {
		ended <- jobs.Run(ctx, jobs.RunOptions{
			Queue: l, Kinds: map[string]jobs.Kind{JobKind: sender.Kind()}, Workers: 4, PerLane: 2, Tick: p.tick, Now: c.now,
		})
	}()
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(p.stop)
	return p
}

// send enqueues an event as the APIs do.
func (p *post) send(t *testing.T, event Event, callURL string) {
	t.Helper()
	enqueued, err := Jobs(event, Targets(p.catalog.Current(), event.Type, callURL), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.library.EnqueueJobs(t.Context(), enqueued); err != nil {
		t.Fatal(err)
	}
}

func (p *post) pending(t *testing.T) []*library.Job {
	t.Helper()
	waiting, err := p.library.PendingJobs(t.Context(), JobKind, 100)
	if err != nil {
		t.Fatal(err)
	}
	return waiting
}

// list are the dead letters, or else the jobs that are to run.
func (p *post) list(t *testing.T, dead bool) []*library.Job {
	t.Helper()
	found, _, err := p.library.ListJobs(t.Context(), library.JobList{Kind: JobKind, Dead: dead})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// settled waits until nobody works.
func (p *post) settled(t *testing.T, waiting int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d jobs to wait", waiting), func() bool {
		list := p.pending(t)
		for _, job := range list {
			if job.LockedBy != "" || job.Attempts == 0 {
				return false
			}
		}
		return len(list) == waiting
	})
}

func asset() *library.Asset {
	return &library.Asset{AssetID: "id", ResourceType: library.Image, Type: "upload", PublicID: "a/b", Version: 7, AssetFolder: "f", DisplayName: "B"}
}

func TestTargets(t *testing.T) {
	snapshot := snapshotWith(
		catalog.Trigger{Name: "uploads", EventType: "upload", URI: "u"},
		catalog.Trigger{Name: "everything", EventType: "all", URI: "e"},
		catalog.Trigger{Name: "also", EventType: "upload", URI: "a", Additive: true},
		catalog.Trigger{Name: "deletions", EventType: "delete", URI: "d"},
	)
	for name, test := range map[string]struct{ event, callURL, want string }{
		"an upload":                {"upload", "", "[{u uploads 0} {e everything 0} {a also 0}]"},
		"a deletion":               {"delete", "", "[{e everything 0} {d deletions 0}]"},
		"a renaming":               {"rename", "", "[{e everything 0}]"},
		"an upload with its URL":   {"upload", "call", "[{call  0} {a also 0}]"},
		"a deletion with its URL":  {"delete", "call", "[{call  0}]"},
		"an event that is nothing": {"", "", "[{e everything 0}]"},
	} {
		if got := fmt.Sprint(Targets(snapshot, test.event, test.callURL)); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestNothingIsSentToClosedAddresses(t *testing.T) {
	snapshot := snapshotWith(
		catalog.Trigger{Name: "inside", EventType: "upload", URI: "http://10.1.2.3/hook"},
		catalog.Trigger{Name: "local", EventType: "all", URI: "http://localhost:80"},
		catalog.Trigger{Name: "opened", EventType: "upload", URI: "http://10.9.2.3/hook"},
		catalog.Trigger{Name: "aliased", EventType: "upload", URI: "http://hooks.internal/"},
		catalog.Trigger{Name: "outside", EventType: "upload", URI: "https://example.com"},
	)
	snapshot.Environment.FetchAllowedCIDRs = []string{"10.9.0.0/16"}
	snapshot.Environment.FetchHostAliases = map[string]string{"hooks.internal": "10.9.0.1"}
	if got := fmt.Sprint(Targets(snapshot, "upload", "")); got != "[{http://10.9.2.3/hook opened 0} {http://hooks.internal/ aliased 0} {https://example.com outside 0}]" {
		t.Errorf("told: %s", got)
	}
}

func TestCheckURL(t *testing.T) {
	for rawURL, fine := range map[string]bool{
		"https://example.com/a?b=c": true, "http://hooks.default.svc": true, "ftp://example.com": false, "example.com": false,
		"https://": false, "https://%zz": false, "https://example.com/" + strings.Repeat("a", 3000): false,
	} {
		if err := CheckURL("notification_url", rawURL); (err == nil) != fine {
			t.Errorf("%.40s: %v", rawURL, err)
		}
	}
}

func TestSignedBodiesOfEveryEvent(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		r := newReceiver(t, nil)
		p := newPost(t, l, &clock{}, nil, snapshotWith(catalog.Trigger{Name: "all", EventType: "all", URI: r.URL}), 0)
		at := time.Date(2026, 1, 31, 4, 14, 53, 120000000, time.UTC)
		const context = `"notification_context":{"triggered_at":"2026-01-31T04:14:53.120000Z","triggered_by":{"id":"333","source":"api"}}`
		for i, test := range []struct {
			event Event
			want  string
		}{
			{
				Event{Type: Delete, At: at, APIKey: "333", Fields: DeletedFields(asset())},
				`{` + context + `,"notification_type":"delete","resources":[{"asset_folder":"f","asset_id":"id","display_name":"B","public_id":"a/b","resource_type":"image","type":"upload","version":7}],"signature_key":"111"}`,
			},
			{
				Event{Type: Rename, At: at, APIKey: "333", RequestID: "r", Fields: RenamedFields(asset(), "x")},
				`{"asset_folder":"f","asset_id":"id","display_name":"B","from_public_id":"x",` + context + `,"notification_type":"rename","request_id":"r","resource_type":"image","signature_key":"111","timestamp":"2026-01-31T04:14:53+00:00","to_public_id":"a/b","type":"upload"}`,
			},
			{
				Event{Type: Upload, At: at, APIKey: "333", RequestID: "r", Fields: map[string]any{"public_id": "ü<&>\u2028", "bytes": int64(1) << 60}},
				`{"bytes":1152921504606846976,` + context + `,"notification_type":"upload","public_id":"ü\u003c\u0026\u003e\u2028","request_id":"r","signature_key":"111","timestamp":"2026-01-31T04:14:53+00:00"}`,
			},
		} {
			p.send(t, test.event, "")
			eventually(t, test.event.Type, func() bool { return len(r.all()) == i+1 })
			got := r.all()[i]
			verify(t, got, "old", time.Now())
			if got.body != test.want {
				t.Errorf("%s:\n got %s\nwant %s", test.event.Type, got.body, test.want)
			}
		}
		p.settled(t, 0)
	})
}

// TestTheKeyForWebhooksSigns has a key of that purpose sign, and the oldest one again when it is disabled.
func TestTheKeyForWebhooksSigns(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		c := &clock{}
		r := newReceiver(t, status(http.StatusOK))
		snapshot := snapshotWith(catalog.Trigger{Name: "hook", EventType: "upload", URI: r.URL})
		snapshot.WebhookKey = "000"
		p := newPost(t, l, c, nil, snapshot, 0)
		for i, secret := range []string{"new", "old"} {
			if secret == "old" {
				disabled := *snapshot
				disabled.Keys = map[string]catalog.Key{"111": snapshot.Keys["111"]}
				p.catalog.set(&disabled)
			}
			p.send(t, Event{Type: Upload, At: c.now(), Fields: map[string]any{"public_id": "a"}}, "")
			eventually(t, "the notification", func() bool { return len(r.all()) == i+1 })
			got := r.all()[i]
			verify(t, got, secret, c.now())
			if signer := map[string]string{"new": `"signature_key":"000"`, "old": `"signature_key":"111"`}[secret]; !strings.Contains(got.body, signer) {
				t.Errorf("the body does not say that %s has signed: %s", signer, got.body)
			}
		}
	})
}

func TestRetriesSignAnewUntilTheyAreGivenUp(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		c := &clock{}
		r := newReceiver(t, status(http.StatusInternalServerError))
		board := &board{}
		reports := newReports(t, board, l, c)
		p := newPost(t, l, c, reports.Reports, snapshotWith(catalog.Trigger{Name: "hook", EventType: "upload", URI: r.URL}), 0)
		p.send(t, Event{Type: Upload, At: c.now(), Fields: map[string]any{"public_id": "a"}}, "")
		p.settled(t, 1)
		for attempt, wait := range []time.Duration{3 * time.Minute, 6 * time.Minute, 9 * time.Minute} {
			c.advance(wait - 20*time.Second)
			p.tick <- time.Now()
			p.tick <- time.Now()
			if got := len(r.all()); got != attempt+1 {
				t.Fatalf("%d attempts %s after the last", got, wait-20*time.Second)
			}
			c.advance(30 * time.Second)
			p.tick <- time.Now()
			eventually(t, "the next attempt", func() bool { return len(r.all()) == attempt+2 })
			p.settled(t, min(1, 2-attempt))
		}
		seen := map[string]bool{}
		for _, got := range r.all() {
			verify(t, got, "old", c.now())
			seen[got.header.Get("X-Cld-Signature")] = true
		}
		if len(seen) != 4 {
			t.Errorf("%d signatures of 4 attempts", len(seen))
		}
		dead, err := l.DeadJobs(t.Context(), JobKind, 10)
		if err != nil || len(dead) != 1 || dead[0].LastError != "the server answered 500 Internal Server Error" {
			t.Errorf("dead letters %+v, %v", dead, err)
		}
		c.advance(reportEvery)
		reports.tick <- time.Now()
		reports.tick <- time.Now()
		if sum := board.sum(); sum.Failed != 4 || sum.GivenUp != 1 || sum.FailedSince != 4 || sum.Delivered != 0 {
			t.Errorf("reported %+v", sum)
		}
		c.advance(reportEvery)
		reports.tick <- time.Now()
		reports.tick <- time.Now()
		if letters := board.sum().DeadLetters; letters == nil || *letters != 1 {
			t.Errorf("reported dead letters: %v", letters)
		}
		// Sent again, it is as good as new, and its trigger has no dead letters any more.
		r.set(nil)
		if revived, err := l.ReviveJobs(t.Context(), JobKind, nil, "hook"); err != nil || len(revived) != 1 {
			t.Fatalf("revived %v, %v", revived, err)
		}
		eventually(t, "the notification that was sent again", func() bool { return len(r.all()) == 5 })
		p.settled(t, 0)
		c.advance(reportEvery)
		reports.tick <- time.Now()
		reports.tick <- time.Now()
		if sum := board.sum(); sum.Delivered != 1 || *sum.DeadLetters != 0 {
			t.Errorf("then reported %+v, dead letters %d", sum, *sum.DeadLetters)
		}
	})
}

func TestBadReceivers(t *testing.T) {
	inside := newReceiver(t, nil)
	closed, err := port.Free("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		target string
		opened []string
		want   string
		// dead says that it is not tried again.
		dead bool
		// timeout is that of the sender; a minute where it is not what ends the attempt.
		timeout time.Duration
	}{
		"redirects inside": {answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, inside.URL, http.StatusTemporaryRedirect)
		}, want: "the server answered 307 Temporary Redirect"},
		"hangs": {answer: func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}, want: "the server is too slow", timeout: 300 * time.Millisecond},
		"refuses":              {answer: status(http.StatusGone), want: "the server answered 410 Gone"},
		"is closed":            {target: "http://" + closed, want: "the connection failed"},
		"is not to be reached": {target: "http://127.0.0.1:1/", opened: []string{"10.0.0.0/8"}, want: "the host 127.0.0.1 is not allowed: its address is not public", dead: true},
		"metadata":             {target: "http://169.254.169.254/latest", want: "the host 169.254.169.254 is not allowed: its address is not public", dead: true},
		"is no URL":            {target: "http://[::1", want: "invalid URL"},
	} {
		t.Run(name, func(t *testing.T) {
			target := test.target
			if test.answer != nil {
				target = newReceiver(t, test.answer).URL
			}
			snapshot := snapshotWith()
			if test.opened != nil {
				snapshot.Environment.FetchAllowedCIDRs = test.opened
			}
			p := newPost(t, databases.Library(t), &clock{}, nil, snapshot, cmp.Or(test.timeout, time.Minute))
			p.send(t, Event{Type: Upload, At: time.Now()}, target)
			var failed []*library.Job
			eventually(t, "the failure", func() (ended bool) {
				failed = p.list(t, test.dead)
				return len(failed) == 1 && failed[0].LastError != "" && failed[0].LockedBy == ""
			})
			if got := failed[0]; got.LastError != test.want || got.Attempts != 1 {
				t.Errorf("failed with %q after %d attempts, want %q", got.LastError, got.Attempts, test.want)
			}
			if others := p.list(t, !test.dead); len(others) != 0 {
				t.Errorf("%d others", len(others))
			}
		})
	}
	if got := inside.all(); len(got) != 0 {
		t.Errorf("a redirect was followed: %v", got)
	}
}

func TestWhatIsQueuedToAnAddressThatIsClosedSinceIsADeadLetterAtOnce(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		inside := newReceiver(t, nil)
		trigger := catalog.Trigger{Name: "inside", EventType: Upload, URI: inside.URL}
		opened := snapshotWith(trigger)
		queued, err := Jobs(Event{Type: Upload, At: time.Now()}, Targets(opened, Upload, ""), 0)
		if err != nil || len(queued) != 1 {
			t.Fatalf("%d jobs, %v", len(queued), err)
		}
		closed := snapshotWith(trigger)
		closed.Environment.FetchAllowedCIDRs = nil
		p := newPost(t, l, &clock{}, nil, closed, time.Minute)
		if err := l.EnqueueJobs(t.Context(), queued); err != nil {
			t.Fatal(err)
		}
		var letters []*library.Job
		eventually(t, "the dead letter", func() bool { letters = p.list(t, true); return len(letters) == 1 })
		if got := letters[0]; got.Attempts != 1 || got.LastError != "the host 127.0.0.1 is not allowed: its address is not public" {
			t.Errorf("given up after %d attempts with %q", got.Attempts, got.LastError)
		}
		if waiting := p.list(t, false); len(waiting) != 0 || len(inside.all()) != 0 {
			t.Errorf("%d jobs wait, %d requests", len(waiting), len(inside.all()))
		}
		// Who opens the address again can have it sent again.
		p.catalog.set(opened)
		if _, err := l.ReviveJobs(t.Context(), JobKind, []string{letters[0].ID}, ""); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the notification", func() bool { return len(inside.all()) == 1 })
	})
}

func TestNotificationsSurviveARestart(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		c := &clock{}
		hang := make(chan struct{})
		r := newReceiver(t, func(_ http.ResponseWriter, request *http.Request) {
			select {
			case <-hang:
			case <-request.Context().Done():
			}
		})
		defer close(hang)
		snapshot := snapshotWith(catalog.Trigger{Name: "hook", EventType: "upload", URI: r.URL})
		first := newPost(t, l, c, nil, snapshot, time.Minute)
		first.send(t, Event{Type: Upload, At: c.now(), Fields: map[string]any{"public_id": "a"}}, "")
		eventually(t, "the delivery to be under way", func() bool { return len(r.all()) == 1 })
		first.stop()
		r.set(nil)
		second := newPost(t, l, c, nil, snapshot, time.Minute)
		eventually(t, "the second delivery", func() bool { return len(r.all()) == 2 })
		second.settled(t, 0)
		if got := r.all(); !strings.Contains(got[1].body, `"public_id":"a"`) {
			t.Errorf("delivered %s", got[1].body)
		}
		verify(t, r.all()[1], "old", c.now())
	})
}

func TestTriggersAreTakenAsTheyAreNow(t *testing.T) {
	c := &clock{}
	bad, good := newReceiver(t, status(http.StatusBadGateway)), newReceiver(t, nil)
	p := newPost(t, databases.Library(t), c, nil, snapshotWith(catalog.Trigger{Name: "hook", EventType: "upload", URI: bad.URL}), 0)
	p.send(t, Event{Type: Upload, At: c.now()}, "")
	p.settled(t, 1)
	// Mended, and the keys were rotated.
	mended := snapshotWith(catalog.Trigger{Name: "hook", EventType: "upload", URI: good.URL})
	mended.PrimaryKey = "000"
	p.catalog.set(mended)
	c.advance(4 * time.Minute)
	p.tick <- time.Now()
	eventually(t, "the mended address", func() bool { return len(good.all()) == 1 })
	verify(t, good.all()[0], "new", c.now())
	if !strings.Contains(good.all()[0].body, `"signature_key":"000"`) {
		t.Errorf("body %s", good.all()[0].body)
	}
	p.settled(t, 0)

	// What waits for a trigger that is deleted is dropped; without a key nothing can be sent.
	bare := snapshotWith(mended.Triggers...)
	bare.Keys = nil
	p.catalog.set(bare)
	p.send(t, Event{Type: Upload, At: c.now()}, "")
	p.settled(t, 1)
	if got := p.pending(t)[0].LastError; got != errNoKey.Error() {
		t.Errorf("without keys: %q", got)
	}
	p.catalog.set(snapshotWith())
	c.advance(4 * time.Minute)
	p.tick <- time.Now()
	p.settled(t, 0)
	if len(good.all()) != 1 {
		t.Error("a deleted trigger was notified")
	}
}

func TestFiltersAndPayloadTemplates(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		c := &clock{}
		r := newReceiver(t, nil)
		trigger := func(name, filter, template string) catalog.Trigger {
			return catalog.Trigger{Name: name, EventType: "all", URI: r.URL, Filter: json.RawMessage(filter), PayloadTemplate: json.RawMessage(template)}
		}
		board := &board{}
		reports := newReports(t, board, l, c)
		p := newPost(t, l, c, reports.Reports, snapshotWith(
			trigger("videos", `{"==":[{"var":"resource_type"},"video"]}`, ""),
			trigger("images", `{"==":[{"var":"resource_type"},"image"]}`, `{"text":"{{asset.from_public_id}} is {{asset.to_public_id}}, signed {{event.signature_key}}"}`),
		), 0)
		p.send(t, Event{Type: Rename, At: c.now(), RequestID: "r", Fields: RenamedFields(asset(), "x&y")}, "")
		p.settled(t, 0)
		got := r.all()
		if len(got) != 1 || got[0].body != `{"text":"x\u0026y is a/b, signed 111"}` {
			t.Fatalf("received %v", got)
		}
		verify(t, got[0], "old", c.now())
		c.advance(reportEvery)
		reports.tick <- time.Now()
		reports.tick <- time.Now()
		if sum := board.sum(); sum.Delivered != 1 || sum.Failed != 0 {
			t.Errorf("what a filter refuses is neither delivered nor failed: %+v", sum)
		}

		// A filter that cannot be decided sends nothing; once it is mended, what waits goes out.
		endless := `{"var":""}`
		for range 8 {
			endless = `{"map":[[1,2,3,4,5,6,7,8,9,10],` + endless + `]}`
		}
		p.catalog.set(snapshotWith(trigger("images", endless, "")))
		p.send(t, Event{Type: Delete, At: c.now(), Fields: DeletedFields(asset())}, "")
		p.settled(t, 1)
		if reason := p.pending(t)[0].LastError; !strings.Contains(reason, "too many steps") || len(r.all()) != 1 {
			t.Errorf("%q, %d received", reason, len(r.all()))
		}
		p.catalog.set(snapshotWith(trigger("images", `{"in":["a/",{"var":"resources.0.public_id"}]}`, "")))
		c.advance(4 * time.Minute)
		p.tick <- time.Now()
		p.settled(t, 0)
		if len(r.all()) != 2 {
			t.Errorf("%d received", len(r.all()))
		}
	})
}

func TestWithFields(t *testing.T) {
	made, err := Jobs(Event{Type: Upload, Fields: map[string]any{"public_id": "a"}}, []Target{{URL: "http://h:8/x"}}, time.Minute)
	if err != nil || len(made) != 1 || made[0].After != time.Minute || made[0].Lane != "h:8" || made[0].MaxAttempts != 4 || made[0].ID == "" {
		t.Fatalf("%+v, %v", made, err)
	}
	payload, err := WithFields(made[0].Payload, map[string]any{"eager": []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	var told notification
	if err := json.Unmarshal(payload, &told); err != nil || string(told.Body["eager"]) != "[1]" || string(told.Body["public_id"]) != `"a"` || told.URL != "http://h:8/x" {
		t.Errorf("%s, %v", payload, err)
	}
	if _, err := WithFields([]byte(`[`), map[string]any{"eager": 1}); err == nil {
		t.Error("a broken payload is taken")
	}
	if _, err := Jobs(Event{Fields: map[string]any{"c": make(chan int)}}, []Target{{}}, 0); err == nil || !strings.Contains(err.Error(), "write c") {
		t.Errorf("what is no JSON: %v", err)
	}
}

// board is where reports are written.
type board struct {
	mu      sync.Mutex
	fail    error
	reports []catalog.TriggerReport
}

func (b *board) ReportTrigger(_ context.Context, _ string, report catalog.TriggerReport) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return b.fail
	}
	b.reports = append(b.reports, report)
	return nil
}

func (b *board) set(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = err
}

func (b *board) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.reports)
}

// sum adds the reports up as a status does.
func (b *board) sum() catalog.TriggerReport {
	b.mu.Lock()
	defer b.mu.Unlock()
	var sum catalog.TriggerReport
	for _, report := range b.reports {
		sum.Delivered += report.Delivered
		sum.Failed += report.Failed
		sum.GivenUp += report.GivenUp
		if report.Delivered > 0 {
			sum.FailedSince = 0
		}
		sum.FailedSince += report.FailedSince
		if report.DeadLetters != nil {
			sum.DeadLetters = report.DeadLetters
		}
	}
	return sum
}

type runningReports struct {
	*Reports
	tick chan time.Time
	stop func()
}

func newReports(t *testing.T, reporter Reporter, letters Letters, c *clock) *runningReports {
	t.Helper()
	r := &runningReports{Reports: NewReports(reporter, letters, c.now, slog.New(slog.DiscardHandler)), tick: make(chan time.Time)}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, r.tick) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.stop)
	return r
}
