package wire

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// RequestIDHeader carries an opaque ID on every answer; the log names the same ID.
const RequestIDHeader = "X-Request-Id"

// EnsureRequestID puts a request ID on the answer unless one is there, and returns it.
func EnsureRequestID(w http.ResponseWriter) string {
	if id := w.Header().Get(RequestIDHeader); id != "" {
		return id
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails, by its contract
	id := hex.EncodeToString(random[:])
	w.Header().Set(RequestIDHeader, id)
	return id
}

// WriteJSON answers with value as JSON.
func WriteJSON(w http.ResponseWriter, status int, value any) {
	writeJSON(w, status, "private, no-store", value)
}

// WriteCachedJSON answers with value as JSON, which everybody may keep for that many seconds.
func WriteCachedJSON(w http.ResponseWriter, value any, seconds int) {
	writeJSON(w, http.StatusOK, "public, max-age="+strconv.Itoa(seconds), value)
}

func writeJSON(w http.ResponseWriter, status int, cacheControl string, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		status, body, cacheControl = http.StatusInternalServerError, []byte(`{"error":{"message":"General Error"}}`), "private, no-store"
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", cacheControl)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// WriteProblem answers with {"error":{"message":…}} and X-Cld-Error, under a status that the SDKs understand, and
// logs what failed inside.
func WriteProblem(w http.ResponseWriter, r *http.Request, logger *slog.Logger, err error) {
	WriteProblemAs(w, r, logger, err, Object{"error": Object{"message": problem.From(err).Message}})
}

// WriteProblemAs is WriteProblem with another body.
func WriteProblemAs(w http.ResponseWriter, r *http.Request, logger *slog.Logger, err error, body Object) {
	p := problem.From(err)
	id := EnsureRequestID(w)
	// A client that went away has caused its error itself, and sees no answer.
	if p.Status >= http.StatusInternalServerError && r.Context().Err() == nil {
		logger.ErrorContext(r.Context(), "request failed", "requestID", id, "method", r.Method, "path", r.URL.Path, "error", err)
	}
	w.Header().Set("X-Cld-Error", headerText(p.Message))
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	WriteJSON(w, apiStatus(p.Status), body)
}

// apiStatus maps a status to one that every SDK reads the body of: they take any other for a broken server.
func apiStatus(status int) int {
	known := []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusConflict, problem.StatusRateLimited, http.StatusTooManyRequests, http.StatusInternalServerError}
	switch {
	case slices.Contains(known, status):
		return status
	case status >= http.StatusInternalServerError:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

// headerText makes a message fit for a header: one line of printable ASCII.
func headerText(message string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, message)
}

// Unavailable types an error of a part that a request needs (database, bucket), unless it is a problem already.
func Unavailable(part string, err error) error {
	if _, ok := errors.AsType[*problem.Problem](err); ok {
		return err
	}
	return problem.Unavailable(part, err)
}
