package delivery

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/sign"
)

// hasToken tells whether the request carries an auth token that opens its path: in the query, or as a cookie.
func (h *Handler) hasToken(x *exchange) bool {
	if h.tokenKeys == nil {
		return false
	}
	tokens := tokensOf(x.r)
	if len(tokens) == 0 {
		return false
	}
	keys, path, client, now := h.tokenKeys(), rawPath(x.r), clientAddress(x.r), h.now()
	for _, text := range tokens {
		token, err := sign.ParseToken(text)
		if err != nil {
			continue
		}
		for _, key := range keys {
			if token.Opens(path, client, now, key) {
				return true
			}
		}
	}
	return false
}

// maxTokens bounds the tokens of one request that are looked at.
const maxTokens = 4

// tokensOf finds the tokens of a request. The SDKs write them into the query as they are; cookie parsers and proxies may
// escape them.
func tokensOf(r *http.Request) []string {
	var tokens []string
	add := func(text string) {
		if len(tokens) < maxTokens {
			tokens = append(tokens, text)
		}
	}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if text, ok := strings.CutPrefix(pair, sign.TokenName+"="); ok {
			add(text)
			if decoded, err := url.PathUnescape(text); err == nil && decoded != text {
				add(decoded)
			}
		}
	}
	for _, line := range r.Header["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			if text, ok := strings.CutPrefix(strings.TrimSpace(pair), sign.TokenName+"="); ok {
				add(strings.Trim(text, `"`))
			}
		}
	}
	return tokens
}

// clientAddress is the IP address that a request comes from: that of the connection. What headers say of it anybody can
// write, so that tokens for one address need a proxy in front that keeps it.
func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
