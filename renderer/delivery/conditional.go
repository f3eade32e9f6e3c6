package delivery

import (
	"net/http"
	"strings"
	"time"
)

// precondition applies the conditional headers of a request in the order of RFC 9110, section 13.2.2, If-Range aside.
// It returns the status that ends the request early, or 0. The etag is quoted.
func precondition(header http.Header, etag string, modified time.Time) int {
	if match := header["If-Match"]; match != nil {
		if !names(match, etag) {
			return http.StatusPreconditionFailed
		}
	} else if since, ok := date(header, "If-Unmodified-Since"); ok && modified.Truncate(time.Second).After(since) {
		return http.StatusPreconditionFailed
	}
	if noneMatch := header["If-None-Match"]; noneMatch != nil {
		if names(noneMatch, etag) {
			return http.StatusNotModified
		}
	} else if since, ok := date(header, "If-Modified-Since"); ok && !modified.Truncate(time.Second).After(since) {
		return http.StatusNotModified
	}
	return 0
}

// rangeApplies applies If-Range: the Range header counts only while the file is the one the client has a part of.
func rangeApplies(header http.Header, etag string, modified time.Time) bool {
	condition := header.Get("If-Range")
	if condition == "" || condition == etag {
		return true
	}
	since, ok := date(header, "If-Range")
	return ok && modified.Truncate(time.Second).Equal(since)
}

// names tells whether a list of entity tags holds etag, or is "*". Weak tags name no bytes and never match.
func names(lists []string, etag string) bool {
	for _, list := range lists {
		for item := range strings.SplitSeq(list, ",") {
			if item = strings.TrimSpace(item); item == "*" || item == etag {
				return true
			}
		}
	}
	return false
}

func date(header http.Header, name string) (time.Time, bool) {
	value := header.Get(name)
	if value == "" {
		return time.Time{}, false
	}
	t, err := http.ParseTime(value)
	return t, err == nil
}
