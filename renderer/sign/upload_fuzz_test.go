package sign

import (
	"net/url"
	"testing"
)

// TestVerifyUploadWithEmptyValues has what the generated SDKs sign: parameters without a value are a part of it.
func TestVerifyUploadWithEmptyValues(t *testing.T) {
	params := url.Values{"timestamp": {"1"}, "tags": {""}, "context": {"a=b"}}
	signature := hexDigest(sha256Sum, "context=a=b&tags=&timestamp=1"+sdkSecret)
	if !VerifyUpload(params, signature, sdkSecret) {
		t.Error("the signature with the empty value is refused")
	}
	delete(params, "tags")
	if VerifyUpload(params, signature, sdkSecret) {
		t.Error("it is taken without the parameter that it was made with")
	}
	params.Set("tags", "x")
	if VerifyUpload(params, signature, sdkSecret) {
		t.Error("it is taken with another value")
	}
}

// FuzzUpload checks that a signature opens what it was made from, and nothing with a parameter more, fewer or changed.
func FuzzUpload(f *testing.F) {
	f.Add("public_id", "a", "tags[]", "x,y", "k")
	f.Add("context", "a=b", "eager", "w_1&x=2", "secret")
	f.Add("file", "x", "t[1]", "", "")
	f.Fuzz(func(t *testing.T, name, value, other, text, secret string) {
		params := url.Values{"timestamp": {"1"}, name: {value}}
		params[other] = append(params[other], text)
		signature := Upload(params, secret)
		if !signable(params) {
			if VerifyUpload(params, signature, secret) {
				t.Fatalf("%v is signed", params)
			}
			return
		}
		if !VerifyUpload(params, signature, secret) {
			t.Fatalf("%q is not valid for %v", signature, params)
		}
		if VerifyUpload(params, signature, secret+"x") || VerifyUpload(params, "", secret) || VerifyUpload(params, signature+"0", secret) {
			t.Fatalf("another signature is valid for %v", params)
		}
		params["timestamp"] = append(params["timestamp"], "2")
		if VerifyUpload(params, signature, secret) {
			t.Fatalf("%q is valid for %v", signature, params)
		}
	})
}
