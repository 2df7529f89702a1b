package gateway

import (
	"strconv"
	"time"

	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/upstream"
	"understudy/runtime/vars"
)

// A Sticky has the requests of a session go to one peer.
//
// https://nginx.org/en/docs/http/ngx_http_upstream_module.html#sticky
type Sticky struct {
	// Lookup are the variables of which the first that is not empty says what a
	// request belongs to: a peer, by its Route, or with Sessions a session.
	Lookup []vars.Index

	Cookie *StickyCookie // tells the client the route of its peer; nil: nothing does

	// Sessions are learned from responses: the first variable of Create that is
	// not empty names the session that a response begins. nil: none are.
	Sessions    *upstream.Sessions
	Create      []vars.Index
	Timeout     time.Duration // how long a session lives without being used
	AfterHeader bool          // learned as soon as the response's head is there, not at its end
	Zone        string        // for logs
}

// A StickyCookie is a Set-Cookie field.
type StickyCookie struct {
	Name     string
	Expires  time.Duration // negative: none; MaxExpires: as far away as cookies go
	Domain   *httpd.Template
	HTTPOnly bool
	Secure   bool
	SameSite *httpd.Template
	Path     string // "" is none
}

// MaxExpires is the Expires of cookies that shall last.
const MaxExpires = time.Duration(1<<63 - 1)

// A session is what a State remembers of the sticky session of its pass.
type session struct {
	*Sticky                // nil: there is none
	request *httpd.Request // who sends the requests of the pass
	id      []byte         // what the request brought
	cookie  int            // where in the response's head the cookie is, from 1; 0: nowhere yet
}

// stick begins the session of a pass.
func (s *State) stick(r *httpd.Request, to *Sticky) {
	s.session = session{}
	if to != nil {
		s.session = session{Sticky: to, request: r, id: firstOf(r, to.Lookup)}
	}
}

// firstOf returns the value of the first variable that has one.
func firstOf(r *httpd.Request, list []vars.Index) []byte {
	for _, i := range list {
		if v, ok := r.Var(i); ok && len(v) > 0 {
			return v
		}
	}
	return nil
}

// hint returns the route that the next try should take, nil if any.
func (k *session) hint() []byte {
	if k.Sticky == nil || k.Sessions == nil || len(k.id) == 0 {
		return k.id
	}
	return k.Sessions.Route(k.id, k.Timeout)
}

// picked tells the client which peer it got. Of several that are tried it hears
// of the last.
func (k *session) picked(p *upstream.Peer) {
	if k.Sticky == nil || k.Cookie == nil {
		return
	}
	value := k.Cookie.value(k.request, p.Route)
	headers := &k.request.Resp.Headers
	if k.cookie > 0 && k.cookie <= headers.Len() {
		headers.At(k.cookie - 1).Value = value
		return
	}
	headers.AddID(header.SetCookie, value)
	k.cookie = headers.Len()
}

// learn notes that the session of the request, or the one that the response
// begins, belongs to p.
func (k *session) learn(p *upstream.Peer) {
	if k.Sticky == nil || k.Sessions == nil || p == nil {
		return
	}
	id := firstOf(k.request, k.Create)
	create := id != nil
	if !create {
		id = k.id
	}
	if id != nil && k.Sessions.Learn(id, p.Route, create, k.Timeout) {
		k.request.Errorf(logs.Warn, "could not allocate node in sticky session zone %q, expiring least recently used session", k.Zone)
	}
}

// answered is called when the head of a response has come that is passed on.
func (s *State) answered(g *upstream.Group) {
	s.tried.Header = s.attempt().Header
	g.Answered(&s.tried)
	if s.session.Sticky != nil && s.session.AfterHeader {
		s.session.learn(s.tried.Current())
	}
}

// unfailed is called when the last try has ended, and did not fail.
func (s *State) unfailed() {
	if s.session.Sticky != nil && !s.session.AfterHeader {
		s.session.learn(s.tried.Current())
	}
}

func (c *StickyCookie) value(r *httpd.Request, route string) []byte {
	var domain, site []byte
	if c.Domain != nil {
		domain = r.Eval(c.Domain)
	}
	if c.SameSite != nil {
		if site = r.Eval(c.SameSite); len(site) > 0 && !ValidSameSite(site) {
			site = []byte("strict")
		}
	}
	b := r.Alloc(len(c.Name) + len(route) + len(domain) + len(site) + len(c.Path) + 160)
	b = append(append(append(b, c.Name...), '='), route...)
	switch {
	case c.Expires == MaxExpires:
		b = append(b, "; expires=Thu, 31-Dec-37 23:55:55 GMT; max-age=315360000"...)
	case c.Expires >= 0:
		b = h1.AppendCookieTime(append(b, "; expires="...), time.Now().Add(c.Expires).Unix())
		b = strconv.AppendInt(append(b, "; max-age="...), int64(c.Expires/time.Second), 10)
	}
	if len(domain) > 0 {
		b = append(append(b, "; domain="...), domain...)
	}
	if c.HTTPOnly {
		b = append(b, "; httponly"...)
	}
	if c.Secure {
		b = append(b, "; secure"...)
	}
	if len(site) > 0 {
		b = append(append(b, "; samesite="...), site...)
	}
	if c.Path != "" {
		b = append(append(b, "; path="...), c.Path...)
	}
	return b
}

// ValidSameSite tells whether v is a value of the attribute samesite.
func ValidSameSite(v []byte) bool {
	for _, known := range [...]string{"strict", "lax", "none"} {
		if header.EqualFold(v, []byte(known)) {
			return true
		}
	}
	return false
}
