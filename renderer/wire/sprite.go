package wire

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

// SpriteID is the public ID of the sheet of a tag. A transformation is applied to each picture before they are laid out, so
// that each has a sheet of its own; p_, which only style sheets show, has not.
func SpriteID(tag string, plan *transform.Plan) string {
	applied := *plan
	applied.Output.ClassPrefix = ""
	if applied.IsIdentity() {
		return tag
	}
	sum := sha256.Sum256([]byte(applied.String()))
	return tag + "-" + hex.EncodeToString(sum[:6])
}
