package sign

import (
	"net/url"
	"strings"
)

// Lengths of a delivery signature: the default, and that of SDKs with long_url_signature (SHA-256 only).
const (
	shortSignature = 8
	longSignature  = 32
)

// Delivery signs a delivery URL: SHA-1, 8 characters, without the s-- and -- around it. Transformation and source
// are as in the URL; either may be empty.
func Delivery(transformation, source, secret string) string {
	return urlDigest(sha1Sum, deliveryString(transformation, source)+secret, shortSignature)
}

// VerifyDelivery tells whether signature, without s-- and --, was made from transformation and source (as in the
// URL, percent-encoded) with secret: SHA-1 or SHA-256 of 8 characters, or SHA-256 of 32. SDKs sign before they
// encode, so that spaces, and then everything, are also tried decoded once.
func VerifyDelivery(signature, transformation, source, secret string) bool {
	for _, signed := range deliveryCandidates(transformation, source) {
		signed += secret
		switch len(signature) {
		case shortSignature:
			for _, digest := range digests {
				if same(signature, urlDigest(digest, signed, shortSignature)) {
					return true
				}
			}
		case longSignature:
			if same(signature, urlDigest(sha256Sum, signed, longSignature)) {
				return true
			}
		}
	}
	return false
}

// deliveryCandidates are the strings that an SDK may have signed for one URL, the likeliest first.
func deliveryCandidates(transformation, source string) []string {
	written := deliveryString(transformation, source)
	candidates := []string{written}
	if !strings.Contains(written, "%") {
		return candidates
	}
	if strings.Contains(transformation, "%20") {
		spaced := strings.ReplaceAll(transformation, "%20", " ")
		candidates = append(candidates, deliveryString(spaced, source))
	}
	if decoded, err := url.PathUnescape(written); err == nil {
		candidates = append(candidates, decoded)
	}
	return candidates
}

func deliveryString(transformation, source string) string {
	if transformation == "" || source == "" {
		return transformation + source
	}
	return transformation + "/" + source
}
