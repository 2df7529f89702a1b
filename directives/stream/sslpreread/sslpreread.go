// Package sslpreread looks into the ClientHello of TLS sessions without ending
// the encryption.
//
// https://nginx.org/en/docs/stream/ngx_stream_ssl_preread_module.html
package sslpreread

import (
	"understudy/directives/spec"
	"understudy/runtime/stream"
)

// Module is ngx_stream_ssl_preread_module.
var Module = spec.StreamModule[conf]{
	Name: "stream_ssl_preread",
	Directives: []spec.Directive[conf]{{
		Name: "ssl_preread", In: spec.Stream | spec.StreamServer, Syntax: "on | off", Default: "off",
		Doc: "Looks into the ClientHello before the session is passed on.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.on }),
	}},
	Variables: []stream.Variable{
		{Name: "ssl_preread_protocol", Doc: "The highest version of TLS that the client supports.", Get: protocol},
		{Name: "ssl_preread_server_name", Doc: "The server's name that the client asks for.", Get: func(s *stream.Session, _ string) ([]byte, bool) {
			if s.Hello == nil {
				return nil, false
			}
			return s.Hello.ServerName, true
		}},
		{Name: "ssl_preread_alpn_protocols", Doc: "The protocols that the client offers, separated by commas.", Get: func(s *stream.Session, _ string) ([]byte, bool) {
			if s.Hello == nil {
				return nil, false
			}
			return s.Hello.ALPN, true
		}},
	},
	Server: func(c *conf, b *spec.StreamBuilder) error {
		if c.on.V {
			b.Preread = append(b.Preread, stream.Step{Name: "ssl_preread", Pos: c.on.Pos, Run: run})
		}
		return nil
	},
}

type conf struct{ on spec.Value[bool] }

func run(s *stream.Session) stream.Status {
	if s.UDP() {
		return stream.Declined
	}
	h, o := parse(s.Preread())
	switch o {
	case partial:
		return stream.Again
	case other:
		s.Hello = nil
		return stream.Declined
	}
	s.Hello = &h
	host, ok := hostOf(h.ServerName)
	if !ok {
		return stream.OK
	}
	srv, err := s.Addr.Find(s, host)
	if err != nil {
		return stream.Internal
	}
	if srv != nil {
		s.Server = srv
	}
	return stream.OK
}

// versions are named as OpenSSL does.
var versions = map[[2]byte]string{
	{0, 2}: "SSLv2", {3, 0}: "SSLv3", {3, 1}: "TLSv1", {3, 2}: "TLSv1.1", {3, 3}: "TLSv1.2", {3, 4}: "TLSv1.3",
}

func protocol(s *stream.Session, _ string) ([]byte, bool) {
	if s.Hello == nil {
		return nil, false
	}
	return s.Copy(versions[s.Hello.Version]), true
}

// hostOf returns the host of a name, in lower case and without a port or a dot
// at its end, if it can be one. (ngx_stream_validate_host)
func hostOf(name []byte) ([]byte, bool) {
	host := make([]byte, 0, len(name))
	rest := name
	if len(name) > 0 && name[0] == '[' {
		for i := 0; ; i++ {
			if i == len(name) || i > 0 && !allowed(name[i], true) {
				return nil, false
			}
			host = append(host, lower(name[i]))
			if name[i] == ']' {
				rest = name[i+1:]
				break
			}
		}
		if len(rest) > 0 && rest[0] != ':' {
			return nil, false
		}
	} else {
		for len(rest) > 0 && rest[0] != ':' {
			if !allowed(rest[0], false) || rest[0] == '.' && len(host) > 0 && host[len(host)-1] == '.' {
				return nil, false
			}
			host = append(host, lower(rest[0]))
			rest = rest[1:]
		}
	}
	port := 0
	for i, c := range rest {
		if i == 0 {
			continue // the colon
		}
		if c < '0' || c > '9' || port > 6553 || port == 6553 && c > '5' {
			return nil, false
		}
		port = port*10 + int(c-'0')
	}
	if n := len(host); n > 0 && host[n-1] == '.' {
		host = host[:n-1]
	}
	return host, len(host) > 0
}

func allowed(c byte, literal bool) bool {
	switch {
	case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9':
		return true
	case literal && (c == ':' || c == ']'):
		return true
	case c == '%':
		return !literal
	}
	switch c {
	case '-', '.', '_', '~', '!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '=':
		return true
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
