package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// MediaType is the media type of the request's body. A body without Content-Type is a form: the SDKs for Go and PHP send
// them like that. The one for .NET sends two types with JSON, of which the first counts.
func MediaType(r *http.Request) (mediaType string, parameters map[string]string, err error) {
	contentType := r.Header.Get("Content-Type")
	if contentType == "" {
		return "application/x-www-form-urlencoded", nil, nil
	}
	mediaType, parameters, err = mime.ParseMediaType(contentType)
	if first, _, several := strings.Cut(contentType, ","); err != nil && several {
		mediaType, parameters, err = mime.ParseMediaType(first)
	}
	if err != nil {
		return "", nil, problem.BadRequest("Invalid Content-Type %q", contentType)
	}
	return mediaType, parameters, nil
}

// ReadParams merges the query and the body of any method, DELETE too: form, multipart or JSON, of at most
// limit bytes.
func ReadParams(r *http.Request, limit int64) (Params, error) {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, problem.BadRequest("Invalid query string")
	}
	if r.Body == nil || r.Body == http.NoBody {
		return Params(params), nil
	}
	mediaType, parameters, err := MediaType(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, BodyProblem(err)
	}
	if int64(len(body)) > limit {
		return nil, problem.BadRequest("Request is too large. Maximum is %d bytes", limit)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return Params(params), nil
	}
	var more url.Values
	switch mediaType {
	case "application/json":
		more, err = ParseJSON(body)
	case "multipart/form-data":
		more, err = parseMultipart(body, parameters["boundary"])
	case "application/x-www-form-urlencoded":
		if more, err = url.ParseQuery(string(body)); err != nil {
			err = problem.BadRequest("Invalid form in the request's body")
		}
	default:
		err = problem.BadRequest("Unsupported Content-Type %q", mediaType)
	}
	if err != nil {
		return nil, err
	}
	for name, values := range more {
		params[name] = append(params[name], values...)
	}
	return Params(params), nil
}

// BodyProblem tells a client that went away or sent a broken body from a failure of ours.
func BodyProblem(cause error) error {
	if p, ok := errors.AsType[*problem.Problem](cause); ok {
		return p
	}
	return problem.BadRequest("The request's body could not be read").Because(cause)
}

// ParseJSON flattens a JSON object into parameters: null is absent, an array becomes name[] entries, an object stays
// JSON text.
func ParseJSON(body []byte) (url.Values, error) {
	if commas := countCommas(body); commas >= maxJSONValues {
		return nil, problem.BadRequest("The request's body has too many values. Maximum is %d", maxJSONValues)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, problem.BadRequest("The request's body is no JSON object")
	}
	values := url.Values{}
	for name, raw := range object {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) == nil && list != nil {
			if len(list) == 0 {
				values[name+"[]"] = nil // which Params.Empties finds
			}
			for _, element := range list {
				if text, ok := Scalar(element); ok {
					values.Add(name+"[]", text)
				}
			}
			continue
		}
		if text, ok := Scalar(raw); ok {
			values.Set(name, text)
		}
	}
	return values, nil
}

// maxJSONValues bounds the values of a JSON body. What is decoded takes a hundred bytes for one that takes two as text.
const maxJSONValues = 100_000

// countCommas counts the commas of JSON that are in no string: one less than the values of an object or a list.
func countCommas(body []byte) int {
	count, inside := 0, false
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			inside = !inside
		case ',':
			if !inside {
				count++
			}
		}
	}
	return count
}

// Scalar is the text of one JSON value: a string without quotes, anything else as written. ok is false for null.
func Scalar(raw json.RawMessage) (text string, ok bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return "", false
	}
	if raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return "", false
		}
		return s, true
	}
	return string(raw), true
}
