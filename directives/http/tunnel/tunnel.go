// Package tunnel makes a server a forward proxy for CONNECT: the client names an
// address, or the configuration does, and gets a connection to it (RFC 9110,
// 9.3.6).
//
// https://nginx.org/en/docs/http/ngx_http_tunnel_module.html
package tunnel

import (
	"slices"
	"strings"

	"understudy/directives/http/pass"
	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

var kind = pass.Kind{
	Prefix: "tunnel_",
	Next:   pass.Reasons{{Word: "error", Condition: gateway.OnError}, {Word: "timeout", Condition: gateway.OnTimeout}},
}

// Module is ngx_http_tunnel_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_tunnel",
	Directives: slices.Concat(
		[]spec.Directive[conf]{{
			Name: "tunnel_pass", Names: spec.ServerAddress, In: spec.Server | spec.Location | spec.LocationIf, Args: spec.Between(0, 1),
			Syntax: "[address]",
			Doc:    "Joins clients that send CONNECT to the address they name, or to this one.",
			Set:    spec.Handler(func(c *conf) *spec.Value[*target] { return &c.pass }, parsePass),
		}},
		pass.ConnectionDirectives(kind, func(c *conf) *pass.Conf { return &c.Conf }),
		pass.SocketBuffers(kind.Prefix, func(c *conf) *pass.Conf { return &c.Conf }),
		[]spec.Directive[conf]{pass.SendLowat[conf](kind.Prefix)},
	),
	Location: (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	pass.Conf
	pass spec.Value[*target]
}

// A target is what tunnel_pass says.
type target struct {
	group *spec.Group     // of an address without variables; nil otherwise
	whole *httpd.Template // with them
}

func parsePass(call *spec.Call) (*target, error) {
	text := "$host:$request_port"
	if len(call.Args) > 0 {
		text = call.Args[0].Text
	}
	if strings.Contains(text, "$") {
		whole, err := call.TemplateOf(text, 0)
		return &target{whole: whole}, err
	}
	u, err := pass.ParseURL(text, 0, false)
	if err != nil {
		return nil, call.Errorf(0, "%v", err)
	}
	g, err := pass.UseGroup(call, u, text, 0)
	return &target{group: g}, err
}

// addTo gives a location with tunnel_pass its content handler. Its server takes
// CONNECT then, wherever it is for.
func (c *conf) addTo(b *spec.Builder) error {
	if c.pass.V == nil {
		return nil
	}
	b.Srv.Head.AllowConnect = true
	h := &handler{target: c.pass.V, settings: c.Settings(kind)}
	if h.target.whole != nil {
		h.finder = pass.NewFinder(b)
	}
	b.Location.Content = &httpd.Step{Name: "tunnel_pass", Pos: c.pass.Pos, Bound: true, Run: h.run, Explain: h.explain}
	return nil
}

// A handler tunnels the requests of one location.
type handler struct {
	target   *target
	settings *gateway.Settings
	finder   *pass.Finder // of targets with variables
}

func (h *handler) run(r *httpd.Request) httpd.Status {
	to, st := h.resolve(r)
	if st != httpd.OK {
		return st
	}
	return gateway.Connect(r, to, h.settings)
}

// resolve returns where the client is to be connected to.
func (h *handler) resolve(r *httpd.Request) (to gateway.Target, st httpd.Status) {
	if r.MethodID != h1.CONNECT {
		return to, 405
	}
	if h.target.whole == nil {
		return pass.To(h.target.group), httpd.OK
	}
	gateway.Begin(r) // $upstream_addr is "-" even if there will be no attempt
	u, err := pass.ParseURL(string(r.Eval(h.target.whole)), 0, false)
	if err != nil {
		r.Errorf(logs.Info, "%v", err)
		return to, 500
	}
	return h.finder.Find(r, u, 0)
}

func (h *handler) explain(r *httpd.Request) (string, httpd.Status) {
	to, st := h.resolve(r)
	if st != httpd.OK {
		return "there is nothing to connect to", st
	}
	return gateway.ExplainConnect(r, to, h.settings)
}
