package listening

import (
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/listen"
)

// A parameter is one of the listen directive.
type parameter struct {
	name   string
	value  bool         // it is written "name=value"
	in     spec.Context // whose servers have it; 0: all have
	socket bool         // it is one of the socket, which only one server may give

	// needs is a directive without which the parameter cannot be, "" if there
	// is none: it is of a protocol that this program may not speak yet.
	needs string

	// set stores it. False is for a value that is none.
	set func(s *Said, val string) bool
}

var parameters = []parameter{
	{name: "default_server", set: func(s *Said, _ string) bool { s.def = true; return true }},
	{name: "default", in: spec.Server, set: func(s *Said, _ string) bool { s.def = true; return true }},
	{name: "bind", socket: true, set: func(*Said, string) bool { return true }},
	{name: "fastopen", value: true, socket: true, set: func(s *Said, val string) (ok bool) {
		s.Options.FastOpen, ok = spec.ParseNumber(val)
		return ok
	}},
	{name: "backlog", value: true, socket: true, set: func(s *Said, val string) (ok bool) {
		s.Options.Backlog, ok = spec.ParseNumber(val)
		return ok && s.Options.Backlog != 0
	}},
	{name: "rcvbuf", value: true, socket: true, set: func(s *Said, val string) bool {
		n, ok := spec.ParseSize(val, false)
		s.Options.RcvBuf = int(n)
		return ok
	}},
	{name: "sndbuf", value: true, socket: true, set: func(s *Said, val string) bool {
		n, ok := spec.ParseSize(val, false)
		s.Options.SndBuf = int(n)
		return ok
	}},
	{name: "accept_filter", value: true},
	{name: "deferred", socket: true, set: func(s *Said, _ string) bool { s.Options.DeferAccept = true; return true }},
	{name: "ipv6only", value: true, socket: true, set: func(s *Said, val string) bool {
		s.words["ipv6only=off"] = val == "off"
		return val == "on" || val == "off"
	}},
	{name: "reuseport", socket: true, set: func(s *Said, _ string) bool { s.Options.ReusePort = true; return true }},
	{name: "multipath", socket: true, set: func(s *Said, _ string) bool { s.Options.Multipath = true; return true }},
	{name: "so_keepalive", value: true, socket: true, set: func(s *Said, val string) (ok bool) {
		s.Options.KeepAlive, ok = parseKeepalive(val)
		return ok
	}},
	{name: "ssl", needs: "ssl_certificate", set: func(s *Said, _ string) bool { s.SSL = true; return true }},
	{name: "http2", in: spec.Server, needs: "http2", set: func(s *Said, _ string) bool { s.HTTP2 = true; return true }},
	{name: "quic", in: spec.Server, needs: "http3", set: func(s *Said, _ string) bool { s.UDP = true; return true }},
	{name: "udp", in: spec.StreamServer, set: func(s *Said, _ string) bool { s.UDP = true; return true }},
	{name: "proxy_protocol", set: func(s *Said, _ string) bool { s.ProxyProtocol = true; return true }},
}

// find returns the parameter that a word gives to a server, or nil.
func find(word spec.Param, in spec.Context) *parameter {
	for i := range parameters {
		p := &parameters[i]
		if p.name == word.Key && p.value == word.Has && (p.in == 0 || p.in == in) {
			if p.name == "ipv6only" && !strings.HasPrefix(word.Val, "o") {
				return nil // to nginx it is none
			}
			return p
		}
	}
	return nil
}

// parse reads the parameters.
func (s *Said) parse(call *spec.Call) error {
	s.words = map[string]bool{}
	for _, w := range call.Params(1) {
		word := call.Args[w.Arg].Text
		p := find(w, call.Scope.In)
		switch {
		case p == nil:
			return call.Errorf(w.Arg, `invalid parameter "%s"`, word)
		case p.set == nil:
			call.Warnf(w.Arg, "accept-filter", `accept filters "%s" are not supported on this platform, ignored`, word)
			continue
		case p.name == "http2":
			call.Warnf(w.Arg, "listen-http2", `the "listen ... http2" directive is deprecated, use the "http2" directive instead`)
		}
		if !p.set(s, w.Val) {
			switch p.name {
			case "ipv6only":
				return call.Errorf(w.Arg, `invalid ipv6only flags "%s"`, w.Val)
			case "so_keepalive":
				return call.Errorf(w.Arg, `invalid so_keepalive value: "%s"`, w.Val)
			}
			return call.Errorf(w.Arg, `invalid %s "%s"`, p.name, word)
		}
		if p.needs != "" && !call.Scope.Supports(p.needs, call.Scope.In) {
			return call.Coded(w.Arg, "unsupported", `the "%s" parameter is not supported yet`, word)
		}
		s.words[p.name] = true
		if p.socket {
			s.isSet, s.bind = true, true
		}
	}
	return nil
}

// parseKeepalive reads "on", "off" or "[idle]:[interval]:[count]", of which one
// must be given.
func parseKeepalive(s string) (k listen.Keepalive, ok bool) {
	switch s {
	case "on":
		return listen.Keepalive{Mode: listen.On}, true
	case "off":
		return listen.Keepalive{Mode: listen.Off}, true
	}
	idle, rest, _ := strings.Cut(s, ":")
	intvl, count, _ := strings.Cut(rest, ":")
	if idle != "" {
		if k.Idle, ok = spec.ParseTime(idle, false); !ok {
			return k, false
		}
	}
	if intvl != "" {
		if k.Intvl, ok = spec.ParseTime(intvl, false); !ok {
			return k, false
		}
	}
	if count != "" {
		if k.Cnt, ok = spec.ParseNumber(count); !ok {
			return k, false
		}
	}
	k.Mode = listen.On
	return k, k.Idle != 0 || k.Intvl != 0 || k.Cnt != 0
}
