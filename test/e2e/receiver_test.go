package e2e

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// receiver gets notifications on this machine, where pods reach it.
type receiver struct {
	// url is its address, without a path; host is the IP address in it.
	url, host string

	mu     sync.Mutex
	status int
	got    []delivered
}

// delivered is one attempt to deliver a notification.
type delivered struct {
	path string
	// body is the JSON of it, signed says that it bears the signature of the secret.
	body   map[string]any
	signed bool
	// status is what was answered.
	status int
}

// startReceiver runs a receiver for the spec. It checks signatures by secret, as SDKs do.
func startReceiver(ctx context.Context, secret func() string) *receiver {
	GinkgoHelper()
	r := &receiver{host: machineAddress(ctx), status: http.StatusOK}
	listener, err := net.Listen("tcp", net.JoinHostPort(r.host, "0"))
	Expect(err).NotTo(HaveOccurred())
	r.url = "http://" + listener.Addr().String()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		content, err := io.ReadAll(request.Body)
		d := delivered{path: request.URL.Path}
		if err = errors.Join(err, json.Unmarshal(content, &d.body)); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		digest := sha1.Sum([]byte(string(content) + request.Header.Get("X-Cld-Timestamp") + secret()))
		d.signed = request.Header.Get("X-Cld-Signature") == hex.EncodeToString(digest[:])
		r.mu.Lock()
		defer r.mu.Unlock()
		d.status = r.status
		r.got = append(r.got, d)
		w.WriteHeader(d.status)
	})}
	go func() { _ = server.Serve(listener) }()
	DeferCleanup(server.Close)
	return r
}

// answer sets what it answers from now on.
func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// at are the attempts that came to a path.
func (r *receiver) at(path string) []delivered {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []delivered
	for _, d := range r.got {
		if d.path == path {
			found = append(found, d)
		}
	}
	return found
}
