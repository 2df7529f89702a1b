// Package sslpreread looks into the ClientHello of TLS sessions without ending
// the encryption.
//
// https://nginx.org/en/docs/stream/ngx_stream_ssl_preread_module.html
package sslpreread

import (
	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/hostnames"
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
		s.Hello = &h // the variables are there, if only empty
		return stream.Again
	case other:
		s.Hello = nil
		return stream.Declined
	}
	s.Hello = &h
	host, _, err := h1.AppendHost(nil, h.ServerName)
	if err != nil {
		return stream.OK
	}
	srv, how, err := s.Addr.Find(host, s)
	if err != nil {
		return stream.Internal
	}
	if how != hostnames.None {
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
