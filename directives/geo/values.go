package geo

import (
	"cmp"
	"net/netip"
	"slices"
	"sort"
)

// values are what addresses have, as borders: from one on, up to the next, all
// have the same.
type values struct {
	v4, v6 borders
}

// find returns the value of a, which is not an IPv4 address mapped to IPv6.
func (v *values) find(a netip.Addr) []byte {
	if a.Is4() || len(v.v6) == 0 {
		return v.v4.find(a)
	}
	return v.v6.find(a)
}

type borders []border

type border struct {
	from netip.Addr
	val  []byte
}

func (bs borders) find(a netip.Addr) []byte {
	i := sort.Search(len(bs), func(i int) bool { return bs[i].from.Compare(a) > 0 })
	if i == 0 {
		return nothing
	}
	return bs[i-1].val
}

var nothing = []byte{}

// A span is a range of addresses with a value. Spans may lie in each other.
type span struct {
	from, to netip.Addr
	val      []byte
}

// flatten makes borders of spans that are disjoint or nested; the innermost
// span gives an address its value, and outside of all of them it is rest.
func flatten(spans []span, first netip.Addr, rest []byte) borders {
	slices.SortStableFunc(spans, func(a, b span) int {
		return cmp.Or(a.from.Compare(b.from), b.to.Compare(a.to))
	})
	var bs borders
	put := func(from netip.Addr, val []byte) {
		if n := len(bs); n > 0 && bs[n-1].from == from {
			bs[n-1].val = val
			return
		}
		bs = append(bs, border{from, val})
	}
	put(first, rest)
	var open []span
	leave := func() {
		to := open[len(open)-1].to
		open = open[:len(open)-1]
		next := to.Next()
		if !next.IsValid() {
			return // it was the last address
		}
		if n := len(open); n > 0 {
			put(next, open[n-1].val)
		} else {
			put(next, rest)
		}
	}
	for _, s := range spans {
		for len(open) > 0 && open[len(open)-1].to.Less(s.from) {
			leave()
		}
		put(s.from, s.val)
		open = append(open, s)
	}
	for len(open) > 0 {
		leave()
	}
	return bs
}

// last returns the last address of a network.
func last(p netip.Prefix) netip.Addr {
	bytes := p.Addr().AsSlice()
	for i := range bytes {
		if bits := p.Bits() - 8*i; bits < 8 {
			bytes[i] |= 0xff >> max(bits, 0)
		}
	}
	a, _ := netip.AddrFromSlice(bytes)
	return a
}
