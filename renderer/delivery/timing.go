package delivery

import (
	"strconv"
	"strings"
	"time"

	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/library"
)

// timing is the Server-Timing of a file.
func (x *exchange) timing(now time.Time, file *representation) string {
	return string(appendTiming(make([]byte, 0, 384), x, now, file.render, file.info))
}

// appendTiming appends the Server-Timing of a file: hit or miss, what was delivered and what it was made from, and the
// request ID. Scripts read sizes from it, on HEAD as well. render is the time that the engine took, 0 when the file was
// there, and info the content-info of the file.
func appendTiming(b []byte, x *exchange, now time.Time, render time.Duration, info string) []byte {
	b = append(b, "cld-darkroom;dur="...)
	b = strconv.AppendInt(b, now.Sub(x.started).Milliseconds(), 10)
	b = append(b, ";start="...)
	b = x.started.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	if render > 0 {
		b = append(b, ";desc=miss,transformation;dur="...)
		b = strconv.AppendInt(b, render.Milliseconds(), 10)
	} else {
		b = append(b, ";desc=hit"...)
	}
	b = append(b, info...)
	b = append(b, ",cld-id;desc="...)
	return append(b, x.id...)
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
