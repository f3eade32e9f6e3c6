package sign

import (
	"maps"
	"net/url"
	"strings"
	"testing"
)

// Vectors of the SDKs' own tests.
const sdkSecret = "hdcixPpR2iKERPwqvH6sHdK9cyac"

// TestJoinVectors signs with cloud_name, as the SDKs' low-level helper does.
func TestJoinVectors(t *testing.T) {
	user := map[string]string{"cloud_name": "dn6ot3ged", "timestamp": "1568810420", "username": "user@cloudinary.com"}
	smuggled := map[string]string{"cloud_name": "dn6ot3ged", "timestamp": "1568810420", "notification_url": "https://fake.com/callback?a=1&tags=hello,world"}
	separate := map[string]string{"cloud_name": "dn6ot3ged", "timestamp": "1568810420", "notification_url": "https://fake.com/callback?a=1", "tags": "hello,world"}
	for name, test := range map[string]struct {
		params  map[string]string
		version int
		digest  func(string) []byte
		want    string
	}{
		"sha1":         {user, 2, sha1Sum, "14c00ba6d0dfdedbc86b316847d95b9e6cd46d94"},
		"sha256":       {user, 2, sha256Sum, "45ddaa4fa01f0c2826f32f669d2e4514faf275fe6df053f1a150e7beae58a3bd"},
		"v2, smuggled": {smuggled, 2, sha1Sum, "4fdf465dd89451cc1ed8ec5b3e314e8a51695704"},
		"v2, separate": {separate, 2, sha1Sum, "7b4e3a539ff1fa6e6700c41b3a2ee77586a025f9"},
		"v1, smuggled": {smuggled, 1, sha1Sum, "7b4e3a539ff1fa6e6700c41b3a2ee77586a025f9"},
		"v1, separate": {separate, 1, sha1Sum, "7b4e3a539ff1fa6e6700c41b3a2ee77586a025f9"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hexDigest(test.digest, join(test.params, test.version)+sdkSecret); got != test.want {
				t.Errorf("signed %s, want %s", got, test.want)
			}
		})
	}
}

func TestStringToSign(t *testing.T) {
	for name, test := range map[string]struct {
		params url.Values
		want   string
	}{
		"nothing": {url.Values{}, ""},
		"not signed": {
			url.Values{"file": {"x"}, "file[]": {"x"}, "cloud_name": {"c"}, "resource_type": {"image"}, "api_key": {"1"}, "signature": {"s"}, "x_unique_upload_id": {"u"}, "timestamp": {"1"}},
			"timestamp=1",
		},
		"sorted by name":   {url.Values{"b": {"2"}, "a": {"1"}, "timestamp": {"3"}, "Z": {"0"}}, "Z=0&a=1&b=2&timestamp=3"},
		"prefix of a name": {url.Values{"eager_async": {"1"}, "eager": {"w_1"}}, "eager=w_1&eager_async=1"},
		"empty is dropped": {url.Values{"a": {""}, "b": {}, "c": {"", ""}, "tags[]": {""}, "x": {"0"}, "y": {"false"}}, "c=,&x=0&y=false"},
		"as received":      {url.Values{"a": {" b+c%20d é= "}}, "a= b+c%20d é= "},
		"repeated []":      {url.Values{"tags[]": {"b", "a", "c"}}, "tags=b,a,c"},
		"repeated name":    {url.Values{"tags": {"b", "a"}}, "tags=b,a"},
		// As sort.Strings of the Go SDK has it: "t[10]" is before "t[1]".
		"indexes in order of keys":     {url.Values{"t[0]": {"a"}, "t[1]": {"b"}, "t[2]": {"c"}, "t[10]": {"k"}}, "t=a,k,b,c"},
		"folded before it is sorted":   {url.Values{"a[0]": {"1"}, "a0": {"2"}, "a[1]": {"3"}}, "a=1,3&a0=2"},
		"an index that is none":        {url.Values{"a[x]": {"1"}, "[0]": {"2"}, "b[-1]": {"3"}, "c]": {"4"}, "d[1": {"5"}, "e[9]": {"6"}}, "[0]=2&a[x]=1&b[-1]=3&c]=4&d[1=5&e=6"},
		"ampersands are escaped":       {url.Values{"n": {"u?a=1&b=2"}, "m": {"&"}, "k&": {"v"}}, "k%26=v&m=%26&n=u?a=1%26b=2"},
		"versions are no part of that": {url.Values{"signature_version": {"1"}, "a": {"1"}}, "a=1&signature_version=1"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := StringToSign(test.params, 2); got != test.want {
				t.Errorf("signed %q, want %q", got, test.want)
			}
		})
	}
	if got, want := StringToSign(url.Values{"n": {"a&b"}, "m": {"1"}}, 1), "m=1&n=a&b"; got != want {
		t.Errorf("version 1 signed %q, want %q", got, want)
	}
}

