package delivery

import (
	"strconv"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// timing is the Server-Timing of a file: hit or miss, what was delivered and what it was made from, and the request
// ID. Scripts read sizes from it, on HEAD as well.
func (x *exchange) timing(now time.Time, file *representation) string {
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
	b = append(b, file.info...)
	b = append(b, ",cld-id;desc="...)
	b = append(b, x.id...)
	return string(b)
}

// contentInfo is the part of Server-Timing that describes a delivered file and its original.
func contentInfo(asset *library.Asset, meta *derive.Meta) string {
	b := make([]byte, 0, 256)
	number := func(name string, value int64) {
		b = append(b, name...)
		b = strconv.AppendInt(b, value, 10)
	}
	number(`,content-info;desc="width=`, int64(meta.Width))
	number(",height=", int64(meta.Height))
	number(",bytes=", meta.Bytes)
	b = append(b, `,format=\"`+meta.Format...)
	number(`\",owidth=`, int64(asset.Width))
	number(",oheight=", int64(asset.Height))
	number(",obytes=", asset.Bytes)
	b = append(b, `,oformat=\"`+asset.Format...)
	number(`\",crt=`, meta.CreatedAt.Unix())
	number(",ocrt=", asset.Version)
	return string(append(b, '"'))
}

// failureTiming is the Server-Timing of an error.
func failureTiming(id, message string) string {
	return "cld-id;desc=" + id + `,cld-error;desc="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(message) + `"`
}
