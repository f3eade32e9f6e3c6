package sign

import (
	"strings"
	"testing"
)

func TestDeliveryVectors(t *testing.T) {
	for _, test := range []struct{ transformation, source, secret, want string }{
		{"c_crop,h_20,w_10", "image.jpg", "b", "Ai4Znfl3"},
		{"", "image.jpg", "b", "--SjmNDA"},
		{"", "sample.jpg", "b", "v2fTPYTu"},
		{"", "http://google.com/path/to/image.png", "b", "hH_YcbiS"},
		{"co_red,l_text:Times_70_bold:Cool%25F0%259F%2598%258D", "image.jpg", "b", "Uqk1a-5W"},
		{"w_10", "", "abcd", "Px3EtnqU"},
		{"w_100/e_sepia", "sample", "secret", "15JMHXkE"},
	} {
		t.Run(test.transformation+"/"+test.source, func(t *testing.T) {
			if got := Delivery(test.transformation, test.source, test.secret); got != test.want {
				t.Errorf("signed %s, want %s", got, test.want)
			}
			if !VerifyDelivery(test.want, test.transformation, test.source, test.secret) {
				t.Errorf("%s is refused", test.want)
			}
		})
	}
}

func TestVerifyDelivery(t *testing.T) {
	long := "2hbrSMPOjj5BJ4xV7SgFbRDevFaQNUFf"
	for signature, want := range map[string]bool{
		"v2fTPYTu":                           true,
		"2hbrSMPO":                           true,
		long:                                 true,
		"":                                   false,
		"v2fTPYT":                            false,
		"v2fTPYTuX":                          false,
		"V2fTPYTu":                           false,
		long[:31]:                            false,
		long[:31] + "g":                      false,
		long + "f":                           false,
		"2fTPYTuu" + strings.Repeat("u", 24): false,
		// All that SHA-1 gives: the long form is SHA-256 only.
		urlDigest(sha1Sum, "sample.jpgb", 27): false,
	} {
		if got := VerifyDelivery(signature, "", "sample.jpg", "b"); got != want {
			t.Errorf("%q: %v, want %v", signature, got, want)
		}
	}
	if VerifyDelivery("v2fTPYTu", "", "sample.jpg", "c") {
		t.Error("accepted with another secret")
	}
	if VerifyDelivery("v2fTPYTu", "w_10", "sample.jpg", "b") {
		t.Error("accepted with another transformation")
	}
	if VerifyDelivery("v2fTPYTu", "", "sample.png", "b") {
		t.Error("accepted for another source")
	}
	if !VerifyDelivery(Delivery("a", "b", "s"), "", "a/b", "s") {
		t.Error("the parts of a URL are signed apart, which SDKs do not")
	}
}

// TestVerifyDeliveryEncoded checks what SDKs have signed before they encode the URL.
func TestVerifyDeliveryEncoded(t *testing.T) {
	for name, test := range map[string]struct {
		// signed is what the SDK signed, the other two are in the URL.
		signedTransformation, signedSource string
		transformation, source             string
		want                               bool
	}{
		"as written":                       {"l_text:Arial_20:a%20b", "c%20d.jpg", "l_text:Arial_20:a%20b", "c%20d.jpg", true},
		"spaces of the transformation":     {"l_text:Arial_20:a b%2Cc", "c%20d.jpg", "l_text:Arial_20:a%20b%2Cc", "c%20d.jpg", true},
		"everything":                       {"l_text:Arial_20:a b,c", "ü d.jpg", "l_text:Arial_20:a%20b%2Cc", "%C3%BC%20d.jpg", true},
		"source only, decoded":             {"", "ü d+e.jpg", "", "%C3%BC%20d+e.jpg", true},
		"decoded once, not twice":          {"", "a b.jpg", "", "a%2520b.jpg", false},
		"encoded what the URL has decoded": {"", "a%20b.jpg", "", "a b.jpg", false},
		"invalid escapes, as written":      {"e_x:%zz", "a.jpg", "e_x:%zz", "a.jpg", true},
		"invalid escapes, spaces":          {"e_x:%zz b", "a.jpg", "e_x:%zz%20b", "a.jpg", true},
	} {
		t.Run(name, func(t *testing.T) {
			signature := Delivery(test.signedTransformation, test.signedSource, "s")
			if got := VerifyDelivery(signature, test.transformation, test.source, "s"); got != test.want {
				t.Errorf("verified %v, want %v", got, test.want)
			}
		})
	}
}
