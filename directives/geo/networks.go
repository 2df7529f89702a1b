package geo

import (
	"net/netip"

	"understudy/directives/spec"
)

// networks are the lines of a block without "ranges".
type networks struct {
	used bool
	vals map[netip.Prefix][]byte
}

var (
	all4 = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	all6 = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
)

func (b *block) networkLine(line *spec.Call, word, arg string) error {
	b.nets.used = true
	switch word {
	case "default":
		b.addNetwork(line, all4, word, arg)
		b.addNetwork(line, all6, word, arg)
		return nil
	case "delete":
		p, err := network(line, 0, arg)
		if err != nil {
			return err
		}
		if _, ok := b.nets.vals[p]; !ok {
			line.Warnf(0, "no-network", `no network "%s" to delete`, arg)
		}
		delete(b.nets.vals, p)
		return nil
	}
	p, err := network(line, -1, word)
	if err != nil {
		return err
	}
	b.addNetwork(line, p, word, arg)
	return nil
}

func (b *block) addNetwork(line *spec.Call, p netip.Prefix, net, val string) {
	n := &b.nets
	if _, ok := n.vals[p]; ok {
		line.Warnf(-1, "duplicate-network", `duplicate network "%s", value: "%s", old value: "%s"`, net, val, n.longest(p.Addr()))
	}
	if n.vals == nil {
		n.vals = map[netip.Prefix][]byte{}
	}
	n.vals[p] = b.text(val)
}

// longest returns the value an address has by now: nginx's old value of a
// network is that of the network's first address.
func (n *networks) longest(a netip.Addr) []byte {
	for bits := a.BitLen(); bits >= 0; bits-- {
		p, _ := a.Prefix(bits)
		if val, ok := n.vals[p]; ok {
			return val
		}
	}
	return nil
}

// network reads an address or a network, which is argument i of a line.
func network(line *spec.Call, i int, text string) (netip.Prefix, error) {
	if text == "255.255.255.255" {
		return netip.PrefixFrom(none, 32), nil
	}
	p, exact, ok := spec.ParseCIDR(text)
	if !ok {
		return p, line.Errorf(i, `invalid network "%s"`, text)
	}
	if !exact {
		line.Warnf(i, "low-bits", "low address bits of %s are meaningless", text)
	}
	return p, nil
}

func (n *networks) values() values {
	var v4, v6 []span
	for p, val := range n.vals {
		s := span{p.Addr(), last(p), val}
		if p.Addr().Is4() {
			v4 = append(v4, s)
		} else {
			v6 = append(v6, s)
		}
	}
	return values{
		v4: flatten(v4, all4.Addr(), nothing),
		v6: flatten(v6, all6.Addr(), nothing),
	}
}
