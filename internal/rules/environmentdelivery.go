package rules

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

var qualityPattern = regexp.MustCompile(`^(auto(:(best|good|eco|low))?|[1-9][0-9]?|100)$`)

func validateDelivery(spec *v1alpha1.DeliverySpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, host := range spec.Hosts {
		errs = append(errs, validateHostname(strings.ToLower(host), path.Child("hosts").Index(i))...)
	}
	if spec.PublicBaseURL != "" {
		u, err := url.Parse(spec.PublicBaseURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
			strings.Trim(u.EscapedPath(), "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			errs = append(errs, field.Invalid(path.Child("publicBaseURL"), spec.PublicBaseURL, "must be scheme://host[:port] with scheme http or https"))
		}
	}
	if spec.SecureHost != "" {
		errs = append(errs, validateHostPort(spec.SecureHost, path.Child("secureHost"))...)
	}
	if spec.DefaultQuality != "" && !qualityPattern.MatchString(spec.DefaultQuality) {
		errs = append(errs, field.Invalid(path.Child("defaultQuality"), spec.DefaultQuality, "must be auto, auto:best, auto:good, auto:eco, auto:low, or 1 to 100"))
	}
	for i, remote := range spec.RemoteTypes {
		if u, err := url.Parse(strings.ReplaceAll(remote.URL, "{id}", "id")); err != nil || u.Scheme != "http" && u.Scheme != "https" ||
			u.Host == "" || !strings.Contains(remote.URL, "{id}") || strings.Contains(strings.SplitN(remote.URL+"/", "/", 4)[2], "{id}") {
			errs = append(errs, field.Invalid(path.Child("remoteTypes").Index(i).Child("url"), remote.URL, "must be an http or https URL with {id} in its path or query"))
		}
	}
	errs = append(errs, validateRange(path.Child("refetchAfterSeconds"), spec.RefetchAfterSeconds, 1, 31_536_000)...)
	errs = append(errs, validateRange(path.Child("cacheMaxAgeSeconds"), spec.CacheMaxAgeSeconds, 0, 31_536_000)...)
	return append(errs, validateRange(path.Child("maxOutputPixels"), spec.MaxOutputPixels, 1, 2_000_000_000)...)
}

func validateHostPort(hostPort string, path *field.Path) field.ErrorList {
	host, port, hasPort := strings.Cut(hostPort, ":")
	errs := validateHostname(strings.ToLower(host), path)
	if number, err := strconv.Atoi(port); hasPort && (err != nil || len(validation.IsValidPortNum(number)) > 0) {
		errs = append(errs, field.Invalid(path, hostPort, "must be a host name, with :port where it is not 443"))
	}
	return errs
}
