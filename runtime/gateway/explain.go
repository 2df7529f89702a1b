package gateway

import (
	"cmp"
	"strings"

	"understudy/runtime/httpd"
)

// Explain says who would be asked what, and asks nobody. Text says the request for
// people; nil: its bytes are text. A cache is taken to be empty.
func Explain(r *httpd.Request, to Target, p *Protocol, set *Settings, text func(*httpd.Request) string) (string, httpd.Status) {
	s := beginPass(r, set)
	if st := r.ReadBody(); st != httpd.OK {
		return "the body cannot be read", st
	}
	s.BodyLen = r.Body.Announced
	switch {
	case r.Body.Unwanted():
		s.BodyLen = 0
	case r.Body.Present():
		s.BodyLen = r.Body.Length
	}
	if c := set.Cache; c != nil && c.Methods&r.MethodID != 0 {
		cache, st := c.Find(r)
		if st != httpd.OK {
			return "the cache cannot be found", st
		}
		if cache != nil {
			s.cache.able, s.cache.get = true, r.MethodID == httpd.HEAD && c.ConvertHead
			s.cache.status = CacheMiss
			r.Note("if the cache has nothing, key %q:", c.Key(r, s))
			if r.Any(c.Bypass) {
				s.cache.status = CacheBypass
				r.Note("the cache is not asked: a condition of …_cache_bypass holds")
			}
		}
	}
	request, st := p.AppendRequest(nil, r, s)
	if st != httpd.OK {
		return "the request cannot be made", st
	}
	body := r.Body.Data
	switch {
	case set.Body != nil:
		body = r.Eval(set.Body)
	case !set.PassBody:
		body = nil
	}
	s.separate()
	s.beginTries(r, to, set)
	a := httpd.Asked{Name: to.Name, Drawn: to.Group.Drawn(), Secure: to.TLS != nil, Request: p.Framing.frame(request, body)}
	if text != nil {
		a.Text = text(r)
	}
	a.Peers = order(r, to, s)
	attempt := Attempt{Name: to.Group.Name, Connect: -1, Header: -1, Response: -1}
	if len(a.Peers) > 0 {
		attempt.Name = a.Peers[0]
	}
	s.Attempts = append(s.Attempts, attempt)
	r.Asks(a)
	return describe(&a) + "\n" + cmp.Or(a.Text, string(a.Request)), httpd.Done
}

// ExplainConnect is Explain for a connection through which anything may go.
func ExplainConnect(r *httpd.Request, to Target, set *Settings) (string, httpd.Status) {
	s := beginPass(r, set)
	s.beginTries(r, to, set)
	a := httpd.Asked{Name: to.Name, Drawn: to.Group.Drawn(), Peers: order(r, to, s)}
	r.Asks(a)
	return describe(&a), httpd.Done
}

// order names the peers that would be tried, as often as that is allowed.
func order(r *httpd.Request, to Target, s *State) []string {
	var key []byte
	if to.Key != nil {
		key = to.Key(r)
	}
	var names []string
	for _, p := range to.Group.Order(key, s.session.hint()) {
		names = append(names, p.Name)
	}
	return names
}

func describe(a *httpd.Asked) string {
	text := "to "
	if a.Name != "" {
		text += a.Name + ": "
	}
	switch {
	case len(a.Peers) == 0:
		return text + "nobody, for no server is there"
	case a.Drawn:
		return text + "one of " + strings.Join(a.Peers, ", ")
	}
	return text + strings.Join(a.Peers, ", then ")
}

// frame puts what stands around the pieces of a body of known length around it.
func (f *Framing) frame(dst, body []byte) []byte {
	if f == nil {
		return append(dst, body...)
	}
	for len(body) > 0 {
		n := len(body)
		if f.Most > 0 {
			n = min(n, f.Most)
		}
		if f.Before != nil {
			dst = f.Before(dst, n)
		}
		dst = append(dst, body[:n]...)
		if f.After != nil {
			dst = f.After(dst, n)
		}
		body = body[n:]
	}
	return append(dst, f.End...)
}
