// Package certificates is what modules that speak TLS share, with clients or with
// upstream servers: the names of certificates and keys, which may contain
// variables, what is kept of them, passwords, and the directives about TLS to
// upstream servers (proxy_ssl_… and the like).
package certificates

import (
	"time"

	"understudy/directives/spec"
	"understudy/runtime/certs"
	"understudy/runtime/httpd"
	"understudy/runtime/zone"
)

// Protocols are the names of the protocols, in lower case.
var Protocols = map[string]certs.Protocols{
	"sslv2": certs.SSLv2, "sslv3": certs.SSLv3, "tlsv1": certs.TLSv1,
	"tlsv1.1": certs.TLSv1_1, "tlsv1.2": certs.TLSv1_2, "tlsv1.3": certs.TLSv1_3,
}

// EarlierProtocols are what the directives for protocols had by default.
var EarlierProtocols = []spec.Was{
	{Until: "1.23.4", Default: "TLSv1 TLSv1.1 TLSv1.2"}, {Until: "1.27.3", Default: "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"},
}

// Loader returns the loader of a compilation.
func Loader(s *spec.Scope) *certs.Loader {
	l := spec.Result[*certs.Loader](s)
	if l == nil {
		l = &certs.Loader{ConfName: s.Env().ConfName}
		spec.SetResult(s, l)
		if over := s.Env().Overlay; over != nil {
			l.StandIn, l.Missing = over.Certificate, over.Missing
		}
		if !s.Env().Offline && s.Env().Zones != nil && inheritable(s) {
			l.Objects, _ = zone.Open(s.Env().Zones, "openssl objects", "\x00openssl objects", 1, func() *certs.Objects { return new(certs.Objects) })
		}
	}
	return l
}

// Fetching returns what a compilation has fetched beside connections.
func Fetching(s *spec.Scope) *certs.Fetching {
	f := spec.Result[*certs.Fetching](s)
	if f == nil {
		f = new(certs.Fetching)
		spec.SetResult(s, f)
	}
	return f
}

// ReadPasswords reads a password file, once: it may be a pipe.
func ReadPasswords(call *spec.Call) ([][]byte, error) {
	env := call.Scope.Env()
	file := env.ConfName(call.Args[0].Text)
	if env.Offline {
		return nil, nil
	}
	l := Loader(call.Scope)
	text, err := l.Read(file)
	if err != nil && l.Without(file, err) {
		return nil, nil
	}
	if err != nil {
		return nil, call.Errorf(-1, `open() "%s" failed%s`, file, httpd.Errno(err))
	}
	return certs.ParsePasswords(text), nil
}

// A Cache is what ssl_certificate_cache says.
type Cache struct {
	Store *certs.Store // nil: off
}

// ParseCache reads ssl_certificate_cache and the like.
func ParseCache(call *spec.Call) (c Cache, err error) {
	s := &certs.Store{Inactive: 10 * time.Second, Valid: time.Minute}
	off := false
	for _, p := range call.Params(0) {
		ok := true
		switch {
		case p.Key == "max" && p.Has:
			s.Max, ok = spec.ParseNumber(p.Val)
			ok = ok && s.Max > 0
		case p.Key == "inactive" && p.Has:
			s.Inactive, ok = spec.ParseTime(p.Val, false)
		case p.Key == "valid" && p.Has:
			s.Valid, ok = spec.ParseTime(p.Val, false)
		case p.Key == "off" && !p.Has:
			off = true
		default:
			ok = false
		}
		if !ok {
			return c, call.Errorf(p.Arg, `invalid parameter "%s"`, call.Args[p.Arg].Text)
		}
	}
	switch {
	case off:
	case s.Max == 0:
		return c, call.Errorf(-1, `"%s" must have the "max" parameter`, call.Name.Text)
	default:
		c.Store = s
	}
	return c, nil
}
