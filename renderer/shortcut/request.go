package shortcut

import (
	"bytes"
	"strconv"
	"strings"
)

// maxFields bounds the header fields of a request that is looked at.
const maxFields = 48

// Request is a GET by HTTP/1.1 without a body and without any wish about the connection. Its texts are as they were sent.
type Request struct {
	// Path is the target up to its query, Query what comes after the question mark.
	Path, Query string
	Host        string
	// Header holds all fields but Host.
	Header []Field
	// body is the length of the body that Content-Length says, if it is there; zero in requests that are looked at.
	body    int64
	hasBody bool
}

// Field is a header field.
type Field struct{ Name, Value string }

// parse reads the request that data begins with. length is that of its head; zero says that its end is not certain. simple
// says that it is one of those that a Request may be, and is filled in. Whatever net/http would refuse is not simple.
func (r *Request) parse(data []byte) (length int64, simple bool) {
	r.Header, r.Host, r.body, r.hasBody = r.Header[:0], "", 0, false
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		return 0, false
	}
	head := string(data[:end+2])
	line, rest, _ := strings.Cut(head, "\r\n")
	if !onlyText(line) {
		return 0, false
	}
	simple = r.parseLine(line)
	for rest != "" {
		line, rest, _ = strings.Cut(rest, "\r\n")
		name, value, found := strings.Cut(line, ":")
		if !found || !isToken(name) || !onlyText(value) || len(r.Header) == maxFields {
			return 0, false
		}
		value = strings.Trim(value, " \t")
		switch r.parseField(name, value) {
		case uncertain:
			return 0, false
		case unusual:
			simple = false
		}
	}
	return int64(end + 4), simple && r.Host != ""
}

// parseLine reads the request line and tells whether it is a simple one.
func (r *Request) parseLine(line string) bool {
	target, ok := strings.CutPrefix(line, "GET ")
	if !ok {
		return false
	}
	if target, ok = strings.CutSuffix(target, " HTTP/1.1"); !ok || !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \t#") {
		return false
	}
	r.Path, r.Query, _ = strings.Cut(target, "?")
	return true
}

// What a header field means for where a request ends and what happens then.
type framing int

const (
	usual framing = iota
	// unusual fields are for the server, and change nothing about where the request ends.
	unusual
	// uncertain fields may change it.
	uncertain
)

func (r *Request) parseField(name, value string) framing {
	switch {
	case strings.EqualFold(name, "Host"):
		if r.Host != "" || !isHost(value) {
			return unusual
		}
		r.Host = value
		return usual
	case strings.EqualFold(name, "Content-Length"):
		length, err := strconv.ParseUint(value, 10, 62)
		if err != nil || r.hasBody {
			return uncertain
		}
		r.body, r.hasBody = int64(length), true
		return unusual
	case strings.EqualFold(name, "Connection"):
		if !strings.EqualFold(value, "keep-alive") {
			return uncertain
		}
		return usual
	case strings.EqualFold(name, "Transfer-Encoding"), strings.EqualFold(name, "Trailer"), strings.EqualFold(name, "Upgrade"), strings.EqualFold(name, "Expect"):
		return uncertain
	}
	r.Header = append(r.Header, Field{name, value})
	return usual
}

// Get is the value of a field that is there once; ok is false when it is there more often. A field that is not there is
// empty.
func (r *Request) Get(name string) (value string, ok bool) {
	found := false
	for i := range r.Header {
		if strings.EqualFold(r.Header[i].Name, name) {
			if found {
				return "", false
			}
			value, found = r.Header[i].Value, true
		}
	}
	return value, true
}

// Has tells whether a field is there.
func (r *Request) Has(name string) bool {
	for i := range r.Header {
		if strings.EqualFold(r.Header[i].Name, name) {
			return true
		}
	}
	return false
}

// isToken tells whether a name is one (RFC 9110, section 5.6.2).
func isToken(name string) bool {
	for _, c := range []byte(name) {
		if c >= 0x80 || !tokens[c] {
			return false
		}
	}
	return name != ""
}

var tokens = func() (table [0x80]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		table[c] = true
	}
	return table
}()

// onlyText tells whether there is nothing but printable ASCII and tabs.
func onlyText(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' && c != '\t' || c >= 0x7f {
			return false
		}
	}
	return true
}

// isHost tells whether a host is a plain name or address with or without a port.
func isHost(host string) bool {
	for _, c := range []byte(host) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_', c == ':', c == '[', c == ']':
		default:
			return false
		}
	}
	return host != ""
}
