package sign

import (
	"strings"
	"testing"
	"time"
)

// FuzzToken checks that every token is read or refused, and that none opens anything unless it was signed with the key.
func FuzzToken(f *testing.F) {
	key := tokenKey(f)
	const path = "/demo/image/authenticated/a.jpg"
	now := time.Unix(1000, 0)
	for _, options := range []TokenOptions{
		{End: now, Path: path}, {IP: "10.0.0.1", Start: now, End: now, Path: path}, {End: now, ACL: []string{"/demo/*", "/x"}},
	} {
		f.Add(NewToken(options, key), path)
	}
	f.Add("exp=1~acl=%2f*~hmac=00", "/")
	f.Add("ip=1~st=2~exp=3~acl=!!!~hmac="+strings.Repeat("ab", 32), "/%2f*")
	f.Fuzz(func(t *testing.T, text, path string) {
		token, err := ParseToken(text)
		if err != nil {
			return
		}
		if token.Opens(path, "10.0.0.1", now, []byte("a key that signed nothing")) {
			t.Fatalf("%q opens %q", text, path)
		}
		if token.Opens(path, token.IP, time.Unix(token.End, 0), key) {
			// Then it was signed with the key: signing the same again gives the same.
			options := TokenOptions{IP: token.IP, End: time.Unix(token.End, 0), ACL: token.ACL, Path: path}
			if token.Start > 0 {
				options.Start = time.Unix(token.Start, 0)
			}
			if again, err := ParseToken(NewToken(options, key)); err != nil || !again.Opens(path, token.IP, time.Unix(token.End, 0), key) {
				t.Fatalf("%q opens %q, made again it does not: %v", text, path, err)
			}
		}
	})
}

// FuzzMatches checks the wildcards of ACLs against their definition, by trying every way to split the path.
func FuzzMatches(f *testing.F) {
	for _, pair := range [][2]string{{"/a/*", "/a/b"}, {"*", ""}, {"a*b*c", "abbc"}, {"**a", "aa"}, {"/*/t_x", "/a/t_x/t_x"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if len(pattern) > 12 || len(path) > 16 {
			return
		}
		if got, want := matches(pattern, path), matchesByDefinition(pattern, path); got != want {
			t.Fatalf("%q, %q: %v", pattern, path, got)
		}
	})
}

func matchesByDefinition(pattern, path string) bool {
	if pattern == "" {
		return path == ""
	}
	if pattern[0] != '*' {
		return path != "" && path[0] == pattern[0] && matchesByDefinition(pattern[1:], path[1:])
	}
	for i := range len(path) + 1 {
		if matchesByDefinition(pattern[1:], path[i:]) {
			return true
		}
	}
	return false
}

// FuzzDelivery checks that a signature opens what it was made from, and that one changed character closes it.
func FuzzDelivery(f *testing.F) {
	for _, pair := range [][2]string{{"c_crop,h_20,w_10", "image.jpg"}, {"", "a%20b.jpg"}, {"l_text:Arial_10:a%2520b", "http://a.com/%3F"}, {"w_1", "100%"}, {"%", "%2"}} {
		f.Add(pair[0], pair[1], "secret")
	}
	f.Fuzz(func(t *testing.T, transformation, source, secret string) {
		signature := Delivery(transformation, source, secret)
		if len(signature) != shortSignature || !VerifyDelivery(signature, transformation, source, secret) {
			t.Fatalf("%q of %q and %q is not valid", signature, transformation, source)
		}
		wrong := []byte(signature)
		wrong[3] ^= 1
		if VerifyDelivery(string(wrong), transformation, source, secret) {
			t.Fatalf("%q is valid for %q and %q", wrong, transformation, source)
		}
		for _, text := range []string{"", signature[:7], signature + signature, strings.Repeat(signature, 4)} {
			if VerifyDelivery(text, transformation, source, secret) {
				t.Fatalf("%q is valid", text)
			}
		}
	})
}
