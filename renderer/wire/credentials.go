package wire

import (
	"crypto/subtle"
	"net/http"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/sign"
)

// HasBasic says whether a request carries basic credentials.
func HasBasic(r *http.Request) bool {
	_, _, given := sign.Basic(r.Header.Get("Authorization"))
	return given
}

// BasicKey finds the key of a request's basic credentials, nil where there is none. It compares with all keys in constant time.
func BasicKey(r *http.Request, snapshot *catalog.Snapshot) *catalog.Key {
	apiKey, secret, _ := sign.Basic(r.Header.Get("Authorization"))
	var found *catalog.Key
	for _, key := range snapshot.Keys {
		sameKey := subtle.ConstantTimeCompare([]byte(key.APIKey), []byte(apiKey))
		sameSecret := subtle.ConstantTimeCompare([]byte(key.APISecret), []byte(secret))
		if sameKey&sameSecret == 1 && key.APISecret != "" {
			found = &key
		}
	}
	return found
}
