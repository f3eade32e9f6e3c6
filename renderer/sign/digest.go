// Package sign computes and checks the signatures of the Cloudinary protocol: of upload requests, of upload
// responses and of delivery URLs, and the age of a signed request, and reads basic credentials. It is pure; keys come from the caller.
package sign

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
)

// digests are the algorithms that SDKs may be configured for. SHA-1 is the protocol's default.
var digests = [...]func(string) []byte{SHA1: sha1Sum, SHA256: sha256Sum}

// Algorithm is a digest that an SDK may be configured for (signature_algorithm): it signs requests by it, and checks answers and
// notifications.
type Algorithm int

// The algorithms. The zero value is the protocol's default.
const (
	SHA1 Algorithm = iota
	SHA256
)

// ParseAlgorithm reads the name of an algorithm, sha1 or sha256; what is neither, or empty, is SHA1.
func ParseAlgorithm(name string) Algorithm {
	if name == "sha256" {
		return SHA256
	}
	return SHA1
}

// AlgorithmOf is the algorithm by which a signature in hexadecimal was made, which its length tells. It is SHA1 for what is no
// signature.
func AlgorithmOf(signature string) Algorithm {
	if len(signature) == hex.EncodedLen(sha256.Size) {
		return SHA256
	}
	return SHA1
}

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
