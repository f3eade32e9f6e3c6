package shortcut

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// echo answers every simple GET below /hot by itself, and writes down which it took.
type echo struct {
	mu    sync.Mutex
	taken []string
	// before is called with each answer that is about to be sent, and sized how many bytes to add to it.
	before func()
	size   int
}

func (e *echo) Answer(c *Conn, r *Request) (bool, error) {
	if !strings.HasPrefix(r.Path, "/hot") {
		return false, nil
	}
	e.mu.Lock()
	e.taken = append(e.taken, r.Path)
	e.mu.Unlock()
	if e.before != nil {
		e.before()
	}
	body := strings.Repeat("x", e.size) + describe("GET", r.Path, "")
	n, err := c.Send(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(body)), []byte(body))
	if errors.Is(err, ErrClosing) {
		return false, nil
	}
	if err == nil && n != int64(len(body)) {
		return true, fmt.Errorf("%d bytes of %d were sent", n, len(body))
	}
	return true, err
}

func (e *echo) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.taken)
}

func describe(method, path, body string) string { return method + " " + path + " " + body }

// serve starts a server that describes each request as echo does, and returns its address.
func serve(t testing.TB, answerer Answerer, timeouts Timeouts) (*http.Server, *Listener) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := New(listener, answerer, timeouts)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		io.WriteString(w, describe(r.Method, strings.SplitN(r.RequestURI, "?", 2)[0], string(body)))
	})}
	done := make(chan struct{})
	go func() { defer close(done); server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-done })
	return server, l
}

// client is one connection.
type client struct {
	net.Conn
	answers *bufio.Reader
}

func dial(t testing.TB, l *Listener) *client {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	return &client{Conn: conn, answers: bufio.NewReader(conn)}
}

// send writes each part by itself. The server may have closed the connection.
func (c *client) send(parts ...string) {
	for _, part := range parts {
		io.WriteString(c, part)
	}
}

func (c *client) expect(t *testing.T, want string) {
	t.Helper()
	body, _, err := c.answer()
	if err != nil || body != want {
		t.Fatalf("the answer is %q, %v, want %q", body, err, want)
	}
}

func (c *client) answer() (string, bool, error) {
	response, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return "", false, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		return fmt.Sprint(response.StatusCode), response.Close, err
	}
	return string(body), response.Close, err
}

const hot = "GET /hot HTTP/1.1\r\nHost: h\r\n\r\n"

func TestSimpleRequestsAreTaken(t *testing.T) {
	e := &echo{}
	_, l := serve(t, e, Timeouts{Idle: time.Minute})
	c := dial(t, l)
	for range 3 {
		c.send("GET /hot?a=b HTTP/1.1\r\nHost: media.example.com:8080\r\nAccept: image/webp,*/*\r\nconnection: Keep-Alive\r\nCookie: a=b\r\n\r\n")
		c.expect(t, "GET /hot ")
	}
	c.send("GET /cold HTTP/1.1\r\nHost: h\r\n\r\n")
	c.expect(t, "GET /cold ")
	c.send(hot)
	c.expect(t, "GET /hot ")
	if n := e.count(); n != 4 {
		t.Errorf("%d requests were taken, want 4", n)
	}
}

func TestRequestFields(t *testing.T) {
	var seen Request
	_, l := serve(t, answererFunc(func(_ *Conn, r *Request) (bool, error) {
		seen = Request{Path: r.Path, Query: r.Query, Host: r.Host, Header: append([]Field(nil), r.Header...)}
		return false, nil
	}), Timeouts{})
	c := dial(t, l)
	c.send("GET /a/b%20c?d=e?f HTTP/1.1\r\nhost: h\r\nAccept:  image/webp \r\nTwice: 1\r\ntwice: 2\r\nempty:\r\n\r\n")
	c.expect(t, "GET /a/b%20c ")
	if seen.Path != "/a/b%20c" || seen.Query != "d=e?f" || seen.Host != "h" || len(seen.Header) != 4 {
		t.Errorf("%+v", seen)
	}
	if value, ok := seen.Get("accept"); value != "image/webp" || !ok {
		t.Errorf("Accept: %q, %t", value, ok)
	}
	if value, ok := seen.Get("none"); value != "" || !ok || seen.Has("none") {
		t.Errorf("a field that is not there: %q, %t", value, ok)
	}
	if _, ok := seen.Get("Twice"); ok || !seen.Has("TWICE") || !seen.Has("empty") {
		t.Error("a field that is there twice was given")
	}
}

