package main

import (
	"net/http"
	"strings"
)

// uploads is the Upload API, which tells its requests from those of the Admin API.
type uploads interface {
	http.Handler
	Handles(method, escapedPath string) bool
}

// dispatch gives each request to its plane. It is no http.ServeMux because that redirects to cleaned paths, and
// delivery paths may hold whole URLs.
func dispatch(upload uploads, admin, delivery http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case !strings.HasPrefix(path, "/v1_1/") && !strings.HasPrefix(path, "/v2/"):
			delivery.ServeHTTP(w, r)
		case upload.Handles(r.Method, r.URL.EscapedPath()):
			upload.ServeHTTP(w, r)
		default:
			admin.ServeHTTP(w, r)
		}
	})
}
