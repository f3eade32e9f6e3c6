package svg

import (
	"encoding/base64"
	"image"
	_ "image/gif"  // the types that pictures inside may have, see isPicture
	_ "image/jpeg" // as above
	_ "image/png"  // as above
	"strings"

	_ "golang.org/x/image/webp" // as above
)

// maxPixels bounds the pixels of all pictures inside a document. Whoever draws it decodes them without another look.
const maxPixels = 50_000_000

// isPicture tells whether the content of a data URI is a picture of one of the types that may be inside, and not too large,
// together with those before it. What is drawn is found out by the content, not by the type that is written: the content
// could be a document as well.
func (c *cleaner) isPicture(encoded string) bool {
	text := strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(encoded)
	content := base64.NewDecoder(base64.RawStdEncoding, strings.NewReader(strings.TrimRight(text, "=")))
	header, _, err := image.DecodeConfig(content)
	if err != nil || header.Width < 1 || header.Height < 1 {
		return false
	}
	c.pixels += int64(header.Width) * int64(header.Height)
	return c.pixels <= maxPixels
}
