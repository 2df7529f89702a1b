package httpd

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"understudy/runtime/h1"
	"understudy/runtime/header"
)

// A Mapping is how clients reach a configuration on a machine that is not its
// own: by other ports and names than it says of itself. The configuration sees its
// own; what goes out to clients is changed so that they come back.
type Mapping struct {
	ports map[int]int       // the configuration's, and the clients'
	hosts map[string]string // likewise, in lower case
	inner map[string]string // the reverse of hosts
	names map[string]bool   // of all servers
	tails []string          // of wildcard names: ".example.com"
}

// NewMapping maps ports and names of the servers of h. It is nil if nothing is
// mapped.
func NewMapping(h *HTTP, ports map[int]int, hosts map[string]string) *Mapping {
	if len(ports)+len(hosts) == 0 {
		return nil
	}
	m := &Mapping{ports: ports, hosts: hosts, inner: map[string]string{}, names: map[string]bool{}}
	for from, to := range hosts {
		m.inner[to] = from
		m.names[from] = true
	}
	for _, s := range h.Servers {
		for _, n := range s.Names {
			n = strings.ToLower(n)
			switch {
			case strings.HasPrefix(n, "*."):
				m.tails = append(m.tails, n[1:])
			case strings.HasPrefix(n, "."):
				m.tails = append(m.tails, n)
				m.names[n[1:]] = true
			default:
				m.names[n] = true
			}
		}
	}
	return m
}

// server returns the name by which the configuration knows a host that a client
// has named.
func (m *Mapping) server(host []byte) []byte {
	if in, ok := m.inner[string(host)]; ok {
		return []byte(in)
	}
	return host
}

// in changes what the head of a request says of a mapped host.
func (m *Mapping) in(r *Request) {
	in, ok := m.inner[string(r.Host)]
	if !ok {
		return
	}
	r.Host = []byte(in)
	h := r.Head
	if f := h.First(header.Host); f != nil {
		h.Replace(f, m.authority(in, int(r.LocalAddr().Port()), r.Secure()))
	}
	for _, id := range []header.ID{header.Origin, header.Referer} {
		f := h.First(id)
		if f == nil {
			continue
		}
		if u, ok := splitOrigin(h.Value(f)); ok {
			if name, ok := m.inner[u.host]; ok {
				v := append(append([]byte(u.scheme), "://"...), m.authority(name, m.portIn(u.port), u.secure())...)
				h.Replace(f, append(v, u.rest...))
			}
		}
	}
}

// portIn returns the configuration's port of one that clients use.
func (m *Mapping) portIn(port int) int {
	for in, out := range m.ports {
		if out == port {
			return in
		}
	}
	return port
}

// authority is a host with its port, if that is not the scheme's own.
func (m *Mapping) authority(host string, port int, secure bool) []byte {
	b := []byte(host)
	if port != defaultPort(secure) {
		b = strconv.AppendInt(append(b, ':'), int64(port), 10)
	}
	return b
}

func defaultPort(secure bool) int {
	if secure {
		return 443
	}
	return 80
}

// An origin is a URL taken apart.
type origin struct {
	scheme, host string // in lower case
	port         int    // the scheme's own if none was given
	rest         []byte
}

func (u *origin) secure() bool { return u.scheme == "https" || u.scheme == "wss" }

// splitOrigin takes the URL of a scheme that is ours apart.
func splitOrigin(url []byte) (u origin, ok bool) {
	scheme, rest, ok := bytes.Cut(url, []byte("://"))
	u.scheme = strings.ToLower(string(scheme))
	if !ok || u.scheme != "http" && u.scheme != "https" && u.scheme != "ws" && u.scheme != "wss" {
		return u, false
	}
	end := bytes.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, port, err := h1.AppendHost(nil, rest[:end])
	if err != nil {
		return u, false
	}
	u.host, u.port, u.rest = string(host), int(port), rest[end:]
	if port == 0 {
		u.port = defaultPort(u.secure())
	}
	return u, true
}

// url returns a URL as clients reach it, if it is one of the configuration's own.
func (m *Mapping) url(r *Request, url []byte) []byte {
	u, ok := splitOrigin(url)
	if !ok || u.host != string(r.Host) && !m.own(u.host) {
		return url
	}
	host, port := u.host, u.port
	if to, ok := m.hosts[host]; ok {
		host = to
	}
	if to, ok := m.ports[port]; ok {
		port = to
	}
	if host == u.host && port == u.port {
		return url
	}
	b := r.Alloc(len(url) + len(host) + len(":65535"))
	b = append(append(append(b, u.scheme...), "://"...), m.authority(host, port, u.secure())...)
	return append(b, u.rest...)
}

// own reports whether a host is one of the configuration's, or the machine itself.
func (m *Mapping) own(host string) bool {
	if m.names[host] || host == "localhost" {
		return true
	}
	for _, t := range m.tails {
		if strings.HasSuffix(host, t) {
			return true
		}
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.IsLoopback()
}

// out changes the head of a response before it is sent.
func (m *Mapping) out(r *Request) {
	p := &r.Resp
	if len(p.Location) > 0 && p.Location[0] == '/' && r.Loc.AbsoluteRedirect {
		to := r.out.origin(r.Alloc(len("https://") + len(r.Host) + len(":65535") + len(p.Location)))
		p.Location = append(to, p.Location...)
	}
	if len(p.Location) > 0 {
		p.Location = m.url(r, p.Location)
	}
	h := &p.Headers
	for i := h.Len() - 1; i >= 0; i-- {
		f := h.At(i)
		switch {
		case f.ID == header.Location, header.EqualFold(f.Name, corsOrigin):
			f.Value = m.url(r, f.Value)
		case f.ID == header.Refresh:
			if n := bytes.Index(f.Value, []byte("http")); n > 0 {
				f.Value = append(append(r.Alloc(2*len(f.Value)), f.Value[:n]...), m.url(r, f.Value[n:])...)
			}
		case f.ID == header.SetCookie:
			f.Value = m.cookie(r, f.Value)
		case header.EqualFold(f.Name, transportSecurity), header.EqualFold(f.Name, altSvc):
			h.RemoveAt(i) // they would outlive the mapping, and name ports that are not there
		}
	}
	if p.Status == 301 || p.Status == 308 {
		h.SetID(header.CacheControl, []byte("no-store")) // likewise, in the browser's cache
	}
}

var (
	corsOrigin        = []byte("Access-Control-Allow-Origin")
	transportSecurity = []byte("Strict-Transport-Security")
	altSvc            = []byte("Alt-Svc")
)

// cookie removes the domain of a cookie that a browser would not take from the
// host it knows us by (RFC 6265 section 5.3).
func (m *Mapping) cookie(r *Request, v []byte) []byte {
	host := string(r.Host)
	if to, ok := m.hosts[host]; ok {
		host = to
	}
	out := r.Alloc(len(v))
	for i, part := range bytes.Split(v, []byte(";")) {
		name, domain, _ := bytes.Cut(bytes.TrimSpace(part), []byte("="))
		if i > 0 && bytes.EqualFold(name, []byte("domain")) {
			d := strings.ToLower(strings.TrimPrefix(string(bytes.TrimSpace(domain)), "."))
			if host != d && !strings.HasSuffix(host, "."+d) {
				continue
			}
		}
		if i > 0 {
			out = append(out, ';')
		}
		out = append(out, part...)
	}
	return out
}
