package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// account is what CLOUDINARY_URL says.
type account struct {
	cloud, key, secret string
	// servers are the hosts that it names, with their ports: only they are shown the secret.
	servers []string
}

// parseAccount reads cloudinary://key:secret@cloud[/distribution]?upload_prefix=…&cname=…&secure_distribution=….
func parseAccount(text string) (*account, error) {
	if text == "" {
		return nil, errors.New("CLOUDINARY_URL is not set")
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme != "cloudinary" || parsed.User == nil {
		return nil, errors.New("CLOUDINARY_URL is not cloudinary://api_key:api_secret@cloud_name")
	}
	secret, _ := parsed.User.Password()
	a := &account{cloud: parsed.Hostname(), key: parsed.User.Username(), secret: secret}
	if a.cloud == "" || a.key == "" || a.secret == "" {
		return nil, errors.New("CLOUDINARY_URL lacks the api_key, the api_secret or the cloud name")
	}
	if prefix, err := url.Parse(parsed.Query().Get("upload_prefix")); err == nil && prefix.Host != "" {
		a.servers = append(a.servers, prefix.Host)
	}
	for _, name := range []string{"cname", "secure_distribution", "secure_cname"} {
		if host := parsed.Query().Get(name); host != "" {
			a.servers = append(a.servers, host)
		}
	}
	if distribution := strings.Trim(parsed.Path, "/"); distribution != "" {
		a.servers = append(a.servers, distribution)
	}
	return a, nil
}

// trusts refuses to show the secret to a host that nobody has named.
func (a *account) trusts(host, server string) error {
	for _, known := range append([]string{server}, a.servers...) {
		if known != "" && strings.EqualFold(known, host) {
			return nil
		}
	}
	return fmt.Errorf("%s is no host that CLOUDINARY_URL names: name it with --server to send it the access key", host)
}
