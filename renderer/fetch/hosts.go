package fetch

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// domains is the allow-list of hosts; empty allows all.
type domains struct {
	hosts map[string]bool
	below []string
}

func newDomains(patterns []string) (domains, error) {
	d := domains{hosts: map[string]bool{}}
	for _, pattern := range patterns {
		host := normalize(pattern)
		parent, wild := strings.CutPrefix(host, "*.")
		if err := checkHost(parent); err != nil {
			return domains{}, fmt.Errorf("allowed domain %q: %w", pattern, err)
		}
		if wild {
			d.below = append(d.below, "."+parent)
		} else {
			d.hosts[host] = true
		}
	}
	return d, nil
}

func (d domains) allow(host string) bool {
	if len(d.hosts) == 0 && len(d.below) == 0 {
		return true
	}
	host = normalize(host)
	if d.hosts[host] {
		return true
	}
	for _, suffix := range d.below {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

// aliases maps normalized host names to an address, with or without a port.
type aliases map[string]string

func newAliases(hosts map[string]string) (aliases, error) {
	a := make(aliases, len(hosts))
	for host, target := range hosts {
		if err := checkHost(host); err != nil {
			return nil, fmt.Errorf("host alias: %w", err)
		}
		_, addrErr := netip.ParseAddr(target)
		_, portErr := netip.ParseAddrPort(target)
		if addrErr != nil && portErr != nil {
			return nil, fmt.Errorf("host alias %q: %q is neither an IP address nor IP:port", host, target)
		}
		a[normalize(host)] = target
	}
	return a, nil
}

// lookup gives what is dialed for address, host:port.
func (a aliases) lookup(address string) (string, bool) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", false
	}
	target, ok := a[normalize(host)]
	if !ok {
		return "", false
	}
	if _, err := netip.ParseAddr(target); err == nil {
		return net.JoinHostPort(target, port), true
	}
	return target, true
}

func normalize(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// checkHost accepts what can be the host of a URL, without a port.
func checkHost(host string) error {
	u, err := url.Parse("http://" + host + "/")
	if err != nil || u.Host != host || u.Hostname() == "" || u.Port() != "" || u.Path != "/" || strings.Contains(host, "*") {
		return fmt.Errorf("%q is not a host name", host)
	}
	return nil
}