type answererFunc func(c *Conn, r *Request) (bool, error)

func (f answererFunc) Answer(c *Conn, r *Request) (bool, error) { return f(c, r) }

// TestWhatTheServerGets sends what is not simple, each followed by a hot request: the answers have to be those of a server
// alone, and later tells whether the hot one may still be taken.
func TestWhatTheServerGets(t *testing.T) {
	smuggled := "GET /hot/smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
	for name, test := range map[string]struct {
		parts []string
		want  string
		later bool
	}{
		"HEAD":                      {[]string{"HEAD /hot HTTP/1.1\r\nHost: h\r\n\r\n"}, "", true},
		"a body":                    {[]string{"POST /hot HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"}, "POST /hot abc", true},
		"a body that comes later":   {[]string{"POST /hot HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\n", "abc", "def"}, "POST /hot abcdef", true},
		"a body of a GET":           {[]string{"GET /hot HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n", "abc"}, "GET /hot abc", true},
		"a request for a body":      {[]string{fmt.Sprintf("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", len(smuggled)), smuggled}, "PUT /a " + smuggled, true},
		"a request in chunks":       {[]string{fmt.Sprintf("PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", len(smuggled)), smuggled, "\r\n0\r\n\r\n"}, "PUT /a " + smuggled, false},
		"a folded line":             {[]string{"GET /hot HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n"}, "GET /hot ", false},
		"bare line feeds":           {[]string{"GET /hot HTTP/1.1\nHost: h\n\n"}, "GET /hot ", false},
		"an unusual value":          {[]string{"GET /hot HTTP/1.1\r\nHost: h\r\nA: \xe4\r\n\r\n"}, "GET /hot ", false},
		"an upgrade":                {[]string{"GET /hot HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"}, "GET /hot ", false},
		"no host":                   {[]string{"GET /hot HTTP/1.1\r\n\r\n"}, "400", false},
		"two hosts":                 {[]string{"GET /hot HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"}, "400", false},
		"a host that is none":       {[]string{"GET /hot HTTP/1.1\r\nHost: a b\r\n\r\n"}, "400", false},
		"two lengths":               {[]string{"POST /hot HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 3\r\n\r\n"}, "400", false},
		"a length that is none":     {[]string{"POST /hot HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\n"}, "400", false},
		"a name with a blank":       {[]string{"GET /hot HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n"}, "400", false},
		"a target with a blank":     {[]string{"GET /h ot HTTP/1.1\r\nHost: h\r\n\r\n"}, "400", false},
		"an expectation":            {[]string{"GET /hot HTTP/1.1\r\nHost: h\r\nExpect: much\r\n\r\n"}, "417", false},
		"another version":           {[]string{"GET /hot HTTP/1.2\r\nHost: h\r\n\r\n"}, "GET /hot ", true},
		"an absolute target":        {[]string{"GET http://h/hot HTTP/1.1\r\nHost: h\r\n\r\n"}, "GET http://h/hot ", true},
		"many fields":               {[]string{"GET /hot HTTP/1.1\r\nHost: h\r\n" + strings.Repeat("A: b\r\n", maxFields+1) + "\r\n"}, "GET /hot ", false},
		"a head that fills buffers": {[]string{"GET /hot HTTP/1.1\r\nHost: h\r\nA: " + strings.Repeat("b", 9000) + "\r\n\r\n"}, "GET /hot ", false},
	} {
		t.Run(name, func(t *testing.T) {
			e := &echo{}
			_, l := serve(t, e, Timeouts{})
			c := dial(t, l)
			for _, part := range test.parts {
				c.send(part)
			}
			if strings.HasPrefix(test.parts[0], "HEAD") {
				if response, err := http.ReadResponse(c.answers, &http.Request{Method: http.MethodHead}); err != nil || response.StatusCode != 200 {
					t.Fatalf("%v, %v", response, err)
				}
			} else {
				c.expect(t, test.want)
			}
			if e.count() != 0 {
				t.Fatalf("%q were taken", e.taken)
			}
			if len(test.want) == 3 {
				return // The server has closed the connection.
			}
			c.send(hot)
			c.expect(t, "GET /hot ")
			if later := e.count() == 1; later != test.later {
				t.Errorf("a simple request after it was taken: %t", later)
			}
		})
	}
}

