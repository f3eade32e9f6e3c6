package delivery

import (
	"strconv"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// timing is the Server-Timing of a file: hit or miss, what was delivered and what it was made from, and the request
// ID. Scripts read sizes from it, on HEAD as well.
func timing(x *exchange, now time.Time, asset *library.Asset, file *representation) string {
	b := make([]byte, 0, 384)
	b = append(b, "cld-darkroom;dur="...)
	b = strconv.AppendInt(b, now.Sub(x.started).Milliseconds(), 10)
	b = append(b, ";start="...)
	b = x.started.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	if file.render > 0 {
		b = append(b, ";desc=miss,transformation;dur="...)
		b = strconv.AppendInt(b, file.render.Milliseconds(), 10)
	} else {
		b = append(b, ";desc=hit"...)
	}
	b = append(b, `,content-info;desc="width=`...)
	b = strconv.AppendInt(b, int64(file.width), 10)
	b = append(b, ",height="...)
	b = strconv.AppendInt(b, int64(file.height), 10)
	b = append(b, ",bytes="...)
	b = strconv.AppendInt(b, file.bytes, 10)
	b = append(b, `,format=\"`...)
	b = append(b, file.format...)
	b = append(b, `\",owidth=`...)
	b = strconv.AppendInt(b, int64(asset.Width), 10)
	b = append(b, ",oheight="...)
	b = strconv.AppendInt(b, int64(asset.Height), 10)
	b = append(b, ",obytes="...)
	b = strconv.AppendInt(b, asset.Bytes, 10)
	b = append(b, `,oformat=\"`...)
	b = append(b, asset.Format...)
	b = append(b, `\",crt=`...)
	b = strconv.AppendInt(b, file.modified.Unix(), 10)
	b = append(b, ",ocrt="...)
	b = strconv.AppendInt(b, asset.Version, 10)
	b = append(b, `",cld-id;desc=`...)
	b = append(b, x.id...)
	return string(b)
}

// failureTiming is the Server-Timing of an error.
func failureTiming(id, message string) string {
	return "cld-id;desc=" + id + `,cld-error;desc="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(message) + `"`
}
