// Package credentials makes access keys and the entries of the Secrets for apps: everything that an unmodified
// Cloudinary SDK needs to reach an environment.
package credentials

import (
	"net/url"
	"strings"

	"github.com/darkroom-media/darkroom/internal/rules"
)

// Endpoint says where an environment is reached.
type Endpoint struct {
	// CloudName is the name that API paths and delivery URLs carry.
	CloudName string
	// UploadPrefix is the base of API URLs, scheme://host without a path.
	UploadPrefix string
	// Scheme and Host (with :port where there is one) are those of delivery URLs.
	Scheme, Host string
}

// EndpointOf says where an environment is reached. APIs are always reached by the Service; delivery URLs are for
// browsers too, so a TLS host or a public base URL wins there.
func EndpointOf(env *rules.Environment) Endpoint {
	endpoint := Endpoint{CloudName: env.CloudName, UploadPrefix: env.ServiceURL}
	endpoint.Scheme, endpoint.Host, _ = strings.Cut(env.SecureDeliveryBaseURL, "://")
	return endpoint
}

// DeliveryURL is the base of delivery URLs, with the cloud name.
func (e Endpoint) DeliveryURL() string { return e.Scheme + "://" + e.Host + "/" + e.CloudName }

// CloudinaryURL is what SDKs read from CLOUDINARY_URL. The SDKs name the delivery host differently: over TLS npm and
// Python read secure_distribution, Go reads secure_cname; without TLS all read cname where secure is false.
// secure_distribution is there without TLS, too, because npm's url() asks for https whatever the configuration says:
// an URL that nobody serves is better than one that leads out of the cluster.
func (e Endpoint) CloudinaryURL(pair Pair) string {
	query := url.Values{"upload_prefix": {e.UploadPrefix}, "secure_distribution": {e.Host}}
	if e.Scheme == "https" {
		query.Set("secure", "true")
		query.Set("secure_cname", e.Host)
	} else {
		query.Set("secure", "false")
		query.Set("cname", e.Host)
	}
	return (&url.URL{
		Scheme:   "cloudinary",
		User:     url.UserPassword(pair.APIKey, pair.APISecret),
		Host:     e.CloudName,
		RawQuery: query.Encode(),
	}).String()
}
