package search

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// maxTTL bounds how long an answer may be cached, in seconds.
const maxTTL = 365 * 24 * 3600

// Handler serves signed search URLs, /search/<signature>/<ttl>/<query>[/<cursor>], with the cloud name before it or not.
type Handler struct {
	Catalog catalog.Catalog
	Library Library
	// Logger gets what fails inside.
	Logger *slog.Logger
}

var signedPath = regexp.MustCompile(`^/(?:([^/]+)/)?search/([0-9a-f]{64})/(\d{1,9})/(.+)$`)

// Handles tells whether a request is for a signed search URL.
func (h *Handler) Handles(r *http.Request) bool {
	parts := signedPath.FindStringSubmatch(r.URL.Path)
	if parts == nil || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	snapshot := h.Catalog.Current()
	return parts[1] == "" || snapshot == nil || snapshot.Environment.IsCloud(parts[1])
}

// ServeHTTP answers a request that Handles has accepted.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	wire.EnsureRequestID(w)
	answer, ttl, err := h.serve(r)
	if err != nil {
		wire.WriteProblem(w, r, h.Logger, err)
		return
	}
	wire.WriteCachedJSON(w, answer, ttl)
}

func (h *Handler) serve(r *http.Request) (wire.Object, int, error) {
	snapshot := h.Catalog.Current()
	if snapshot == nil {
		return nil, 0, problem.Unavailable("The configuration", nil)
	}
	parts := signedPath.FindStringSubmatch(r.URL.Path)
	if parts == nil {
		return nil, 0, problem.NotFound("No such endpoint")
	}
	signature, ttlText, rest := parts[2], parts[3], parts[4]
	ttl, err := strconv.Atoi(ttlText)
	if err != nil || ttl > maxTTL {
		return nil, 0, problem.BadRequest("Invalid ttl %s: at most %d seconds are allowed", ttlText, maxTTL)
	}
	// The query's base64 may hold slashes itself, so that where it ends is what the signature says.
	query, cursor := rest, ""
	key, ok := signer(snapshot, signature, ttlText+query)
	if slash := strings.LastIndexByte(rest, '/'); !ok && slash > 0 {
		query, cursor = rest[:slash], rest[slash+1:]
		key, ok = signer(snapshot, signature, ttlText+query)
	}
	if !ok {
		return nil, 0, problem.Unauthorized("Invalid signature")
	}
	body, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(query))
	if err != nil {
		if body, err = base64.RawURLEncoding.DecodeString(query); err != nil {
			return nil, 0, problem.BadRequest("Invalid query: it is no base64")
		}
	}
	values, err := wire.ParseJSON(body)
	if err != nil {
		return nil, 0, problem.BadRequest("Invalid query: it is no JSON object")
	}
	params := wire.Params(values)
	if cursor != "" {
		params["next_cursor"] = []string{cursor}
	}
	call := Call{Snapshot: snapshot, Links: wire.Links{Environment: snapshot.Environment, Secret: key.APISecret}, Params: params}
	answer, err := Assets(r.Context(), h.Library, call)
	return answer, ttl, err
}

// signer finds the key that has signed text. It compares with all keys in constant time.
func signer(snapshot *catalog.Snapshot, signature, text string) (found catalog.Key, ok bool) {
	for _, key := range snapshot.Keys {
		sum := sha256.Sum256([]byte(text + key.APISecret))
		if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(signature)) == 1 && key.APISecret != "" {
			found, ok = key, true
		}
	}
	return found, ok
}
