package geo

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"understudy/directives/spec"
)

// ranges are the lines of a block with "ranges". As in nginx they are kept in
// pieces, one for each high half of the addresses: its warnings and errors are
// about pieces.
type ranges struct {
	fallback []byte
	set      bool // fallback was given
	pieces   map[uint16][]piece
}

// A piece is a range of the low halves of addresses.
type piece struct {
	start, end uint16
	val        []byte
}

func (b *block) rangeLine(line *spec.Call, word, arg string) error {
	r := &b.ranges
	if word == "default" {
		if r.set {
			line.Warnf(-1, "duplicate-default", `duplicate default geo range value: "%s", old value: "%s"`, arg, r.fallback)
		}
		r.fallback, r.set = b.text(arg), true
		return nil
	}
	net := word
	if word == "delete" {
		net = arg
	}
	start, end, ok := parseRange(net)
	if !ok {
		return line.Errorf(-1, `invalid range "%s"`, net)
	}
	if r.pieces == nil {
		r.pieces = map[uint16][]piece{}
	}
	if word == "delete" {
		if !r.del(start, end) {
			line.Warnf(0, "no-range", `no address range "%s" to delete`, net)
		}
		return nil
	}
	return r.add(line, net, start, end, b.text(arg))
}

func parseRange(s string) (start, end uint32, ok bool) {
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		return 0, 0, false
	}
	a, ok1 := parse([]byte(from))
	z, ok2 := parse([]byte(to))
	if !ok1 || !ok2 || !a.Is4() || !z.Is4() {
		return 0, 0, false
	}
	start, end = number(a), number(z)
	return start, end, start <= end
}

func number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

func address(high, low uint16) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(high >> 8), byte(high), byte(low >> 8), byte(low)})
}

// split calls f for each piece of a range.
func split(start, end uint32, f func(high, s, e uint16) error) error {
	for high := start >> 16; high <= end>>16; high++ {
		s, e := uint16(0), uint16(0xffff)
		if high == start>>16 {
			s = uint16(start)
		}
		if high == end>>16 {
			e = uint16(end)
		}
		if err := f(uint16(high), s, e); err != nil {
			return err
		}
	}
	return nil
}

// add adds a range. It may be a part of another, but not overlap it.
func (r *ranges) add(line *spec.Call, net string, start, end uint32, val []byte) error {
	return split(start, end, func(high, s, e uint16) error {
		list := r.pieces[high]
		i := len(list) - 1
		for i >= 0 && e < list[i].start {
			i--
		}
		switch {
		case i < 0 || s > list[i].end:
			list = slices.Insert(list, i+1, piece{s, e, val})
		case s == list[i].start && e == list[i].end:
			line.Warnf(-1, "duplicate-range", `duplicate range "%s", value: "%s", old value: "%s"`, net, val, list[i].val)
			list[i].val = val
		case s > list[i].start && e < list[i].end:
			after := piece{e + 1, list[i].end, list[i].val}
			list[i].end = s - 1
			list = slices.Insert(list, i+1, piece{s, e, val}, after)
		case s == list[i].start && e < list[i].end:
			list[i].start = e + 1
			list = slices.Insert(list, i, piece{s, e, val})
		case s > list[i].start && e == list[i].end:
			list[i].end = s - 1
			list = slices.Insert(list, i+1, piece{s, e, val})
		default:
			old := fmt.Sprintf("%v-%v", address(high, list[i].start), address(high, list[i].end))
			return line.Errorf(-1, `range "%s" overlaps "%s"`, net, old)
		}
		r.pieces[high] = list
		return nil
	})
}

// del takes out a range, and reports whether all its pieces were there.
func (r *ranges) del(start, end uint32) bool {
	all := true
	split(start, end, func(high, s, e uint16) error {
		list := r.pieces[high]
		i := slices.IndexFunc(list, func(p piece) bool { return p.start == s && p.end == e })
		if i < 0 {
			all = false
		} else {
			r.pieces[high] = slices.Delete(list, i, i+1)
		}
		return nil
	})
	return all
}

// values returns the values of IPv4 addresses. All others have the default.
func (r *ranges) values() values {
	if !r.set {
		r.fallback = nothing
	}
	var spans []span
	for high, list := range r.pieces {
		for _, p := range list {
			spans = append(spans, span{address(high, p.start), address(high, p.end), p.val})
		}
	}
	return values{
		v4: flatten(spans, all4.Addr(), r.fallback),
		v6: borders{{all6.Addr(), r.fallback}},
	}
}
