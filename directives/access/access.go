// Package access lets clients in, or not, by their address.
//
// https://nginx.org/en/docs/http/ngx_http_access_module.html
// https://nginx.org/en/docs/stream/ngx_stream_access_module.html
package access

import (
	"net/netip"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/stream"
)

// HTTP is ngx_http_access_module.
var HTTP = spec.HTTPModule[conf]{
	Name: "http_access",
	Directives: directives(spec.HTTP|spec.Server|spec.Location|spec.LimitExcept, func(c *conf) *spec.Value[rules] {
		return &c.rules
	}),
	Location: func(c *conf, b *spec.Builder) error {
		if len(c.rules.V) > 0 {
			b.Access = append(b.Access, httpd.Step{Name: "access", Pos: c.rules.Pos, Run: c.rules.V.request})
		}
		return nil
	},
}

// Stream is ngx_stream_access_module.
var Stream = spec.StreamModule[streamConf]{
	Name: "stream_access",
	Directives: directives(spec.Stream|spec.StreamServer, func(c *streamConf) *spec.Value[rules] {
		return &c.rules
	}),
	Server: func(c *streamConf, b *spec.StreamBuilder) error {
		if len(c.rules.V) > 0 {
			b.Access = append(b.Access, stream.Step{Name: "access", Pos: c.rules.Pos, Run: c.rules.V.session})
		}
		return nil
	},
}

type (
	conf       struct{ rules spec.Value[rules] }
	streamConf struct{ rules spec.Value[rules] }
)

func directives[C any](in spec.Context, field func(*C) *spec.Value[rules]) []spec.Directive[C] {
	return []spec.Directive[C]{{
		Name: "allow", In: in, Args: spec.Exactly(1), Syntax: "address | CIDR | unix: | all",
		Doc: "Lets clients with the address, or of the network, in. The first rule that matches counts.",
		Set: spec.Fill(field, func(rs *rules, call *spec.Call) error { return rs.add(call, false) }),
	}, {
		Name: "deny", In: in, Args: spec.Exactly(1), Syntax: "address | CIDR | unix: | all",
		Doc: "Keeps clients with the address, or of the network, out. The first rule that matches counts.",
		Set: spec.Fill(field, func(rs *rules, call *spec.Call) error { return rs.add(call, true) }),
	}}
}

// rules are the allow and deny directives of a block.
type rules []rule

// A rule is one of them.
type rule struct {
	deny, all, unix bool
	net             netip.Prefix // if neither all nor unix
	pos             diag.Pos
}

func (rs *rules) add(call *spec.Call, deny bool) error {
	text := call.Args[0].Text
	r := rule{deny: deny, all: text == "all", unix: text == "unix:", pos: call.Pos()}
	if !r.all && !r.unix {
		p, exact, ok := spec.ParseCIDR(text)
		if !ok {
			return call.Errorf(0, `invalid parameter "%s"`, text)
		}
		if !exact {
			call.Warnf(0, "low-bits", "low address bits of %s are meaningless", text)
		}
		r.net = p
	}
	*rs = append(*rs, r)
	return nil
}

// find returns the rule for an address, which is not valid for a unix socket;
// nil if there is none.
func (rs rules) find(a netip.Addr) *rule {
	if a.Is4In6() && rs.have4() {
		a = a.Unmap()
	}
	for i := range rs {
		if r := &rs[i]; r.all || !a.IsValid() && r.unix || a.IsValid() && !r.unix && r.net.Contains(a) {
			return r
		}
	}
	return nil
}

// have4 reports whether some rule is about IPv4: then nginx takes IPv4 clients
// of an IPv6 socket for what they are.
func (rs rules) have4() bool {
	for i := range rs {
		if rs[i].all || !rs[i].unix && rs[i].net.Addr().Is4() {
			return true
		}
	}
	return false
}

func (rs rules) request(r *httpd.Request) httpd.Status {
	switch x := rs.find(r.RemoteAddr().Addr()); {
	case x == nil:
		if r.Explaining() {
			r.Note("no rule is about %s", r.RemoteAddr().Addr())
		}
		return httpd.Declined
	case x.deny:
		if r.Explaining() {
			r.Note("denied by the rule in %s", x.pos)
		}
		if r.Loc.Satisfy == httpd.SatisfyAll {
			r.Errorf(logs.Error, "access forbidden by rule")
		}
		return 403
	default:
		if r.Explaining() {
			r.Note("allowed by the rule in %s", x.pos)
		}
	}
	return httpd.OK
}

func (rs rules) session(s *stream.Session) stream.Status {
	switch x := rs.find(s.RemoteAddr().Addr()); {
	case x == nil:
		return stream.Declined
	case x.deny:
		if s.Explaining() {
			s.Note("denied by the rule in %s", x.pos)
		}
		s.Errorf(logs.Error, "access forbidden by rule")
		return stream.Forbidden
	default:
		if s.Explaining() {
			s.Note("allowed by the rule in %s", x.pos)
		}
	}
	return stream.OK
}
