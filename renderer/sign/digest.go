// Package sign computes and checks the signatures of the Cloudinary protocol: of upload requests, of upload
// responses and of delivery URLs, and the age of a signed request. It is pure; keys come from the caller.
package sign

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
)

// digests are the algorithms that SDKs may be configured for. SHA-1 is the protocol's default.
var digests = [...]func(string) []byte{sha1Sum, sha256Sum}

func sha1Sum(s string) []byte {
	sum := sha1.Sum([]byte(s))
	return sum[:]
}

func sha256Sum(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

func hexDigest(digest func(string) []byte, s string) string { return hex.EncodeToString(digest(s)) }

func urlDigest(digest func(string) []byte, s string, length int) string {
	return base64.RawURLEncoding.EncodeToString(digest(s))[:length]
}

// same compares in constant time for strings of one length; the length of a signature is no secret.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
