package doctor

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/gateway"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// A loop counts how often a client was sent to where it came from.
type loop struct {
	times int
	since time.Time
}

const (
	loopTimes  = 3
	loopWithin = 10 * time.Second
	loopsMost  = 256 // clients and addresses that are watched
)

// location returns the Location field of the response.
func location(r *httpd.Request) []byte {
	if to := r.Resp.Location; to != nil {
		return to
	}
	return r.Resp.Headers.Get(header.Location)
}

// redirect looks at where a client is sent.
func (d *Doctor) redirect(r *httpd.Request) []*Diagnosis {
	switch r.Resp.Status {
	case 301, 302, 303, 307, 308:
	default:
		return nil
	}
	to, err := url.Parse(string(location(r)))
	if err != nil {
		return nil
	}
	if r.Loc == nil || r.Head == nil {
		return nil
	}
	host := string(r.Header(header.Host))
	scheme := "http"
	if r.Secure() {
		scheme = "https"
	}
	var out []*Diagnosis
	if lost(to, scheme, host) {
		x := d.about(r, "lost-port", "absolute_redirect")
		_, port, _ := net.SplitHostPort(host)
		x.Text = fmt.Sprintf("the redirect to %s has lost the port %s of the request%s", text(location(r)), port, x.Setting.told())
		out = append(out, x)
	}
	if away := to.Hostname(); d.leaves(r, away, host) {
		x := d.about(r, "redirect-away", "return")
		x.Text = fmt.Sprintf("the redirect to %s sends the client from %s to %s, which is the name of a server here, and not this machine%s",
			text(location(r)), text([]byte(host)), text([]byte(away)), x.Setting.told())
		if _, err := netip.ParseAddr(away); err == nil {
			x.Text = fmt.Sprintf("the redirect to %s sends the client from %s to an address that is none of this machine%s", text(location(r)), text([]byte(host)), x.Setting.told())
		}
		x.Fix = fmt.Sprintf("To keep it here: --host %s=localhost.", text([]byte(away)))
		out = append(out, x)
	}
	if d.again(r, to, host) {
		x := d.about(r, "redirect-loop", "")
		x.Text = fmt.Sprintf("%s redirects to itself (%s), %d times by now", request(r), text(location(r)), loopTimes)
		if s := gateway.StateOf(r); s != nil && len(s.Request()) > 0 {
			x.Setting = d.where(r.Loc, "proxy_set_header")
			if v, ok := field(s.Request(), "X-Forwarded-Proto"); !ok {
				x.Text += fmt.Sprintf("; the upstream does not know that the scheme is %s: no X-Forwarded-Proto was sent", scheme)
			} else {
				x.Text += fmt.Sprintf("; the upstream was told X-Forwarded-Proto: %s", v)
			}
			if v := r.Head.Lookup(header.Hash("x-forwarded-proto"), []byte("X-Forwarded-Proto")); v != nil {
				x.Text += fmt.Sprintf(", the client of this server said %s", text(r.Head.Value(v)))
			}
		} else {
			x.Text += "; the configuration itself sends it"
		}
		x.Text += x.Setting.told()
		out = append(out, x)
	}
	return out
}

// about begins a diagnosis that has no cause.
func (d *Doctor) about(r *httpd.Request, code, directive string) *Diagnosis {
	x := &Diagnosis{Entry: diag.Find(code), Status: int(r.Resp.Status), Request: request(r), In: r.Loc.Title(), At: r.Loc.Pos}
	if directive != "" {
		x.Setting = d.where(r.Loc, directive)
	}
	x.Fix = x.Entry.Fix
	x.Facts = []httpd.Fact{{Name: "location", Value: text(location(r))}}
	return x
}

// lost reports whether a redirect goes to the same host and scheme without the port.
func lost(to *url.URL, scheme, host string) bool {
	name, port, err := net.SplitHostPort(host)
	return err == nil && port != "" && to.Scheme == scheme && to.Port() == "" && strings.EqualFold(to.Hostname(), strings.Trim(name, "[]")) &&
		!(scheme == "http" && port == "80") && !(scheme == "https" && port == "443")
}

// mostAway is how many hosts of redirects are remembered, so that each is told once.
const mostAway = 1024

// leaves reports whether the configuration itself sends a client, which knows us as
// host, to the name of a server of its own, or to an address, that is another machine's.
// It does so once for each.
func (d *Doctor) leaves(r *httpd.Request, away, host string) bool {
	away = strings.ToLower(away)
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	if away == "" || strings.EqualFold(away, strings.Trim(name, "[]")) {
		return false
	}
	if s := gateway.StateOf(r); s != nil && len(s.Request()) > 0 {
		return false // an application may know
	}
	if _, err := netip.ParseAddr(away); err != nil && !named(r.HTTP.Servers, away) {
		return false // another site
	}
	d.mu.Lock()
	known := d.away[away] || len(d.away) >= mostAway
	if d.away == nil {
		d.away = map[string]bool{}
	}
	d.away[away] = true
	d.mu.Unlock()
	return !known && !d.here(away)
}

// named reports whether a server has a name, in lower case.
func named(servers []*httpd.Server, name string) bool {
	for _, s := range servers {
		for _, n := range s.Names {
			n = strings.ToLower(n)
			dot := strings.TrimPrefix(n, "*")
			if n == name || strings.HasPrefix(dot, ".") && (strings.HasSuffix(name, dot) || n == "."+name) {
				return true
			}
		}
	}
	return false
}

func (d *Doctor) here(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil && (a.IsLoopback() || a.IsUnspecified()) {
		return true
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	return d.Here != nil && d.Here(host)
}

// again reports whether a client is sent to where it is for the third time.
func (d *Doctor) again(r *httpd.Request, to *url.URL, host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	if to.Host != "" && !strings.EqualFold(to.Hostname(), name) || to.RequestURI() != string(r.Target) {
		return false
	}
	key := string(r.RealIP) + " " + host + string(r.Target)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loops == nil {
		d.loops = map[string]*loop{}
	}
	l := d.loops[key]
	if l == nil || time.Since(l.since) > loopWithin {
		if len(d.loops) >= loopsMost {
			clear(d.loops)
		}
		l = &loop{since: time.Now()}
		d.loops[key] = l
	}
	l.times++
	return l.times == loopTimes
}
