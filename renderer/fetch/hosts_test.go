package fetch

import (
	"strings"
	"testing"
)

func TestDomains(t *testing.T) {
	d, err := newDomains([]string{"Example.com", "*.cdn.example.org", "localhost.", "[2001:db8::1]"})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{
		"example.com": true, "EXAMPLE.COM": true, "example.com.": true, "a.cdn.example.org": true, "a.b.cdn.example.org": true, "localhost": true,
		"www.example.com": false, "badexample.com": false, "example.com.evil.org": false, "cdn.example.org": false, "acdn.example.org": false,
		"example": false, "": false,
	} {
		if got := d.allow(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
	if none, err := newDomains(nil); err != nil || !none.allow("anything.example") {
		t.Errorf("an empty list closes hosts: %v", err)
	}
	for _, pattern := range []string{"", "*", "*.", "a.*.b", "http://example.com", "example.com/x", "example.com:80", "a b", "user@host"} {
		if _, err := newDomains([]string{pattern}); err == nil || !strings.Contains(err.Error(), `"`+pattern+`"`) {
			t.Errorf("%q: %v, want an error that names it", pattern, err)
		}
	}
}

func TestAliases(t *testing.T) {
	a, err := newAliases(map[string]string{"Store.internal": "10.0.0.5", "six.internal": "fd00::5", "port.internal": "10.0.0.6:8080"})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"store.internal:80": "10.0.0.5:80", "STORE.internal.:443": "10.0.0.5:443", "six.internal:80": "[fd00::5]:80", "port.internal:80": "10.0.0.6:8080",
		"x.store.internal:80": "", "other:80": "", "store.internal": "",
	} {
		if got, ok := a.lookup(address); got != want || ok != (want != "") {
			t.Errorf("%s is dialed at %q, %v, want %q", address, got, ok, want)
		}
	}
	for host, target := range map[string]string{"a b": "10.0.0.1", "a:80": "10.0.0.1", "a": "b.internal", "b": ""} {
		if _, err := newAliases(map[string]string{host: target}); err == nil || !strings.Contains(err.Error(), `"`+host+`"`) {
			t.Errorf("%q: %q: %v, want an error that names it", host, target, err)
		}
	}
}