func TestVerifyUpload(t *testing.T) {
	params := url.Values{"timestamp": {"1568810420"}, "notification_url": {"https://fake.com/callback?a=1&b=2"}, "tags[]": {"x", "y"}}
	all := map[string]string{
		"v2 sha1":   hexDigest(sha1Sum, StringToSign(params, 2)+"s"),
		"v2 sha256": hexDigest(sha256Sum, StringToSign(params, 2)+"s"),
		"v1 sha1":   hexDigest(sha1Sum, StringToSign(params, 1)+"s"),
		"v1 sha256": hexDigest(sha256Sum, StringToSign(params, 1)+"s"),
	}
	if Upload(params, "s") != all["v2 sha1"] {
		t.Error("Upload does not sign by version 2 and SHA-1")
	}
	sent := url.Values{"file": {"data:"}, "api_key": {"1"}, "signature": {"ignored"}}
	maps.Copy(sent, params)
	changed := url.Values{"timestamp": {"1568810421"}, "notification_url": params["notification_url"], "tags[]": params["tags[]"]}
	for name, signature := range all {
		if !VerifyUpload(sent, signature, "s") {
			t.Errorf("%s is refused", name)
		}
		if VerifyUpload(sent, signature, "other") {
			t.Errorf("%s is accepted with another secret", name)
		}
		if VerifyUpload(changed, signature, "s") {
			t.Errorf("%s is accepted for other parameters", name)
		}
	}
	for _, signature := range []string{"", all["v2 sha1"][:39], all["v2 sha1"] + "0", "0000000000000000000000000000000000000000"} {
		if VerifyUpload(sent, signature, "s") {
			t.Errorf("%q is accepted", signature)
		}
	}
}

func TestAlgorithmOf(t *testing.T) {
	for signature, want := range map[string]Algorithm{
		hexDigest(sha1Sum, "x"): SHA1, hexDigest(sha256Sum, "x"): SHA256, "": SHA1, "x": SHA1, strings.Repeat("0", 65): SHA1,
	} {
		if got := AlgorithmOf(signature); got != want {
			t.Errorf("%q is of algorithm %d", signature, got)
		}
	}
}

func TestResponse(t *testing.T) {
	if got, want := Response("b8sjhoslj8cq8ovoa0ma", 1555337587, sdkSecret, SHA1), "3e974ccf50d4d1b195d2046c95994fe50ff81267"; got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
	if got, want := Response("folder/file", 1234, "b", SHA1), "7a3349cbb373e4812118d625047ede50b90e7b67"; got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
	if got, want := Response("b8sjhoslj8cq8ovoa0ma", 1555337587, sdkSecret, SHA256), "80f837513994d089160b01dd3ee04e6b86f127f75fab820dca5c15057deddc48"; got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
	if Response("a&b", 1, "s", SHA1) != hexDigest(sha1Sum, "public_id=a&b&version=1s") {
		t.Error("an ampersand is escaped, which version 1 does not")
	}
}

// TestVerifyUploadOfAmbiguousNames: what was signed of a value must not become valid as a part of a name, by which the
// parameter would be gone.
func TestVerifyUploadOfAmbiguousNames(t *testing.T) {
	signature := Upload(url.Values{"timestamp": {"1"}, "context": {"owner=me"}}, "s")
	if !VerifyUpload(url.Values{"timestamp": {"1"}, "context": {"owner=me"}}, signature, "s") {
		t.Error("what was signed is not valid")
	}
	for _, params := range []url.Values{
		{"timestamp": {"1"}, "context=owner": {"me"}},
		{"timestamp=1": {"context"}, "context=owner": {"me"}},
		{"timestamp": {"1"}, "context": {"owner=me"}, "a=b": {""}},
	} {
		if VerifyUpload(params, signature, "s") {
			t.Errorf("valid for %v", params)
		}
	}
}