func TestPipelines(t *testing.T) {
	e := &echo{}
	_, l := serve(t, e, Timeouts{})
	c := dial(t, l)
	c.send(hot + hot + "GET /cold HTTP/1.1\r\nHost: h\r\n\r\n" + hot)
	for _, want := range []string{"GET /hot ", "GET /hot ", "GET /cold ", "GET /hot "} {
		c.expect(t, want)
	}
	c.send(hot)
	c.expect(t, "GET /hot ")
	if n := e.count(); n != 2 {
		t.Errorf("%d requests were taken, want the 2 before the server had one", n)
	}
}

// TestARequestBesideAnother sends a hot request while the server is busy with another one.
func TestARequestBesideAnother(t *testing.T) {
	e := &echo{}
	server, l := serve(t, e, Timeouts{})
	entered, leave := make(chan struct{}), make(chan struct{})
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		io.WriteString(w, "slow")
	})
	c := dial(t, l)
	c.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
	<-entered
	c.send(hot)
	close(leave)
	c.expect(t, "slow")
	c.expect(t, "GET /hot ")
}

// accept gives both ends of a connection that no server reads.
func accept(t *testing.T, answerer Answerer) (*Conn, *client) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := New(listener, answerer, Timeouts{})
	t.Cleanup(func() { l.Close() })
	c := dial(t, l)
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { accepted.Close() })
	return accepted.(*Conn), c
}

// TestWhoseTheConnectionIs reads as net/http does, without its timing.
func TestWhoseTheConnectionIs(t *testing.T) {
	read := func(t *testing.T, c *Conn, length int, want string) {
		t.Helper()
		p := make([]byte, length)
		if n, err := c.Read(p); err != nil || string(p[:n]) != want {
			t.Fatalf("read %q, %v, want %q", p[:n], err, want)
		}
	}
	t.Run("a head in two parts", func(t *testing.T) {
		e := &echo{}
		c, far := accept(t, e)
		far.send("GET /hot HTTP/1.1\r\nHo")
		read(t, c, 4096, "GET /hot HTTP/1.1\r\nHo")
		far.send("st: h\r\n\r\n" + hot)
		read(t, c, 4096, "st: h\r\n\r\n"+hot)
		if e.count() != 0 {
			t.Errorf("%q were taken", e.taken)
		}
	})
	t.Run("a request beside another", func(t *testing.T) {
		e := &echo{}
		c, far := accept(t, e)
		cold := "GET /cold HTTP/1.1\r\nHost: h\r\n\r\n"
		far.send(cold)
		read(t, c, 4096, cold)
		far.send(hot)
		ended := make(chan error)
		go func() {
			_, err := c.Read(make([]byte, 1))
			ended <- err
		}()
		c.SetReadDeadline(time.Unix(1, 0))
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("waiting for the client's end gave %v", err)
		}
		c.SetReadDeadline(time.Time{})
		far.send(cold)
		if n, err := c.Read(make([]byte, 4096)); err != nil || n != len(cold) {
			t.Errorf("%d bytes were read, %v", n, err)
		}
		far.expect(t, "GET /hot ")
	})
	t.Run("a client that goes away", func(t *testing.T) {
		c, far := accept(t, &echo{})
		cold := "GET /cold HTTP/1.1\r\nHost: h\r\n\r\n"
		far.send(cold)
		read(t, c, 4096, cold)
		far.Close()
		if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("%d, %v", n, err)
		}
	})
	t.Run("a body in small pieces", func(t *testing.T) {
		e := &echo{}
		c, far := accept(t, e)
		head := fmt.Sprintf("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", len(hot))
		far.send(head)
		read(t, c, 4096, head)
		far.send(hot + hot)
		read(t, c, 1, hot[:1])
		read(t, c, 4096, hot[1:])
		far.send("GET /cold HTTP/1.1\r\nHost: h\r\n\r\n")
		read(t, c, 4096, "GET /cold HTTP/1.1\r\nHost: h\r\n\r\n")
		far.expect(t, "GET /hot ")
	})
}

func TestAnErrorEndsTheConnection(t *testing.T) {
	_, l := serve(t, answererFunc(func(*Conn, *Request) (bool, error) { return true, errors.New("broken") }), Timeouts{})
	c := dial(t, l)
	c.send(hot)
	if _, _, err := c.answer(); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the connection goes on: %v", err)
	}
}

