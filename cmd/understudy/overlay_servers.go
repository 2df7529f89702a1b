package main

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"understudy/directives/spec"
)

// servers is the Server function of a [spec.Overlay]: nil if nobody stands in for any.
func (o *overlay) servers() func(host string, port int) (to string, ok bool) {
	if o == nil || len(o.upstreams) == 0 {
		return nil
	}
	var list []spec.Substitution
	for _, s := range o.upstreams {
		list = append(list, spec.Substitution{From: s.from, To: s.to})
	}
	return func(host string, port int) (string, bool) { return spec.Substitute(list, host, port) }
}

// server returns the text of who is connected to where the configuration says text, an
// address or a URL with one.
func (o *overlay) server(text string) string {
	instead := o.servers()
	if instead == nil {
		return text
	}
	scheme, address, ok := strings.Cut(text, "://")
	if !ok {
		scheme, address = "", text
	}
	host, port := "", map[string]int{"http": 80, "https": 443}[scheme]
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		path, _, _ = strings.Cut(path, ":") // and a URI
		host, port = "unix:"+path, 0
	} else {
		host, _, _ = strings.Cut(address, "/")
		if h, p, err := net.SplitHostPort(host); err == nil {
			n, _ := strconv.ParseUint(p, 10, 16)
			host, port = h, int(n)
		}
	}
	if to, ok := instead(host, port); ok {
		return to
	}
	return text
}

// hostOf is the name that a URL or address has to be looked up for; "" if it has none.
func hostOf(text string) string {
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = rest
	}
	if strings.HasPrefix(text, "unix:") || strings.HasPrefix(text, "[") {
		return ""
	}
	if i := strings.IndexAny(text, "/?"); i >= 0 {
		text = text[:i]
	}
	host, _, _ := strings.Cut(text, ":")
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return host
}
