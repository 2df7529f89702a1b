// Package realip takes the client's address from what a trusted proxy says.
//
// https://nginx.org/en/docs/http/ngx_http_realip_module.html
// https://nginx.org/en/docs/stream/ngx_stream_realip_module.html
package realip

import (
	"context"
	"net/netip"
	"strconv"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/resolver"
	"understudy/runtime/stream"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// HTTP is ngx_http_realip_module.
var HTTP = spec.HTTPModule[conf]{
	Name: "http_realip",
	Directives: []spec.Directive[conf]{
		from(anywhere, func(c *conf) *spec.Value[proxies] { return &c.from }),
		{
			Name: "real_ip_header", In: anywhere, Syntax: "field | X-Real-IP | X-Forwarded-For | proxy_protocol", Default: "X-Real-IP",
			Doc: "Names the field that holds the client's address.",
			Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.header }),
		}, {
			Name: "real_ip_recursive", In: anywhere, Syntax: "on | off", Default: "off",
			Doc: "Takes the last address of the field that is not that of a trusted proxy.",
			Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.recursive }),
		},
	},
	Variables: []httpd.Variable{
		{Name: "realip_remote_addr", Doc: "The address the connection came from.", Get: func(r *httpd.Request, _ string) ([]byte, bool) {
			if r.Client == nil {
				return r.RealIP, true
			}
			return r.CopyString(r.Client.RemoteText()), true
		}},
		{Name: "realip_remote_port", Doc: "The port the connection came from.", Get: func(r *httpd.Request, _ string) ([]byte, bool) {
			a := r.RemoteAddr()
			if r.Client != nil {
				a = r.Client.RemoteAddr()
			}
			return port(r.Alloc(5), a), true
		}},
	},
	Server: func(c *conf, b *spec.Builder) error {
		if len(c.from.V) > 0 {
			b.Srv.PostRead = append(b.Srv.PostRead, c.step())
		}
		return nil
	},
	Location: func(c *conf, b *spec.Builder) error {
		if len(c.from.V) > 0 {
			b.PreAccess = append(b.PreAccess, c.step())
		}
		return nil
	},
}

// Stream is ngx_stream_realip_module.
var Stream = spec.StreamModule[streamConf]{
	Name: "stream_realip",
	Directives: []spec.Directive[streamConf]{
		from(spec.Stream|spec.StreamServer, func(c *streamConf) *spec.Value[proxies] { return &c.from }),
	},
	Variables: []stream.Variable{
		{Name: "realip_remote_addr", Doc: "The address the connection came from.", Get: func(s *stream.Session, _ string) ([]byte, bool) {
			if a := s.Peer(); a.IsValid() {
				return s.Copy(resolver.AddrText(a.Addr())), true
			}
			return s.Copy(s.RealIP), true
		}},
		{Name: "realip_remote_port", Doc: "The port the connection came from.", Get: func(s *stream.Session, _ string) ([]byte, bool) {
			return port(s.Alloc(5), s.Peer()), true
		}},
	},
	Server: func(c *streamConf, b *spec.StreamBuilder) error {
		if len(c.from.V) > 0 {
			b.PostAccept = append(b.PostAccept, stream.Step{Name: "set_real_ip_from", Pos: c.from.Pos, Run: c.from.V.session})
		}
		return nil
	},
}

func port(dst []byte, a netip.AddrPort) []byte {
	if a.Port() == 0 {
		return dst
	}
	return strconv.AppendUint(dst, uint64(a.Port()), 10)
}

// A conf is what the directives say in one block.
type conf struct {
	from      spec.Value[proxies]
	header    spec.Value[string]
	recursive spec.Value[bool]
}

type streamConf struct{ from spec.Value[proxies] }

// proxies are those that are trusted.
type proxies []network

// A network is one set_real_ip_from directive, or one address of its host.
type network struct {
	unix bool
	net  netip.Prefix
}

func from[C any](in spec.Context, field func(*C) *spec.Value[proxies]) spec.Directive[C] {
	return spec.Directive[C]{
		Name: "set_real_ip_from", In: in, Args: spec.Exactly(1), Syntax: "address | CIDR | hostname | unix:",
		Doc: "Trusts proxies with the address, or of the network, to say who the client is.",
		Set: spec.Fill(field, (*proxies).add),
	}
}

func (ps *proxies) add(call *spec.Call) error {
	text := call.Args[0].Text
	if text == "unix:" {
		*ps = append(*ps, network{unix: true})
		return nil
	}
	if p, exact, ok := spec.ParseCIDR(text); ok {
		if !exact {
			call.Warnf(0, "low-bits", "low address bits of %s are meaningless", text)
		}
		*ps = append(*ps, network{net: p})
		return nil
	}
	env := call.Scope.Env()
	if env.Offline {
		return nil
	}
	addrs, err := lookup(env, text)
	if (err != nil || len(addrs) == 0) && env.Overlay.Lenient() {
		env.Overlay.Unresolved(spec.Unresolved{
			Host: text, At: call.Args[0].Pos, Without: "what it says of clients is not believed until the configuration is read again",
		})
		return nil
	}
	if err != nil || len(addrs) == 0 {
		return call.Errorf(0, `host not found in set_real_ip_from "%s"`, text)
	}
	for _, a := range addrs {
		*ps = append(*ps, network{net: netip.PrefixFrom(a, a.BitLen())})
	}
	return nil
}

func lookup(env *spec.Options, host string) ([]netip.Addr, error) {
	if f := env.LookupFunc(); f != nil {
		return f(context.Background(), host)
	}
	return resolver.Lookup(context.Background(), host)
}

// trust reports whether the address, which is not valid for a unix socket, is
// that of a trusted proxy. (ngx_cidr_match)
func (ps proxies) trust(a netip.Addr) bool {
	for _, p := range ps {
		if a.IsValid() == p.unix {
			continue
		}
		if p.unix || p.net.Contains(a) || a.Is4In6() && p.net.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// session takes the address of the PROXY protocol header.
func (ps proxies) session(s *stream.Session) stream.Status {
	if s.Client == nil {
		return stream.Declined
	}
	h := s.Client.ProxyHeader()
	if h == nil || !ps.trust(s.RemoteAddr().Addr()) {
		return stream.Declined
	}
	if a, ok := resolver.ParseAddr(h.Src); ok {
		s.SetRemoteAddr(netip.AddrPortFrom(a, h.SrcPort))
	}
	return stream.Declined
}