// TestShuttingDown stops a server while an answer is being sent: it is sent to its end, and counted until then.
func TestShuttingDown(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	e := &echo{size: 16 << 20}
	server, l := serve(t, e, Timeouts{Idle: time.Minute})
	c := dial(t, l)
	e.size = 0
	c.send("GET /cold HTTP/1.1\r\nHost: h\r\n\r\n") // so that the server holds the connection for idle
	c.expect(t, "GET /cold ")
	e.size = 16 << 20 // more than the buffers of two sockets take
	e.before = func() { close(entered); <-leave }
	c.send(hot)
	<-entered
	close(leave)
	head, err := c.answers.ReadString('\n') // The answer has begun, and cannot end while nobody reads it.
	if err != nil {
		t.Fatal(err)
	}
	l.Stop()
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := l.Wait(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait returned %v while an answer was under way", err)
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(c.answers)
	if err != nil || len(rest) < e.size {
		t.Errorf("%d bytes came after %q, %v", len(rest), head, err)
	}
	if err := l.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestStop(t *testing.T) {
	e := &echo{}
	_, l := serve(t, e, Timeouts{})
	c := dial(t, l)
	l.Stop()
	c.send(hot)
	c.expect(t, "GET /hot ")
	c.Conn.(*net.TCPConn).CloseWrite()
	if body, _, err := c.answer(); err == nil {
		t.Errorf("there was a second answer: %q", body)
	}
}

// TestDeadlines sees to it that a connection that is only ever answered here ends when it is idle for long, and that the
// head of a request must not take as long as that.
func TestDeadlines(t *testing.T) {
	t.Run("idle", func(t *testing.T) {
		_, l := serve(t, &echo{}, Timeouts{Header: time.Hour, Idle: time.Nanosecond})
		c := dial(t, l)
		c.send(hot)
		c.expect(t, "GET /hot ")
		if _, err := c.answers.ReadByte(); err != io.EOF {
			t.Errorf("an idle connection stays open: %v", err)
		}
	})
	t.Run("head", func(t *testing.T) {
		_, l := serve(t, &echo{}, Timeouts{Header: time.Nanosecond, Idle: time.Hour})
		c := dial(t, l)
		c.send(hot)
		c.expect(t, "GET /hot ")
		c.send("GET /h")
		if body, _, err := c.answer(); err != nil || body != "400" {
			t.Errorf("a request may take for ever: %q, %v", body, err)
		}
	})
}

// FuzzSameAnswers sends bytes in pieces to a server alone and to one behind a Listener: the same requests have to come
// out of them.
func FuzzSameAnswers(f *testing.F) {
	for _, seed := range []string{
		hot + hot, hot + "0", hot + "GET ", "GET /hot HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + hot,
		"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + hot,
		"GET /hot HTTP/1.0\r\n\r\n" + hot, "\r\n" + hot, "GET /hot HTTP/1.1\nHost: h\n\n" + hot, "POST /a HTTP/1.1\r\nHost: h\r\n\r\n\r\n\r\n" + hot,
		"GET /hot HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + hot, "GET /hot HTTP/1.1\r\nHost: h\r\nA: b\r\n \r\n\r\n" + hot,
		"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hot,
	} {
		for _, cut := range []uint16{0, 7, 40} {
			f.Add(seed, cut)
		}
	}
	_, behind := serve(f, &echo{}, Timeouts{})
	_, alone := serve(f, nil, Timeouts{})
	f.Fuzz(func(t *testing.T, sent string, cut uint16) {
		want, wantLost := conversation(t, alone, sent, int(cut))
		got, gotLost := conversation(t, behind, sent, int(cut))
		if same := want == got || wantLost && strings.HasPrefix(got, want) || gotLost && strings.HasPrefix(want, got); !same {
			t.Errorf("%q: a server alone answers %q, one behind the shortcut %q", sent, want, got)
		}
	})
}

// conversation is everything that is answered to what is sent. The end of it may get lost: a server that refuses a request closes
// the connection, and where not all was read by then, the kernel resets it and forgets what it has not sent.
func conversation(t testing.TB, l *Listener, sent string, cut int) (all string, lost bool) {
	c := dial(t, l)
	defer c.Close()
	cut = min(cut, len(sent))
	c.send(sent[:cut], sent[cut:])
	c.Conn.(*net.TCPConn).CloseWrite()
	var answers []string
	for {
		body, closes, err := c.answer()
		if err != nil {
			return strings.Join(answers, "\n"), errors.Is(err, syscall.ECONNRESET)
		}
		answers = append(answers, body)
		if closes {
			return strings.Join(answers, "\n"), false
		}
	}
}
