package provisioning

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// params are the parameters of a call by name, without those that are empty. A value is of the types of JSON.
type params map[string]any

// maxBody bounds the body of a request.
const maxBody = 1 << 20

// readParams reads the query and the body, which is JSON or a form, with every method: some SDKs send a body with DELETE.
func readParams(r *http.Request) (params, error) {
	given := params{}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, problem.BadRequest("Invalid query string")
	}
	given.addForm(query)
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, problem.BadRequest("The body cannot be read")
	}
	if len(body) > maxBody {
		return nil, problem.BadRequest("The parameters are too large. Maximum is %d bytes", maxBody)
	}
	if body = bytes.TrimSpace(body); len(body) == 0 {
		return given, nil
	}
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media == "application/x-www-form-urlencoded" {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, problem.BadRequest("The body is no form")
		}
		given.addForm(form)
		return given, nil
	}
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		return nil, problem.BadRequest("The body is no object of JSON")
	}
	for name, value := range object {
		if value != nil && value != "" {
			given[name] = value
		}
	}
	return given, nil
}

func (p params) addForm(form url.Values) {
	for name, values := range form {
		values = slices.DeleteFunc(slices.Clone(values), func(value string) bool { return value == "" })
		if len(values) == 0 {
			continue
		}
		list := make([]any, len(values))
		for i, value := range values {
			list[i] = value
		}
		if base, isList := strings.CutSuffix(name, "[]"); isList || len(values) > 1 {
			p[base] = list
			continue
		}
		p[name] = values[0]
	}
}

func (p params) has(name string) bool { return p[name] != nil }

// text is a parameter that is one text.
func (p params) text(name string) (string, error) {
	switch value := p[name].(type) {
	case nil:
		return "", nil
	case string:
		return value, nil
	}
	return "", problem.BadRequest("Invalid value for parameter %s: it must be a text", name)
}

// list is a parameter that is a list: one in JSON, repeated, or joined by commas.
func (p params) list(name string) ([]string, error) {
	var values []string
	switch value := p[name].(type) {
	case nil:
	case string:
		for one := range strings.SplitSeq(value, ",") {
			if one = strings.TrimSpace(one); one != "" {
				values = append(values, one)
			}
		}
	case []any:
		for _, one := range value {
			written, ok := one.(string)
			if !ok {
				return nil, problem.BadRequest("Invalid value for parameter %s: it must be a list of texts", name)
			}
			values = append(values, written)
		}
	default:
		return nil, problem.BadRequest("Invalid value for parameter %s: it must be a list", name)
	}
	if len(values) > maxListed {
		return nil, problem.BadRequest("Too many %s. Got %d. Maximum is %d.", name, len(values), maxListed)
	}
	return values, nil
}

// maxListed bounds lists that are given, and pages.
const maxListed = 100

// flag is a parameter that is true or false; nil when it is not given.
func (p params) flag(name string) (*bool, error) {
	switch value := p[name].(type) {
	case nil:
		return nil, nil
	case bool:
		return &value, nil
	case string:
		if is, err := strconv.ParseBool(strings.ToLower(value)); err == nil {
			return &is, nil
		}
	case float64:
		if value == 0 || value == 1 {
			return new(value == 1), nil
		}
	}
	return nil, problem.BadRequest("Invalid value for parameter %s: it must be true or false", name)
}

// number is a whole number between low and high; absent is the fallback.
func (p params) number(name string, fallback, low, high int) (int, error) {
	found := float64(fallback)
	switch value := p[name].(type) {
	case nil:
	case float64:
		found = value
	case string:
		n, err := strconv.Atoi(value)
		if err != nil {
			n = low - 1
		}
		found = float64(n)
	default:
		found = float64(low) - 1
	}
	if found != float64(int(found)) || int(found) < low || int(found) > high {
		return 0, problem.BadRequest("Invalid value for parameter %s: it must be a whole number between %d and %d", name, low, high)
	}
	return int(found), nil
}

// one is a text that must be one of several, the first when absent.
func (p params) one(name string, allowed ...string) (string, error) {
	value, err := p.text(name)
	if err != nil {
		return "", err
	}
	if value == "" {
		return allowed[0], nil
	}
	if !slices.Contains(allowed, value) {
		return "", problem.BadRequest("Invalid value for parameter %s: it must be %s", name, strings.TrimPrefix(strings.Join(allowed, " or "), " or "))
	}
	return value, nil
}
