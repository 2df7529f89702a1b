package doctor

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// nearPorts is how far from a port another is worth to be named, and usual are those
// of servers that people develop with.
const nearPorts = 20

var usual = []uint16{3000, 4000, 4200, 5000, 5173, 8000, 8080, 8888, 9000}

// near says who listens on other addresses, or about the port a that nobody listens on.
// If there is but one who may be meant, only is its address.
func near(a netip.AddrPort, all []Listener) (text, only string) {
	local := a.Addr().IsLoopback() || a.Addr().IsUnspecified()
	if !local {
		return "", ""
	}
	var elsewhere, beside []Listener
	for _, l := range all {
		switch {
		case l.Addr.Port() == a.Port():
			elsewhere = append(elsewhere, l)
		case distance(l.Addr.Port(), a.Port()) <= nearPorts, slices.Contains(usual, l.Addr.Port()):
			beside = append(beside, l)
		}
	}
	if len(elsewhere) > 0 {
		return fmt.Sprintf("%s listens on %s only", elsewhere[0].who(), elsewhere[0].Addr), elsewhere[0].Addr.String()
	}
	slices.SortFunc(beside, func(x, y Listener) int {
		return cmp.Compare(distance(x.Addr.Port(), a.Port()), distance(y.Addr.Port(), a.Port()))
	})
	var texts []string
	for _, l := range beside {
		if t := fmt.Sprintf("%s listens on %d", l.who(), l.Addr.Port()); !slices.Contains(texts, t) {
			texts = append(texts, t)
		}
	}
	if len(texts) == 1 {
		only = fmt.Sprintf("localhost:%d", beside[0].Addr.Port())
	}
	return strings.Join(texts[:min(len(texts), 3)], ", "), only
}

func distance(a, b uint16) int { return max(int(a)-int(b), int(b)-int(a)) }

func (l Listener) who() string {
	switch {
	case l.Name != "":
		return fmt.Sprintf("%s (process %d)", l.Name, l.PID)
	case l.PID != 0:
		return fmt.Sprintf("process %d", l.PID)
	}
	return "a process of another user"
}
