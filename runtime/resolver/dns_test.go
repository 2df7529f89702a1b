package resolver

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A record is what a name server knows of a name.
type record struct {
	t    recordType
	ttl  uint32
	data string // an address, an alias, or "PRIORITY WEIGHT PORT TARGET"
}

// A nameServer answers from a table; names that are not in it do not exist.
type nameServer struct {
	addr  netip.AddrPort
	names map[string][]record
	codes map[string]int // answers that are errors
	big   bool           // answers by UDP are truncated
	quiet atomic.Bool    // no answers
	asked atomic.Int32
}

func newNameServer(t *testing.T, names map[string][]record, edit ...func(*nameServer)) *nameServer {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{addr: pc.LocalAddr().(*net.UDPAddr).AddrPort(), names: names}
	for _, f := range edit {
		f(s)
	}
	ln, err := net.Listen("tcp", s.addr.String())
	if err != nil {
		t.Skip("the port is not free for TCP")
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 512)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			s.asked.Add(1)
			if !s.quiet.Load() {
				pc.WriteTo(s.respond(buf[:n], s.big), from)
			}
		}
	})
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			var size [2]byte
			io.ReadFull(c, size[:])
			q := make([]byte, binary.BigEndian.Uint16(size[:]))
			io.ReadFull(c, q)
			a := s.respond(q, false)
			c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...))
			c.Close()
		}
	})
	t.Cleanup(func() {
		pc.Close()
		ln.Close()
		wg.Wait()
	})
	return s
}

func (s *nameServer) respond(q []byte, truncated bool) []byte {
	name, next, _ := readName(q, headerSize)
	t := recordType(binary.BigEndian.Uint16(q[next:]))
	a := append([]byte{}, q...)
	flags := uint16(flagResponse | flagRecursion)
	list, known := s.names[name]
	switch code, wrong := s.codes[name]; {
	case wrong:
		flags |= uint16(code)
	case !known:
		flags |= NotFound
	}
	if truncated {
		flags |= flagTruncated
		list = nil
	}
	n := uint16(0)
	for _, r := range list {
		if r.t != t && r.t != typeCNAME {
			continue
		}
		n++
		a = append(a, 0xc0, headerSize) // the name of the question
		a = binary.BigEndian.AppendUint16(a, uint16(r.t))
		a = binary.BigEndian.AppendUint16(a, classIN)
		a = binary.BigEndian.AppendUint32(a, r.ttl)
		var data []byte
		switch r.t {
		case typeCNAME:
			data = appendName(nil, r.data)
		case typeSRV:
			f := strings.Fields(r.data)
			for _, number := range f[:3] {
				n, _ := strconv.Atoi(number)
				data = binary.BigEndian.AppendUint16(data, uint16(n))
			}
			data = appendName(data, f[3])
		default:
			data = netip.MustParseAddr(r.data).AsSlice()
		}
		a = append(binary.BigEndian.AppendUint16(a, uint16(len(data))), data...)
	}
	binary.BigEndian.PutUint16(a[2:], flags)
	binary.BigEndian.PutUint16(a[6:], n)
	return a
}

func appendName(p []byte, name string) []byte {
	for label := range strings.SplitSeq(name, ".") {
		p = append(append(p, byte(len(label))), label...)
	}
	return append(p, 0)
}

func resolve(t *testing.T, r *Resolver, host string) string {
	t.Helper()
	addrs, err := r.Resolve(context.Background(), host, 5*time.Second)
	if err != nil {
		return err.Error()
	}
	var texts []string
	for _, a := range addrs {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, " ")
}

