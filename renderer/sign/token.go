package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// TokenName is the name of the cookie and of the query parameter that carry an auth token.
const TokenName = "__cld_token__"

// maxToken bounds the length of a token, in bytes, maxACLs the patterns of one.
const (
	maxToken = 4 << 10
	maxACLs  = 64
)

// Token is an auth token, taken apart: ip, st, exp, acl and hmac, joined by "~" in that order.
type Token struct {
	// IP is the address that the token is for; empty for any.
	IP string
	// Start and End are Unix seconds; Start is 0 when the token has none.
	Start, End int64
	// ACL holds the patterns of paths that the token opens; without one it opens the path that it was signed with.
	ACL []string
	// signed is everything before ~hmac=, mac what follows.
	signed string
	mac    []byte
}

// errToken is all that a client learns of a token that is not valid.
var errToken = errors.New("invalid token")

// ParseToken reads what follows "__cld_token__=". Fields may be missing but not out of order.
func ParseToken(text string) (*Token, error) {
	if len(text) > maxToken {
		return nil, errToken
	}
	signed, mac, ok := strings.Cut(text, "~hmac=")
	if !ok {
		return nil, errToken
	}
	token := &Token{signed: signed}
	var err error
	if token.mac, err = hex.DecodeString(mac); err != nil || len(token.mac) != sha256.Size {
		return nil, errToken
	}
	names, at := [...]string{"ip", "st", "exp", "acl"}, 0
	for field := range strings.SplitSeq(signed, "~") {
		name, value, _ := strings.Cut(field, "=")
		for at < len(names) && names[at] != name {
			at++
		}
		if at == len(names) || value == "" {
			return nil, errToken
		}
		at++
		switch name {
		case "ip":
			token.IP = value
		case "st":
			token.Start, err = strconv.ParseInt(value, 10, 64)
		case "exp":
			token.End, err = strconv.ParseInt(value, 10, 64)
		case "acl":
			for pattern := range strings.SplitSeq(value, "!") {
				token.ACL = append(token.ACL, unescapeToken(pattern))
			}
		}
		if err != nil || token.Start < 0 || token.End < 0 || len(token.ACL) > maxACLs {
			return nil, errToken
		}
	}
	if token.End == 0 {
		return nil, errToken
	}
	return token, nil
}

// Opens tells whether the token was signed with key and opens path (escaped, as in the URL) for the client at ip, now.
func (t *Token) Opens(path, ip string, now time.Time, key []byte) bool {
	signed := t.signed
	if len(t.ACL) == 0 {
		signed += "~url=" + escapeToken(path)
	}
	if !hmac.Equal(t.mac, tokenMAC(signed, key)) {
		return false
	}
	if seconds := now.Unix(); seconds < t.Start || seconds > t.End {
		return false
	}
	if t.IP != "" && !sameAddress(t.IP, ip) {
		return false
	}
	if len(t.ACL) == 0 {
		return true
	}
	for _, pattern := range t.ACL {
		if matches(pattern, path) {
			return true
		}
	}
	return false
}

// TokenOptions say what a token is to open.
type TokenOptions struct {
	IP         string
	Start, End time.Time
	// ACL are patterns of paths; without one the token is for Path alone.
	ACL  []string
	Path string
}

// NewToken makes what follows "__cld_token__=".
func NewToken(options TokenOptions, key []byte) string {
	var fields []string
	if options.IP != "" {
		fields = append(fields, "ip="+options.IP)
	}
	if !options.Start.IsZero() {
		fields = append(fields, "st="+strconv.FormatInt(options.Start.Unix(), 10))
	}
	fields = append(fields, "exp="+strconv.FormatInt(options.End.Unix(), 10))
	if len(options.ACL) > 0 {
		var patterns []string
		for _, pattern := range options.ACL {
			patterns = append(patterns, escapeToken(pattern))
		}
		fields = append(fields, "acl="+strings.Join(patterns, "!"))
	}
	token := strings.Join(fields, "~")
	signed := token
	if len(options.ACL) == 0 {
		signed += "~url=" + escapeToken(options.Path)
	}
	return token + "~hmac=" + hex.EncodeToString(tokenMAC(signed, key))
}

// ParseTokenKeys reads keys in hexadecimal, one a line. Errors never quote the content, which is secret.
func ParseTokenKeys(content string) ([][]byte, error) {
	var keys [][]byte
	number := 0
	for line := range strings.Lines(content) {
		number++
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		key, err := hex.DecodeString(line)
		if err != nil {
			return nil, fmt.Errorf("line %d is no hexadecimal key", number)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func tokenMAC(signed string, key []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return mac.Sum(nil)
}

// sameAddress compares IP addresses however they are written.
func sameAddress(a, b string) bool {
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	return errX == nil && errY == nil && x.Unmap() == y.Unmap()
}

// matches tells whether a path is like a pattern, in which * stands for any run of characters. It takes time in the
// product of the lengths at worst.
func matches(pattern, path string) bool {
	star, mark, at, i := -1, 0, 0, 0
	for at < len(path) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, at
			i++
		case i < len(pattern) && pattern[i] == path[at]:
			i++
			at++
		case star >= 0:
			mark++
			i, at = star+1, mark
		default:
			return false
		}
	}
	for i < len(pattern) && pattern[i] == '*' {
		i++
	}
	return i == len(pattern)
}

// escapedInToken are the characters that tokens hold as %xx in lower case.
const escapedInToken = " \"#%&'/:;<=>?@[\\]^`{|}~"

func escapeToken(text string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; strings.IndexByte(escapedInToken, c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// unescapeToken undoes escapeToken; escapes that are none stay.
func unescapeToken(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if decoded, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				b.WriteByte(decoded[0])
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
