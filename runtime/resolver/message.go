package resolver

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"time"
)

// Messages of the DNS (RFC 1035), as far as addresses and services (RFC 2782)
// need them.

type recordType uint16

const (
	typeA     recordType = 1
	typeCNAME recordType = 5
	typeAAAA  recordType = 28
	typeSRV   recordType = 33
)

const (
	classIN    = 1
	headerSize = 12

	flagResponse  = 1 << 15
	flagTruncated = 1 << 9
	flagRecursion = 1 << 8 // desired
	flagsMask     = 0xf870 // response, operation, and what must be zero
	rcodeMask     = 0xf
)

// errMessage says that a response is none, or none to the question.
var errMessage = errors.New("invalid DNS response")

// appendQuery appends a question for the records of a name. The error is that
// the name cannot be one.
func appendQuery(p []byte, id uint16, name string, t recordType) ([]byte, error) {
	p = binary.BigEndian.AppendUint16(p, id)
	p = binary.BigEndian.AppendUint16(p, flagRecursion)
	p = append(p, 0, 1, 0, 0, 0, 0, 0, 0)
	name = strings.TrimSuffix(name, ".")
	if len(name) > maxName {
		return nil, errMessage
	}
	for rest, more := name, true; more; {
		var label string
		label, rest, more = strings.Cut(rest, ".")
		if label == "" || len(label) > 63 {
			return nil, errMessage
		}
		p = append(append(p, byte(len(label))), label...)
	}
	p = append(p, 0)
	p = binary.BigEndian.AppendUint16(p, uint16(t))
	return binary.BigEndian.AppendUint16(p, classIN), nil
}

// records are what is known of a name.
type records struct {
	code     int // 0: no error
	addrs    []netip.Addr
	services []service
	alias    string        // of a CNAME, if there is nothing else
	ttl      time.Duration // the least of the records'
}

// A service is an SRV record.
type service struct {
	priority, weight, port uint16
	target                 string
}

// An answer is what a response says.
type answer struct {
	records
	truncated bool
}

// parseAnswer reads the response to a query made by appendQuery.
func parseAnswer(p, query []byte) (a answer, err error) {
	if len(p) < len(query) || p[0] != query[0] || p[1] != query[1] {
		return a, errMessage
	}
	flags := binary.BigEndian.Uint16(p[2:])
	questions, answers := binary.BigEndian.Uint16(p[4:]), int(binary.BigEndian.Uint16(p[6:]))
	if flags&flagsMask != flagResponse || questions != 1 || !sameQuestion(p[headerSize:len(query)], query[headerSize:]) {
		return a, errMessage
	}
	a.code, a.truncated = int(flags&rcodeMask), flags&flagTruncated != 0
	if a.code == FormatError || a.code > refused {
		return a, errMessage // nginx logs it and asks the next server
	}
	if a.code != 0 || a.truncated {
		return a, nil
	}
	at := len(query)
	asked := recordType(binary.BigEndian.Uint16(query[len(query)-4:]))
	a.ttl = -1
	for range answers {
		next, ok := skipName(p, at)
		if !ok || next+10 > len(p) {
			return a, errMessage
		}
		t, class := recordType(binary.BigEndian.Uint16(p[next:])), binary.BigEndian.Uint16(p[next+2:])
		ttl := time.Duration(int32(binary.BigEndian.Uint32(p[next+4:]))) * time.Second
		data := next + 10
		if at = data + int(binary.BigEndian.Uint16(p[next+8:])); at > len(p) || class != classIN {
			return a, errMessage
		}
		if ttl = max(ttl, 0); a.ttl < 0 || ttl < a.ttl {
			a.ttl = ttl
		}
		if !a.add(p, data, at, t, asked) {
			return a, errMessage
		}
	}
	if len(a.addrs)+len(a.services) > 0 {
		a.alias = ""
	}
	return a, nil
}

// add adds a record whose data are p[data:end], and tells whether it belongs to
// the answer. Records of other types mean nothing.
func (a *answer) add(p []byte, data, end int, t, asked recordType) (ok bool) {
	switch {
	case t == typeA || t == typeAAAA:
		if asked == typeSRV {
			break
		}
		addr, ok := netip.AddrFromSlice(p[data:end])
		if !ok || t != asked || addr.Is4() != (t == typeA) {
			return false
		}
		a.addrs = append(a.addrs, addr)
	case t == typeCNAME:
		a.alias, _, ok = readName(p, data)
		return ok
	case t == typeSRV && asked == typeSRV:
		if end < data+6 {
			return false
		}
		s := service{
			priority: binary.BigEndian.Uint16(p[data:]),
			weight:   max(1, binary.BigEndian.Uint16(p[data+2:])),
			port:     binary.BigEndian.Uint16(p[data+4:]),
		}
		if s.target, _, ok = readName(p, data+6); !ok {
			return false
		}
		a.services = append(a.services, s)
	}
	return true
}

// sameQuestion compares questions; the case of names does not matter.
func sameQuestion(a, b []byte) bool {
	for i := range a {
		x, y := a[i], b[i]
		if x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z') {
			return false
		}
	}
	return true
}

// maxName bounds the text of a name, in bytes. The limit of RFC 1035 is 253, but
// nginx knows none.
const maxName = 1000

// maxJumps bounds how often a name goes on elsewhere in the message.
const maxJumps = 16

// skipName returns where what follows the name at a place begins. Whose records
// are in an answer does not matter, so where a name goes on elsewhere nobody looks.
func skipName(p []byte, at int) (next int, ok bool) {
	for start := at; at < len(p); at += 1 + int(p[at]) {
		switch {
		case p[at]&0xc0 != 0:
			return at + 2, true
		case p[at] == 0:
			return at + 1, at > start // the root has no records that are asked for
		}
	}
	return 0, false
}

// readName reads the name at a place and returns where what follows it begins.
func readName(p []byte, at int) (text string, next int, ok bool) {
	var b strings.Builder
	for jumps := 0; at < len(p); {
		n := int(p[at])
		switch {
		case n == 0:
			if next == 0 {
				next = at + 1
			}
			return b.String(), next, true
		case n >= 0xc0:
			if at+1 >= len(p) || jumps == maxJumps {
				return "", 0, false
			}
			if next == 0 {
				next = at + 2
			}
			jumps++
			at = n&0x3f<<8 | int(p[at+1])
			continue
		case n > 63 || at+1+n > len(p) || b.Len()+n > maxName:
			return "", 0, false
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.Write(p[at+1 : at+1+n])
		at += 1 + n
	}
	return "", 0, false
}
