package delivery

import (
	"net/url"
	"path"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/transform"
)

// attachment is fl_attachment[:<name>].
type attachment struct {
	// name is without extension; "" means the last segment of the public ID.
	name string
}

// isAnswerFlag tells whether a flag is about the HTTP answer and not about the picture.
func isAnswerFlag(flag string) bool {
	name, _, _ := strings.Cut(flag, ":")
	switch name {
	case "attachment", "streaming_attachment", "immutable_cache", "no_stream":
		return true
	}
	return false
}

// attachmentOf finds the attachment flag of a plan, nil when it has none.
func attachmentOf(plan *transform.Plan) *attachment {
	for _, flag := range plan.Output.Flags {
		name, argument, _ := strings.Cut(flag, ":")
		if name != "attachment" && name != "streaming_attachment" {
			continue
		}
		// A literal dot is written doubly encoded, so that nothing on the way takes it for an extension.
		if decoded, err := url.PathUnescape(argument); err == nil {
			argument = decoded
		}
		return &attachment{name: argument}
	}
	return nil
}

// disposition is the Content-Disposition for a file of the public ID; ext may be "".
func (a *attachment) disposition(publicID, ext string) string {
	name := a.name
	if name == "" {
		name = path.Base(publicID)
	}
	if ext != "" && !strings.HasSuffix(name, "."+ext) {
		name += "." + ext
	}
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\/;`, r) {
			return '_'
		}
		return r
	}, name)
	value := `attachment; filename="` + plain + `"`
	if plain != name {
		value += "; filename*=UTF-8''" + extValue(name)
	}
	return value
}

// extValue writes a name as the ext-value of RFC 8187: everything but attr-char is percent-encoded.
func extValue(name string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("!#$&+-.^_`|~", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// splitExt splits an ID at the last dot of its last segment.
func splitExt(id string) (name, ext string) {
	if i := strings.LastIndexByte(id, '.'); i > strings.LastIndexByte(id, '/')+1 && i < len(id)-1 {
		return id[:i], strings.ToLower(id[i+1:])
	}
	return id, ""
}
