package delivery

import (
	"math/rand/v2"
	"net/http"
	"strconv"
)

// maxRequestID bounds a request ID that a proxy in front hands over.
const maxRequestID = 64

// requestID is the ID that a proxy in front gave the request, or a new one.
func requestID(r *http.Request) string {
	if given := r.Header["X-Request-Id"]; len(given) == 1 && isToken(given[0]) {
		return given[0]
	}
	return newRequestID()
}

func newRequestID() string {
	// The top bit keeps the length at 16 digits each.
	const top = 1 << 63
	b := make([]byte, 0, 32)
	b = strconv.AppendUint(b, rand.Uint64()|top, 16)
	b = strconv.AppendUint(b, rand.Uint64()|top, 16)
	return string(b)
}

func isToken(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