func TestResolve(t *testing.T) {
	s := newNameServer(t, map[string][]record{
		"a.example":     {{typeA, 60, "192.0.2.1"}, {typeA, 60, "192.0.2.2"}},
		"both.example":  {{typeAAAA, 60, "2001:db8::1"}, {typeA, 60, "192.0.2.1"}},
		"six.example":   {{typeAAAA, 60, "2001:db8::1"}},
		"empty.example": {},
		"alias.example": {{typeCNAME, 60, "a.example"}},
		"loop.example":  {{typeCNAME, 60, "loop.example"}},
	}, func(s *nameServer) { s.codes = map[string]int{"broken.example": 2, "refused.example": 5} })
	for host, want := range map[string]string{
		"a.example":       "192.0.2.1 192.0.2.2",
		"both.example":    "192.0.2.1 2001:db8::1",
		"six.example":     "2001:db8::1",
		"alias.example":   "192.0.2.1 192.0.2.2",
		"nobody.example":  "nobody.example could not be resolved (3: Host not found)",
		"empty.example":   "empty.example could not be resolved (3: Host not found)",
		"loop.example":    "loop.example could not be resolved (3: Host not found)",
		"broken.example":  "broken.example could not be resolved (2: Server failure)",
		"refused.example": "refused.example could not be resolved (5: Operation refused)",
		"bad..example":    "bad..example could not be resolved (3: Host not found)",
	} {
		r := New([]netip.AddrPort{s.addr})
		if got := resolve(t, r, host); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
	r := New([]netip.AddrPort{s.addr})
	r.IPv6 = false
	if got := resolve(t, r, "six.example"); got != "six.example could not be resolved (3: Host not found)" {
		t.Errorf("without IPv6: %s", got)
	}
	if got := resolve(t, r, "A.Example."); got != "192.0.2.1 192.0.2.2" {
		t.Errorf("in another case: %s", got)
	}
}

func TestTruncated(t *testing.T) {
	s := newNameServer(t, map[string][]record{"a.example": {{typeA, 60, "192.0.2.1"}}}, func(s *nameServer) { s.big = true })
	if got := resolve(t, New([]netip.AddrPort{s.addr}), "a.example"); got != "192.0.2.1" {
		t.Error(got)
	}
}

func TestCache(t *testing.T) {
	s := newNameServer(t, map[string][]record{"a.example": {{typeA, 60, "192.0.2.1"}, {typeA, 90, "192.0.2.2"}}})
	r := New([]netip.AddrPort{s.addr})
	r.IPv6 = false
	now := time.Unix(1e9, 0) // answers live for whole seconds
	r.now = func() time.Time { return now }
	ask := func(what string, want int32) {
		t.Helper()
		s.asked.Store(0)
		resolve(t, r, "a.example")
		if n := s.asked.Load(); n != want {
			t.Errorf("%s: %d questions", what, n)
		}
	}
	ask("first", 1)
	ask("kept", 0)
	now = now.Add(61*time.Second - 1)
	ask("still good", 0)
	now = now.Add(1)
	ask("over", 1)
	r.Valid = time.Hour
	now = now.Add(61 * time.Second)
	ask("valid", 1)
	now = now.Add(time.Hour)
	ask("for as long as valid says", 0)
	orders := map[string]bool{}
	for range 100 {
		orders[resolve(t, r, "a.example")] = true
	}
	if len(orders) != 2 {
		t.Errorf("the orders are %v", orders)
	}
	s.asked.Store(0)
	for range 2 { // failures are not kept
		resolve(t, r, "nobody.example")
	}
	if n := s.asked.Load(); n != 2 {
		t.Errorf("%d questions about nobody", n)
	}
}

// TestShared: many that want a name ask once.
func TestShared(t *testing.T) {
	s := newNameServer(t, map[string][]record{"a.example": {{typeA, 60, "192.0.2.1"}}})
	r := New([]netip.AddrPort{s.addr})
	r.IPv6 = false
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if got := resolve(t, r, "a.example"); got != "192.0.2.1" {
				t.Error(got)
			}
		})
	}
	wg.Wait()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("%d questions", n)
	}
}

