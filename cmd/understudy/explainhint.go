package main

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"understudy/directives/http/httpcore"
	"understudy/directives/spec"
	"understudy/directives/stream/streamcore"
	"understudy/runtime"
)

// explainHint is a command that explains a request to the configuration, as it can be
// pasted into a shell; "" if it listens on no port.
func (s *screen) explainHint(c *configuration) string {
	to := urlInside(c)
	if to == "" {
		return ""
	}
	src := s.f.source
	words := []string{"understudy", "explain", s.short(src.conf)}
	if dir := strings.TrimSuffix(absolute(filepath.Dir(src.conf)), "/") + "/"; dir != src.prefix {
		words = append(words, "--prefix", src.prefix)
	}
	words = append(append(words, s.f.overlay.said...), to)
	for i, w := range words {
		words[i] = shellWord(w)
	}
	return strings.Join(words, " ")
}

// urlInside is a URL with a port as the configuration has it, wherever that is in truth.
func urlInside(c *configuration) string {
	if c.compiled.HTTP != nil {
		l := spec.Result[httpcore.Listening](c.compiled.Main)
		if a, i := firstPort(l.Entries, "tcp"); i >= 0 {
			u := url.URL{Scheme: "http", Host: "localhost", Path: "/"}
			standard := uint16(80)
			if x := l.Ports[i].Address(a.Addr()); x != nil && x.SSL {
				u.Scheme, standard = "https", 443
			}
			if a.Port() != standard {
				u.Host = net.JoinHostPort(u.Host, strconv.Itoa(int(a.Port())))
			}
			return u.String()
		}
	}
	if c.compiled.Stream != nil {
		if a, i := firstPort(spec.Result[streamcore.Listening](c.compiled.Main).Entries, "tcp"); i >= 0 {
			return "tcp://localhost:" + strconv.Itoa(int(a.Port()))
		}
	}
	return ""
}

// firstPort is the first socket of a network that has a port; -1 if there is none.
func firstPort(entries []runtime.Entry, network string) (netip.AddrPort, int) {
	for i := range entries {
		if a, err := netip.ParseAddrPort(entries[i].Addr); err == nil && entries[i].Network == network {
			return a, i
		}
	}
	return netip.AddrPort{}, -1
}

// shellWord quotes a word for a shell, where it has to be.
func shellWord(w string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_./:=@%+,-", c)
	}
	if w != "" && strings.TrimFunc(w, plain) == "" {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}
