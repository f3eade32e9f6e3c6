package bucket

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
)

// NewKey makes the key of a new object: kind ("originals" or "derived") and 160 random bits, so that it can neither
// be guessed nor collide. The level between them keeps directories small and spreads the load of an S3 bucket; with more of
// them, most objects of a young volume would have a directory made for them, which costs as much as writing a picture.
func NewKey(kind string) string {
	var random [20]byte
	_, _ = rand.Read(random[:]) // Never fails.
	name := hex.EncodeToString(random[:])
	return kind + "/" + name[:2] + "/" + name
}

// checkKey accepts what is the same in every store: parts of letters, digits and . _ -, joined by /, none of them
// empty or beginning with a dot.
func checkKey(key string) error {
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part[0] == '.' || strings.ContainsFunc(part, notInKey) {
			return fmt.Errorf("invalid object key %q", key)
		}
	}
	return nil
}

func notInKey(c rune) bool {
	return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-')
}
