package upload

import "net/http"

// allowBrowsers lets pages of any origin read the answer: an upload carries its own permission.
func allowBrowsers(header http.Header) {
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Expose-Headers", "X-Cld-Error, X-Request-Id, Retry-After")
}

// preflight answers a browser that asks whether it may upload, in chunks too.
func preflight(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	header.Set("Access-Control-Allow-Headers", "Authorization, Cache-Control, Content-Disposition, Content-Range, Content-Type, "+
		"Range, X-Requested-With, X-Unique-Upload-Id")
	header.Set("Access-Control-Max-Age", "86400")
	if r.Header.Get("Access-Control-Request-Private-Network") != "" {
		header.Set("Access-Control-Allow-Private-Network", "true")
	}
	w.WriteHeader(http.StatusOK)
}
