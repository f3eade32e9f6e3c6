package derive

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// Key identifies a derived file independently of its bytes. A new version of the asset has new keys, so that
// nothing ever has to be purged for correctness.
type Key [sha256.Size]byte

// NewKey makes the key of a derived file: the version of the asset, the canonical plan, the resolved output
// format, and the client hints that were resolved into the plan ("" when none took part).
func NewKey(versionID, canonical, format, hints string) Key {
	h := sha256.New()
	for _, part := range [...]string{versionID, canonical, format, hints} {
		io.WriteString(h, part)
		h.Write([]byte{0})
	}
	var key Key
	h.Sum(key[:0])
	return key
}

// String is the key in hex, as the library stores it.
func (k Key) String() string { return hex.EncodeToString(k[:]) }