// TestSilent: the next server is asked when one says nothing, or is not there.
func TestSilent(t *testing.T) {
	s := newNameServer(t, map[string][]record{"a.example": {{typeA, 60, "192.0.2.1"}}})
	silent := newNameServer(t, nil)
	silent.quiet.Store(true)
	gone, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	for _, first := range []netip.AddrPort{silent.addr, gone.LocalAddr().(*net.UDPAddr).AddrPort()} {
		r := New([]netip.AddrPort{first, s.addr})
		r.resend = 20 * time.Millisecond
		if got := resolve(t, r, "a.example"); got != "192.0.2.1" {
			t.Error(got)
		}
	}
	r := New([]netip.AddrPort{silent.addr})
	r.resend = 5 * time.Millisecond
	_, err = r.Resolve(context.Background(), "a.example", 30*time.Millisecond)
	if err == nil || err.Error() != "a.example could not be resolved (110: Operation timed out)" {
		t.Errorf("nobody answers: %v", err)
	}
	canceled, cancel2 := context.WithCancel(context.Background())
	cancel2()
	if _, err := r.Resolve(canceled, "a.example", 0); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	silent.quiet.Store(false) // end the question that nobody waits for
	for {
		r.mu.Lock()
		n := len(r.names)
		r.mu.Unlock()
		if n == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
}

func TestSweep(t *testing.T) {
	r := New([]netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1")})
	ended := make(chan struct{})
	close(ended)
	for i := range maxNames {
		e := &entry{done: ended, until: r.now().Unix() + int64(i%2*2-1)*3600}
		r.names[query{name: string(rune('a'+i%26)) + string(rune(0x100+i))}] = e
	}
	r.sweep()
	if n := len(r.names); n != maxNames/2 {
		t.Errorf("%d names are left", n)
	}
}

// Names that are all good yet are not looked through for each that comes.
func TestSweepOfGoodNames(t *testing.T) {
	r := New([]netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1")})
	ended := make(chan struct{})
	close(ended)
	add := func(n int, until int64) {
		for range n {
			r.names[query{name: fmt.Sprint(len(r.names))}] = &entry{done: ended, until: r.now().Unix() + until}
		}
	}
	add(2*maxNames, 3600)
	r.sweep()
	add(maxNames, -3600)
	r.sweep()
	if n := len(r.names); n != 3*maxNames {
		t.Errorf("%d names are left, want all: too few have come", n)
	}
	add(maxNames, -3600)
	r.sweep()
	if n := len(r.names); n != 2*maxNames {
		t.Errorf("%d names are left, want those that are good", n)
	}
}

func TestParseAnswerOther(t *testing.T) {
	q, err := appendQuery(nil, 7, "a.example", typeA)
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{names: map[string][]record{"a.example": {{typeA, 60, "192.0.2.1"}}}}
	good := s.respond(q, false)
	for _, c := range []struct {
		name string
		edit func(p []byte) []byte
	}{
		{"another id", func(p []byte) []byte { p[1]++; return p }},
		{"a question", func(p []byte) []byte { p[2] &= 0x7f; return p }},
		{"another name", func(p []byte) []byte { p[headerSize+1] = 'b'; return p }},
		{"another type", func(p []byte) []byte { p[len(q)-3] = byte(typeAAAA); return p }},
		{"two questions", func(p []byte) []byte { p[5] = 2; return p }},
		{"an answer to another operation", func(p []byte) []byte { p[2] |= 0x10; return p }},
		{"bits that must be zero", func(p []byte) []byte { p[3] |= 0x40; return p }},
		{"a question that was not understood", func(p []byte) []byte { p[3] |= 1; return p }},
		{"an unknown error", func(p []byte) []byte { p[3] |= 6; return p }},
		{"a record of another class", func(p []byte) []byte { p[len(q)+5] = 3; return p }},
		{"an address of another type", func(p []byte) []byte { p[len(q)+3] = byte(typeAAAA); return p }},
		{"cut", func(p []byte) []byte { return p[:len(p)-1] }},
		{"more answers than there are", func(p []byte) []byte { p[7] = 2; return p }},
		{"a record of the root", func(p []byte) []byte {
			return slices.Delete(slices.Replace(p, len(q), len(q)+1, 0), len(q)+1, len(q)+2)
		}},
	} {
		if a, err := parseAnswer(c.edit(slices.Clone(good)), q); err == nil {
			t.Errorf("%s: %+v", c.name, a)
		}
	}
	circle := slices.Clone(good)
	circle[len(q)+1] = byte(len(q)) // whose record it is does not matter
	if a, err := parseAnswer(circle, q); err != nil || len(a.addrs) != 1 {
		t.Errorf("a name that goes in circles: %+v, %v", a, err)
	}
	good[headerSize+1] = 'A' // case does not matter
	if a, err := parseAnswer(good, q); err != nil || len(a.addrs) != 1 || a.ttl != time.Minute {
		t.Errorf("%+v, %v", a, err)
	}
	for _, host := range []string{"", ".", "a..b", strings.Repeat("a", 64), strings.Repeat("a.", 500) + "a"} {
		if _, err := appendQuery(nil, 1, host, typeA); err == nil {
			t.Errorf("%q is taken for a name", host)
		}
	}
}

func FuzzParseAnswer(f *testing.F) {
	q, _ := appendQuery(nil, 7, "a.example", typeA)
	srv, _ := appendQuery(nil, 7, "a.example", typeSRV)
	s := &nameServer{names: map[string][]record{"a.example": {
		{typeA, 60, "192.0.2.1"}, {typeCNAME, 1, "b.example"}, {typeSRV, 9, "1 2 80 b.example"},
	}}}
	f.Add(s.respond(q, false))
	f.Add(s.respond(q, true))
	f.Add(s.respond(srv, false))
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, q := range [][]byte{q, srv} {
			a, err := parseAnswer(p, q)
			if err == nil && ((len(a.addrs)+len(a.services))*14 > len(p) || len(a.alias) > maxName) {
				t.Fatalf("%+v of %d bytes", a, len(p))
			}
		}
	})
}

// TestContain: a question that panics is answered with a failure, and can be asked again.
func TestContain(t *testing.T) {
	r := New(nil)
	faults := make(chan any, 4)
	r.Caught = func(fault any) { faults <- fault }
	for range 2 {
		_, err := r.Resolve(context.Background(), "a.example", time.Minute)
		if err == nil || err.Error() != "a.example could not be resolved (2: Server failure)" {
			t.Errorf("got %v", err)
		}
		if len(faults) != 1 {
			t.Fatalf("%d faults were told of, want 1", len(faults))
		}
		<-faults // of a division by the number of servers
	}
}
