package main

import (
	"net/netip"

	"understudy/directives"
	"understudy/runtime/httpd"
)

// mapping tells the http block how its clients reach it: by the ports that sockets
// have in truth, and by the names of the overlay.
func (f *foreground) mapping(c *directives.Compiled) *httpd.Mapping {
	ports := map[int]int{}
	for i := range c.Graph.Listen {
		o := &c.Graph.Listen[i].Options
		if o.Bind == "" || o.Network != "tcp" {
			continue
		}
		from, err := netip.ParseAddrPort(o.Addr)
		to, terr := netip.ParseAddrPort(o.Bind)
		if err == nil && terr == nil && from.Port() != to.Port() {
			ports[int(from.Port())] = int(to.Port())
		}
	}
	return f.overlay.mapping(c, ports)
}

// mapping is how clients reach the http block by ports and by the names of the overlay.
func (o *overlay) mapping(c *directives.Compiled, ports map[int]int) *httpd.Mapping {
	hosts := map[string]string{}
	for _, h := range o.hosts {
		hosts[h.from] = h.to
	}
	return httpd.NewMapping(c.HTTP, ports, hosts)
}
