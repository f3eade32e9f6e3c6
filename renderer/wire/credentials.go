package wire

import (
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

// HasBasic says whether a request carries basic credentials.
func HasBasic(r *http.Request) bool {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Basic")
}

// BasicKey finds the key of a request's basic credentials, nil where there is none. It compares with all keys in constant time.
func BasicKey(r *http.Request, snapshot *catalog.Snapshot) *catalog.Key {
	apiKey, secret := basicCredentials(r)
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

// basicCredentials reads user and password. The Ruby SDK encodes them in the alphabet for URLs.
func basicCredentials(r *http.Request) (user, password string) {
	if !HasBasic(r) {
		return "", ""
	}
	_, encoded, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	decoded, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(encoded))
	if err != nil {
		return "", ""
	}
	user, password, _ = strings.Cut(string(decoded), ":")
	return user, password
}
