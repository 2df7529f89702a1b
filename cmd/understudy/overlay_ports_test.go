package main

import (
	"cmp"
	"io"
	"io/fs"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"understudy/runtime"
	"understudy/runtime/listen"
)

// A machine without IPv6, where ports below 1024 are for root and some are taken.
func probeOf(taken map[uint16]bool) func(*listen.Options, netip.AddrPort) error {
	return func(_ *listen.Options, a netip.AddrPort) error {
		switch {
		case a.Addr().Is6():
			return syscall.EAFNOSUPPORT
		case a.Port() < 1024:
			return fs.ErrPermission
		case taken[a.Port()]:
			return syscall.EADDRINUSE
		}
		return nil
	}
}

func graphOf(addrs ...string) *runtime.Graph {
	g := &runtime.Graph{}
	for _, a := range addrs {
		g.Listen = append(g.Listen, runtime.Entry{Options: listen.Options{Network: "tcp", Addr: a}})
	}
	return g
}

// placed are the sockets of a graph as they are bound.
func placed(g *runtime.Graph) string {
	var list []string
	for i := range g.Listen {
		list = append(list, address(&g.Listen[i].Options))
	}
	return strings.Join(list, ", ")
}

// Each step is a configuration and an overlay, read one after the other by one
// process, whose own sockets are taken for everybody else.
func TestPlacing(t *testing.T) {
	type step struct {
		listen  string
		overlay map[int]int
		want    string
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"no IPv6, at a reload either", []step{
			{"0.0.0.0:80 [::]:80", nil, "0.0.0.0:8080 for 0.0.0.0:80"},
			{"0.0.0.0:80 [::]:80", nil, "0.0.0.0:8080 for 0.0.0.0:80"},
			{"0.0.0.0:80 [::]:80 0.0.0.0:9000 [::]:9000", nil, "0.0.0.0:8080 for 0.0.0.0:80, 0.0.0.0:9000"},
		}},
		{"an overlay that is edited", []step{
			{"0.0.0.0:80 0.0.0.0:9000", nil, "0.0.0.0:8080 for 0.0.0.0:80, 0.0.0.0:9000"},
			{"0.0.0.0:80 0.0.0.0:9000", map[int]int{80: 8090}, "0.0.0.0:8090 for 0.0.0.0:80, 0.0.0.0:9000"},
			{"0.0.0.0:80 0.0.0.0:9000", map[int]int{80: 8090, 9000: 9001}, "0.0.0.0:8090 for 0.0.0.0:80, 0.0.0.0:9001 for 0.0.0.0:9000"},
			{"0.0.0.0:80 0.0.0.0:9000", map[int]int{80: 9001, 9000: 8090}, "0.0.0.0:9001 for 0.0.0.0:80, 0.0.0.0:8090 for 0.0.0.0:9000"},
			{"0.0.0.0:80 0.0.0.0:9000", nil, "0.0.0.0:8080 for 0.0.0.0:80, 0.0.0.0:9000"},
		}},
		{"an overlay that says what is so already", []step{
			{"0.0.0.0:80", nil, "0.0.0.0:8080 for 0.0.0.0:80"},
			{"0.0.0.0:80", map[int]int{80: 8080}, "0.0.0.0:8080 for 0.0.0.0:80"},
			{"0.0.0.0:80", nil, "0.0.0.0:8080 for 0.0.0.0:80"},
		}},
		{"an overlay that is refused changes nothing", []step{
			{"0.0.0.0:80", map[int]int{80: 8090}, "0.0.0.0:8090 for 0.0.0.0:80"},
			{"0.0.0.0:80", map[int]int{80: 81}, "error: port 81 cannot be used for 80"},
			{"0.0.0.0:80", map[int]int{80: 8090}, "0.0.0.0:8090 for 0.0.0.0:80"},
		}},
		{"a port of another process", []step{
			{"0.0.0.0:5000 0.0.0.0:5001", nil, "0.0.0.0:5002 for 0.0.0.0:5000, 0.0.0.0:5001"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &foreground{overlay: &overlay{}, stderr: io.Discard, said: map[string]bool{}}
			taken := map[uint16]bool{5000: true}
			p := &placing{f: f, probe: probeOf(taken)}
			var held []runtime.Entry
			for i, s := range tt.steps {
				f.overlay = &overlay{ports: s.overlay}
				g := graphOf(strings.Fields(s.listen)...)
				err := p.place(g, held)
				if err != nil {
					if got := "error: " + err.Error(); !strings.HasPrefix(got, s.want) {
						t.Errorf("step %d: got %q, want %q", i+1, got, s.want)
					}
					continue
				}
				if got := placed(g); got != s.want {
					t.Errorf("step %d: got %q, want %q", i+1, got, s.want)
				}
				held = g.Listen
				taken = map[uint16]bool{5000: true}
				for i := range held {
					taken[netip.MustParseAddrPort(cmp.Or(held[i].Bind, held[i].Addr)).Port()] = true
				}
				p.probe = probeOf(taken)
			}
		})
	}
}
