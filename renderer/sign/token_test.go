package sign

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

func tokenKey(t testing.TB) []byte {
	t.Helper()
	key, err := hex.DecodeString("00112233FF99")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestTokenVectors holds tokens to those that the SDKs make (signing contract, section 5).
func TestTokenVectors(t *testing.T) {
	for _, test := range []struct {
		options TokenOptions
		want    string
	}{
		{TokenOptions{Start: time.Unix(11111111, 0), End: time.Unix(11111411, 0), Path: "/image/authenticated/v1486020273/sample.jpg"},
			"st=11111111~exp=11111411~hmac=8db0d753ee7bbb9e2eaf8698ca3797436ba4c20e31f44527e43b6a6e995cfdb3"},
		{TokenOptions{Start: time.Unix(11111111, 0), End: time.Unix(11111411, 0), Path: "/test123/image/authenticated/v1486020273/sample.jpg"},
			"st=11111111~exp=11111411~hmac=9bd6f41e2a5893da8343dc8eb648de8bf73771993a6d1457d49851250caf3b80"},
		{TokenOptions{Start: time.Unix(1111111111, 0), End: time.Unix(1111111411, 0), ACL: []string{"/image/*"}},
			"st=1111111111~exp=1111111411~acl=%2fimage%2f*~hmac=1751370bcc6cfe9e03f30dd1a9722ba0f2cdca283fa3e6df3342a00a7528cc51"},
		{TokenOptions{Start: time.Unix(222222222, 0), End: time.Unix(222222522, 0), ACL: []string{"/*/t_foobar"}},
			"st=222222222~exp=222222522~acl=%2f*%2ft_foobar~hmac=8e39600cc18cec339b21fe2b05fcb64b98de373355f8ce732c35710d8b10259f"},
		{TokenOptions{Start: time.Unix(222222222, 0), End: time.Unix(222222522, 0), ACL: []string{"/*/t_foobar", "t_foobar/*/"}},
			"st=222222222~exp=222222522~acl=%2f*%2ft_foobar!t_foobar%2f*%2f~hmac=45d51dd32dd26a3c2339155f454076c1d8fbd93c611965461569a0b4279bbdd5"},
	} {
		if got := NewToken(test.options, tokenKey(t)); got != test.want {
			t.Errorf("\n got %s\nwant %s", got, test.want)
		}
	}
}

func TestWhatTokensOpen(t *testing.T) {
	key, now := tokenKey(t), time.Unix(1000, 0)
	const path = "/demo/image/authenticated/w_10/v1/a%20b.jpg"
	later := now.Add(time.Minute)
	for name, test := range map[string]struct {
		options  TokenOptions
		path, ip string
		want     bool
	}{
		"its path":               {TokenOptions{End: later, Path: path}, path, "", true},
		"another path":           {TokenOptions{End: later, Path: path}, path + "x", "", false},
		"an ACL":                 {TokenOptions{End: later, ACL: []string{"/demo/image/*"}}, path, "", true},
		"an ACL in the middle":   {TokenOptions{End: later, ACL: []string{"/*/authenticated/*/v1/*"}}, path, "", true},
		"another ACL":            {TokenOptions{End: later, ACL: []string{"/demo/video/*"}}, path, "", false},
		"an ACL that is shorter": {TokenOptions{End: later, ACL: []string{"/demo/image"}}, path, "", false},
		"an ACL for all folders": {TokenOptions{End: later, ACL: []string{"*.jpg"}}, path, "", true},
		"an ACL that is longer":  {TokenOptions{End: later, ACL: []string{path + "x"}}, path, "", false},
		"a star for nothing":     {TokenOptions{End: later, ACL: []string{path + "**"}}, path, "", true},
		"the second of two ACLs": {TokenOptions{End: later, ACL: []string{"/x/*", "/demo/*"}}, path, "", true},
		"not yet":                {TokenOptions{Start: later, End: later, Path: path}, path, "", false},
		"from now":               {TokenOptions{Start: now, End: later, Path: path}, path, "", true},
		"to now":                 {TokenOptions{End: now, Path: path}, path, "", true},
		"expired":                {TokenOptions{End: now.Add(-time.Second), Path: path}, path, "", false},
		"its address":            {TokenOptions{IP: "10.1.2.3", End: later, Path: path}, path, "::ffff:10.1.2.3", true},
		"another address":        {TokenOptions{IP: "10.1.2.3", End: later, Path: path}, path, "10.1.2.4", false},
		"no address":             {TokenOptions{IP: "10.1.2.3", End: later, Path: path}, path, "", false},
	} {
		token, err := ParseToken(NewToken(test.options, key))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := token.Opens(test.path, test.ip, now, key); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
		if token.Opens(test.path, test.ip, now, append([]byte{1}, key...)) {
			t.Errorf("%s: opened with another key", name)
		}
	}
}

func TestMalformedTokens(t *testing.T) {
	mac := "~hmac=" + strings.Repeat("0", 64)
	for _, text := range []string{
		"", mac, "exp=1", "exp=x" + mac, "exp=-1" + mac, "exp=0" + mac, "st=1" + mac, "exp=1~st=1" + mac, "exp=1~exp=2" + mac, "exp=1~foo=2" + mac,
		"exp=1~acl=" + mac, "exp=1~hmac=00", "exp=1~hmac=zz", "exp=1" + mac + "00", "exp=1" + mac + "0", "exp=1" + mac + "zz", "st=-1~exp=1" + mac, "exp=99999999999999999999" + mac, strings.Repeat("x", 5000),
		"exp=1~acl=" + strings.Repeat("a!", maxACLs) + "a" + mac, longToken(maxToken + 1),
	} {
		if token, err := ParseToken(text); err == nil {
			t.Errorf("%q is %+v", text, token)
		}
	}
}

// longToken is well formed and has a length in bytes.
func longToken(length int) string {
	const start = "exp=1~acl="
	mac := "~hmac=" + strings.Repeat("0", 64)
	return start + strings.Repeat("a", length-len(start)-len(mac)) + mac
}

func TestTokensUpToTheirBounds(t *testing.T) {
	if _, err := ParseToken(longToken(maxToken)); err != nil {
		t.Errorf("%d bytes: %v", maxToken, err)
	}
	// Half an escape at the end is none.
	acl := strings.Repeat("a!", maxACLs-2) + "%!%2"
	if token, err := ParseToken("exp=1~acl=" + acl + "~hmac=" + strings.Repeat("0", 64)); err != nil || len(token.ACL) != maxACLs || token.ACL[maxACLs-2] != "%" || token.ACL[maxACLs-1] != "%2" {
		t.Errorf("%d patterns: %v", maxACLs, err)
	}
}

func TestTokenKeys(t *testing.T) {
	keys, err := ParseTokenKeys("00ff\n\n  AB \r\n")
	if err != nil || len(keys) != 2 || keys[0][1] != 0xff || keys[1][0] != 0xab {
		t.Errorf("%v, %v", keys, err)
	}
	if _, err := ParseTokenKeys("00ff\nsecret\n"); err == nil || err.Error() != "line 2 is no hexadecimal key" {
		t.Errorf("%v", err)
	}
}
