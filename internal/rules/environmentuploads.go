package rules

import (
	"crypto/x509"
	"encoding/pem"
	"net/netip"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func validateUploads(spec *v1alpha1.UploadsSpec, path *field.Path) field.ErrorList {
	errs := validatePositive(spec.MaxImageSize, path.Child("maxImageSize"))
	errs = append(errs, validatePositive(spec.MaxRawSize, path.Child("maxRawSize"))...)
	errs = append(errs, validateRange(path.Child("maxImagePixels"), spec.MaxImagePixels, 1, 2_000_000_000)...)
	errs = append(errs, validateOneOf(path.Child("folderMode"), spec.FolderMode, v1alpha1.FolderModeFixed, v1alpha1.FolderModeDynamic)...)
	if spec.Fetch != nil {
		errs = append(errs, validateFetch(spec.Fetch, path.Child("fetch"))...)
	}
	return errs
}

func validateFetch(spec *v1alpha1.FetchSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, cidr := range spec.AllowedCIDRs {
		prefix, err := netip.ParsePrefix(cidr)
		switch path := path.Child("allowedCIDRs").Index(i); {
		case err != nil:
			errs = append(errs, field.Invalid(path, cidr, "must be a CIDR such as 10.1.0.0/16"))
		case prefix != prefix.Masked():
			errs = append(errs, field.Invalid(path, cidr, "must have no bits beyond its length; "+prefix.Masked().String()+" has none"))
		}
	}
	for i, domain := range spec.AllowedDomains {
		errs = append(errs, validateHostname(strings.ToLower(domain), path.Child("allowedDomains").Index(i))...)
	}
	for i, alias := range spec.HostAliases {
		path := path.Child("hostAliases").Index(i)
		errs = append(errs, validateHostname(strings.ToLower(alias.Host), path.Child("host"))...)
		if _, err := netip.ParseAddr(alias.IP); err != nil {
			errs = append(errs, field.Invalid(path.Child("ip"), alias.IP, "must be an IP address"))
		}
	}
	if spec.CABundle != "" && !holdsCertificates([]byte(spec.CABundle)) {
		errs = append(errs, field.Invalid(path.Child("caBundle"), field.OmitValueType{}, "must be certificates in PEM, and nothing else"))
	}
	return errs
}

// holdsCertificates says whether bundle is PEM blocks of certificates that can be parsed, and at least one.
func holdsCertificates(bundle []byte) bool {
	found := false
	for {
		block, rest := pem.Decode(bundle)
		if block == nil {
			return found && strings.TrimSpace(string(rest)) == ""
		}
		if block.Type != "CERTIFICATE" {
			return false
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return false
		}
		found, bundle = true, rest
	}
}
