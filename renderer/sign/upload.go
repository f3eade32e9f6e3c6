package sign

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// unsigned are the parameters that travel with a request but are no part of what is signed.
func unsigned(name string) bool {
	switch name {
	case "file", "cloud_name", "resource_type", "api_key", "signature", "x_unique_upload_id":
		return true
	}
	return false
}

// StringToSign is what an SDK signs of params, without the secret. Version 2 escapes & inside a parameter;
// version 1 does not. Names with [] or [n] are folded into one list. Those without a value are left out.
func StringToSign(params url.Values, version int) string { return stringToSign(params, version, false) }

// stringToSign has parameters without a value, too, where empty says so: the generated SDKs sign them.
func stringToSign(params url.Values, version int, empty bool) string {
	folded := fold(params)
	for name, value := range folded {
		if unsigned(name) || value == "" && !empty {
			delete(folded, name)
		}
	}
	return join(folded, version)
}

// Upload signs params: version 2, SHA-1, lower-case hex.
func Upload(params url.Values, secret string) string {
	return hexDigest(sha1Sum, StringToSign(params, 2)+secret)
}

// signable tells whether the names of params are such that what is signed can be read in one way. A name that held an =
// would take a part of a value into itself, and with it the parameter away from who knows its name: context=k=v is what is
// signed of "context" and of "context=k".
func signable(params url.Values) bool {
	for name := range params {
		if strings.ContainsAny(name, "=&") {
			return false
		}
	}
	return true
}

// VerifyUpload tells whether signature was made from params with secret: version 2 or 1, SHA-1 or SHA-256, with or without the
// parameters that have no value.
func VerifyUpload(params url.Values, signature, secret string) bool {
	if !signable(params) {
		return false
	}
	tried := map[string]bool{} // Most often all are one text.
	for _, version := range [...]int{2, 1} {
		for _, empty := range [...]bool{false, true} {
			signed := stringToSign(params, version, empty)
			if tried[signed] {
				continue
			}
			tried[signed] = true
			for _, digest := range digests {
				if same(signature, hexDigest(digest, signed+secret)) {
					return true
				}
			}
		}
	}
	return false
}

// Response is the signature of an upload response, which SDKs check by the algorithm that they sign with: version 1 rules.
func Response(publicID string, version int64, secret string, algorithm Algorithm) string {
	return hexDigest(digests[algorithm], response(publicID, version)+secret)
}

func response(publicID string, version int64) string {
	return join(map[string]string{"public_id": publicID, "version": strconv.FormatInt(version, 10)}, 1)
}

// fold joins the values of each parameter by commas. The elements of a list arrive as name (repeated), name[]
// (repeated) or name[0], name[1], …; the latter count in the lexical order of their keys, as SDKs sign them.
func fold(params url.Values) map[string]string {
	keys := make([]string, 0, len(params))
	for key := range params {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	lists := make(map[string][]string, len(params))
	for _, key := range keys {
		name := listName(key)
		lists[name] = append(lists[name], params[key]...)
	}
	folded := make(map[string]string, len(lists))
	for name, values := range lists {
		folded[name] = strings.Join(values, ",")
	}
	return folded
}

// listName takes [] or [digits] off the end of key.
func listName(key string) string {
	open := strings.LastIndexByte(key, '[')
	if open <= 0 || key[len(key)-1] != ']' {
		return key
	}
	for _, c := range []byte(key[open+1 : len(key)-1]) {
		if c < '0' || c > '9' {
			return key
		}
	}
	return key[:open]
}

// join writes params sorted by name as k=v joined by &.
func join(params map[string]string, version int) string {
	names := slices.Sorted(maps.Keys(params))
	pairs := make([]string, len(names))
	for i, name := range names {
		pairs[i] = name + "=" + params[name]
		if version >= 2 {
			pairs[i] = strings.ReplaceAll(pairs[i], "&", "%26")
		}
	}
	return strings.Join(pairs, "&")
}
