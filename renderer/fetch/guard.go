package fetch

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// closed are the ranges that are not public, from the IANA special-purpose address registries. For IPv6 it is enough
// to name what lies inside 2000::/3, since nothing outside it is public.
func closed() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),       // this network
		netip.MustParsePrefix("10.0.0.0/8"),      // private
		netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT
		netip.MustParsePrefix("127.0.0.0/8"),     // loopback
		netip.MustParsePrefix("169.254.0.0/16"),  // link-local
		netip.MustParsePrefix("172.16.0.0/12"),   // private
		netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
		netip.MustParsePrefix("192.0.2.0/24"),    // documentation
		netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
		netip.MustParsePrefix("192.168.0.0/16"),  // private
		netip.MustParsePrefix("198.18.0.0/15"),   // benchmarking
		netip.MustParsePrefix("198.51.100.0/24"), // documentation
		netip.MustParsePrefix("203.0.113.0/24"),  // documentation
		netip.MustParsePrefix("224.0.0.0/4"),     // multicast
		netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast
		netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo
		netip.MustParsePrefix("2001:db8::/32"),   // documentation
		netip.MustParsePrefix("3fff::/20"),       // documentation
	}
}

// metadata are the addresses at which clouds hand out credentials, whether or not they lie in a closed range.
func metadata() []netip.Addr {
	return []netip.Addr{
		netip.MustParseAddr("169.254.169.254"), // AWS, Azure, Google and others
		netip.MustParseAddr("169.254.170.2"),   // AWS ECS
		netip.MustParseAddr("169.254.170.23"),  // AWS EKS
		netip.MustParseAddr("100.100.100.200"), // Alibaba
		netip.MustParseAddr("168.63.129.16"),   // Azure
		netip.MustParseAddr("192.0.0.192"),     // Oracle
		netip.MustParseAddr("fd00:ec2::254"),   // AWS
		netip.MustParseAddr("fd00:ec2::23"),    // AWS EKS
		netip.MustParseAddr("fd20:ce::254"),    // Google
	}
}

// guard judges addresses. It is immutable.
type guard struct {
	closed   []netip.Prefix
	metadata []netip.Addr
	opened   []netip.Prefix
	public6  netip.Prefix
}

func newGuard(allowedCIDRs []string) (*guard, error) {
	g := &guard{closed: closed(), metadata: metadata(), public6: netip.MustParsePrefix("2000::/3")}
	for _, cidr := range allowedCIDRs {
		prefix, err := netip.ParsePrefix(cidr)
		if err != nil {
			return nil, fmt.Errorf("allowed range %q is not a CIDR such as 10.0.0.0/8", cidr)
		}
		if prefix.Addr().Is4In6() {
			// Addresses are judged unmapped; ::ffff:10.0.0.0/104 means 10.0.0.0/8.
			if prefix.Bits() < 96 {
				return nil, fmt.Errorf("allowed range %q: write IPv4 ranges as such", cidr)
			}
			prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
		}
		g.opened = append(g.opened, prefix.Masked())
	}
	return g, nil
}

// control is called by the dialer for every address it is about to connect to, when DNS has been asked.
func (g *guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return &refusedError{reason: "its address is not an IP address"}
	}
	if !g.allows(target.Addr()) {
		return &refusedError{reason: "its address is not public"}
	}
	return nil
}

// allows tells whether address, and every address that it stands for, is public or was opened.
func (g *guard) allows(address netip.Addr) bool {
	for _, form := range forms(address.WithZone("")) {
		if !g.allowsForm(form) {
			return false
		}
	}
	return true
}

func (g *guard) allowsForm(address netip.Addr) bool {
	if slices.Contains(g.metadata, address) {
		return slices.ContainsFunc(g.opened, func(p netip.Prefix) bool { return p.IsSingleIP() && p.Addr() == address })
	}
	if slices.ContainsFunc(g.opened, func(p netip.Prefix) bool { return p.Contains(address) }) {
		return true
	}
	if address.Is6() && !g.public6.Contains(address) {
		return false
	}
	return !slices.ContainsFunc(g.closed, func(p netip.Prefix) bool { return p.Contains(address) })
}

// forms gives the addresses at which packets to address may arrive. An IPv6 address can carry an IPv4 address: mapped
// (::ffff:a.b.c.d) and NAT64 (64:ff9b::a.b.c.d) lead to that only; 6to4 (2002:aabb:ccdd::) and ISATAP
// (…:5efe:a.b.c.d) may lead to either. Forms that are obsolete or ambiguous (compatible, Teredo, local NAT64) are
// not public to begin with.
func forms(address netip.Addr) []netip.Addr {
	if address.Is4() || address.Is4In6() {
		return []netip.Addr{address.Unmap()}
	}
	b := address.As16()
	head, interfaceID := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint32(b[8:12])
	last := netip.AddrFrom4([4]byte(b[12:]))
	switch {
	case head == 0x0064_ff9b_0000_0000 && interfaceID == 0:
		return []netip.Addr{last}
	case head>>48 == 0x2002:
		return []netip.Addr{address, netip.AddrFrom4([4]byte(b[2:6]))}
	case interfaceID&^0x0200_0000 == 0x0000_5efe:
		return []netip.Addr{address, last}
	}
	return []netip.Addr{address}
}
