// Package streampass hands connections to another listening socket of the same
// configuration, that of an http server for example.
//
// https://nginx.org/en/docs/stream/ngx_stream_pass_module.html
package streampass

import (
	"context"
	"errors"
	"net/netip"

	"understudy/directives/spec"
	"understudy/runtime/logs"
	"understudy/runtime/resolver"
	"understudy/runtime/stream"
)

// Module is ngx_stream_pass_module.
var Module = spec.StreamModule[conf]{
	Name: "stream_pass",
	Directives: []spec.Directive[conf]{{
		Name: "pass", In: spec.StreamServer, Syntax: "address",
		Doc: "Hands connections to another listening socket, as if they had arrived there.",
		Set: spec.Scalar(func(c *conf) *spec.Value[target] { return &c.to }, spec.Text, spec.Exactly(1), nil, parse),
	}},
	Server: func(c *conf, b *spec.StreamBuilder) error {
		t := c.to.V
		if t.text == nil || !b.Takes(c.to.Pos) {
			return nil
		}
		b.Content = &stream.Step{
			Name: "pass", Pos: c.to.Pos, Run: t.run,
			Explain: func(s *stream.Session) (string, stream.Status) { return "to " + string(s.Eval(t.text)), stream.Success },
		}
		return nil
	},
}

type conf struct{ to spec.Value[target] }

// A target is what pass says.
type target struct{ text *stream.Template }

func parse(call *spec.Call) (target, error) {
	t, err := call.StreamTemplate(0)
	if err != nil {
		return target{}, err
	}
	lit, ok := t.Literal()
	if !ok {
		return target{t}, nil
	}
	u, err := resolver.ParseURL(context.Background(), string(lit), resolver.Options{NoResolve: true})
	switch {
	case err != nil:
		return target{}, call.Errorf(0, `%v in "%s" of the "pass" directive`, err, lit)
	case u.Network != "unix" && len(u.Addrs) == 0:
		return target{}, errors.New("has no addresses")
	case u.NoPort:
		return target{}, errors.New("has no port")
	}
	return target{t}, nil
}

// maxPasses bounds how often one connection is passed on.
const maxPasses = 10

func (t target) run(s *stream.Session) stream.Status {
	s.Action = "passing connection to port"
	if s.UDP() {
		s.Errorf(logs.Error, "cannot pass udp connection")
		return stream.Internal
	}
	text := string(s.Eval(t.text))
	u, err := resolver.ParseURL(context.Background(), text, resolver.Options{NoResolve: true})
	switch {
	case err != nil:
		s.Errorf(logs.Error, `%v in pass "%s"`, err, text)
		return stream.Internal
	case u.Network != "unix" && len(u.Addrs) == 0:
		s.Errorf(logs.Error, `no addresses in pass "%s"`, text)
		return stream.Internal
	case u.NoPort:
		s.Errorf(logs.Error, `no port in pass "%s"`, text)
		return stream.Internal
	}
	var to netip.AddrPort
	var path string
	if u.Network == "unix" {
		path = u.Host
	} else {
		to = u.Addrs[0]
	}
	serve := s.Stream.Ports(to, path)
	switch {
	case serve == nil:
		s.Errorf(logs.Error, `port not found for "%s"`, u.Names()[0])
		return stream.Success
	case s.TLS != nil && s.Client.Buffered() > 0: // without TLS, nginx only peeks
		s.Errorf(logs.Error, "cannot pass connection with preread data")
		return stream.Internal
	case s.Client.Pass() > maxPasses:
		s.Errorf(logs.Error, "stream pass cycle")
		return stream.Internal
	}
	if to.IsValid() {
		s.Client.SetLocalAddr(to)
	}
	return s.PassTo(serve)
}
