package fetch

import (
	"context"
	"net/netip"
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	strict, err := newGuard(nil)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		// Public.
		"8.8.8.8": true, "1.1.1.1": true, "9.255.255.255": true, "11.0.0.0": true, "100.63.255.255": true, "100.128.0.0": true,
		"172.15.255.255": true, "172.32.0.0": true, "192.167.255.255": true, "192.169.0.0": true, "223.255.255.255": true,
		"2606:4700:4700::1111": true, "2a00:1450:4001::200e": true, "2001:4860:4860::8888": true,
		// This host, private, shared, link-local.
		"0.0.0.0": false, "0.1.2.3": false, "127.0.0.1": false, "127.255.255.254": false,
		"10.0.0.1": false, "10.255.255.255": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.0.1": false,
		"100.64.0.1": false, "100.127.255.255": false, "169.254.0.1": false,
		"::": false, "::1": false, "fc00::1": false, "fdff::1": false, "fe80::1": false, "fe80::1%eth0": false, "fec0::1": false,
		// Multicast, broadcast, reserved, documentation, benchmarking, protocols.
		"224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,
		"192.0.2.1": false, "198.51.100.1": false, "203.0.113.1": false, "198.18.0.1": false, "198.19.255.255": false,
		"192.0.0.8": false, "192.88.99.1": false,
		"ff02::1": false, "ff0e::1": false, "2001:db8::1": false, "3fff::1": false, "100::1": false, "5f00::1": false, "4000::1": false,
		// Metadata services of clouds.
		"169.254.169.254": false, "169.254.170.2": false, "100.100.100.200": false, "168.63.129.16": false, "192.0.0.192": false,
		"fd00:ec2::254": false, "fd20:ce::254": false,
		// IPv4 in IPv6: mapped.
		"::ffff:8.8.8.8": true, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:a9fe:a9fe": false, "::ffff:0.0.0.0": false,
		// Compatible: obsolete, nothing public.
		"::127.0.0.1": false, "::8.8.8.8": false,
		// NAT64.
		"64:ff9b::8.8.8.8": true, "64:ff9b::127.0.0.1": false, "64:ff9b::10.0.0.1": false, "64:ff9b::169.254.169.254": false,
		"64:ff9b:1::8.8.8.8": false, "64:ff9b:1::10.0.0.1": false, "64:ff9b:0:0:1::1": false, "64:ff9b::1:808:808": false,
		// 6to4.
		"2002:808:808::1": true, "2002:7f00:1::1": false, "2002:a00:1::1": false, "2002:a9fe:a9fe::1": false, "2002:c0a8:101::": false,
		// Teredo, of whatever server and client.
		"2001:0:4136:e378:8000:63bf:3fff:fdd2": false,
		// ISATAP: both what it is and what it leads to.
		"2a00:1450::5efe:8.8.8.8": true, "2a00:1450::5efe:10.0.0.1": false, "2a00:1450::200:5efe:10.0.0.1": false, "2a00:1450::200:5efe:127.0.0.1": false,
		"fe80::5efe:8.8.8.8": false, "fd00::200:5efe:8.8.8.8": false,
	} {
		if got := strict.allows(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

func TestGuardOpened(t *testing.T) {
	for name, test := range map[string]struct {
		cidrs   []string
		allowed []string
		refused []string
	}{
		"a private range": {
			[]string{"10.1.0.0/16", "fd12::/16"},
			[]string{"10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "2002:a01:203::1", "fd12::1", "8.8.8.8"},
			[]string{"10.2.0.1", "127.0.0.1", "fd13::1", "64:ff9b::10.2.0.1"},
		},
		"written with host bits":        {[]string{"10.1.2.3/16"}, []string{"10.1.0.1"}, []string{"10.2.0.1"}},
		"written mapped":                {[]string{"::ffff:10.0.0.0/104"}, []string{"10.1.2.3"}, []string{"127.0.0.1"}},
		"wide ranges spare metadata":    {[]string{"0.0.0.0/0", "::/0"}, []string{"127.0.0.1", "10.0.0.1", "::1", "fe80::1", "169.254.1.1"}, []string{"169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "169.254.170.2", "169.254.170.23", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"}},
		"a range that begins there":     {[]string{"169.254.169.254/31"}, []string{"169.254.169.255"}, []string{"169.254.169.254"}},
		"metadata by its own address":   {[]string{"169.254.169.254/32", "fd00:ec2::254/128"}, []string{"169.254.169.254", "fd00:ec2::254"}, []string{"169.254.169.253", "169.254.170.2"}},
		"IPv6 does not open IPv4 in it": {[]string{"::/0"}, []string{"fd00::1"}, []string{"::ffff:127.0.0.1", "::ffff:10.0.0.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := newGuard(test.cidrs)
			if err != nil {
				t.Fatal(err)
			}
			for _, address := range test.allowed {
				if !g.allows(netip.MustParseAddr(address)) {
					t.Errorf("%s is refused", address)
				}
			}
			for _, address := range test.refused {
				if g.allows(netip.MustParseAddr(address)) {
					t.Errorf("%s is allowed", address)
				}
			}
		})
	}
	for _, cidr := range []string{"", "10.0.0.1", "10.0.0.0/33", "example.com", "::ffff:0.0.0.0/90"} {
		if _, err := newGuard([]string{cidr}); err == nil || !strings.Contains(err.Error(), `"`+cidr+`"`) {
			t.Errorf("range %q: %v, want an error that names it", cidr, err)
		}
	}
}

func TestControlRefusesOtherNetworks(t *testing.T) {
	g, err := newGuard([]string{"0.0.0.0/0"})
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range [][2]string{{"unix", "/run/socket"}, {"udp4", "8.8.8.8:53"}, {"tcp4", "example.com:80"}, {"tcp", "8.8.8.8:80"}} {
		if err := g.control(context.Background(), target[0], target[1], nil); err == nil {
			t.Errorf("%v is allowed", target)
		}
	}
	if err := g.control(context.Background(), "tcp4", "127.0.0.1:80", nil); err != nil {
		t.Error(err)
	}
}
