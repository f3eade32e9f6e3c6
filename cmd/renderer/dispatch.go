package main

import (
	"net/http"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/search"
)

// dispatch gives each request to its plane; handles tells the Upload API's requests from the Admin API's. It is no http.ServeMux because that redirects to cleaned paths, and
// delivery paths may hold whole URLs.
func dispatch(handles func(method, escapedPath string) bool, upload, admin, delivery http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !isAPI(r):
			delivery.ServeHTTP(w, r)
		case handles(r.Method, r.URL.EscapedPath()):
			upload.ServeHTTP(w, r)
		default:
			admin.ServeHTTP(w, r)
		}
	})
}

// dispatchSearch gives signed search URLs, which are on the hosts of delivery, to their handler as it is wrapped.
func dispatchSearch(searches *search.Handler, wrapped, delivery http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if searches.Handles(r) {
			wrapped.ServeHTTP(w, r)
			return
		}
		delivery.ServeHTTP(w, r)
	})
}

// isAPI tells the requests of the APIs from those of delivery.
func isAPI(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/v1_1/") || strings.HasPrefix(r.URL.Path, "/v2/")
}
