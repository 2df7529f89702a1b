// Package mirror sends copies of requests elsewhere, and drops the answers.
//
// https://nginx.org/en/docs/http/ngx_http_mirror_module.html
package mirror

import (
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// Module is ngx_http_mirror_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_mirror",
	Directives: []spec.Directive[conf]{{
		Name: "mirror", In: anywhere, Args: spec.Exactly(1), Syntax: "uri | off", Default: "off",
		Doc: "Makes a copy of each request for a URI; there may be several.",
		Set: spec.Fill(func(c *conf) *spec.Value[targets] { return &c.targets }, addTarget),
	}, {
		Name: "mirror_request_body", In: anywhere, Syntax: "on | off", Default: "on",
		Doc: "Says whether copies have the request's body, which is then read before the request goes on.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.body }),
	}},
	Location: (*conf).addTo,
}

type conf struct {
	targets spec.Value[targets]
	body    spec.Value[bool]
}

// Targets are the URIs of the mirror directives of one block.
type targets struct {
	off  bool
	uris []string
}

func addTarget(ts *targets, call *spec.Call) error {
	uri := call.Args[0].Text
	if ts.off || uri == "off" && len(ts.uris) > 0 {
		return spec.ErrDuplicate
	}
	if uri == "off" {
		ts.off = true
	} else {
		ts.uris = append(ts.uris, uri)
	}
	return nil
}

// addTo adds a step that makes the copies.
func (c *conf) addTo(b *spec.Builder) error {
	if len(c.targets.V.uris) == 0 {
		return nil
	}
	m := &copier{body: c.body.V}
	for _, uri := range c.targets.V.uris {
		m.uris = append(m.uris, []byte(uri))
	}
	b.PreContent = append(b.PreContent, httpd.Step{Name: "mirror", Pos: c.targets.Pos, Run: m.run, Explain: m.explain})
	return nil
}

// A copier makes the copies of a location's requests.
type copier struct {
	uris [][]byte
	body bool
}

func (m *copier) run(r *httpd.Request) httpd.Status {
	if r.Parent != nil {
		return httpd.Declined
	}
	if m.body {
		if st := r.ReadBody(); st != httpd.OK {
			return st
		}
	}
	for _, uri := range m.uris {
		r.Background(uri, r.Args)
	}
	return httpd.Declined
}

func (m *copier) explain(*httpd.Request) (string, httpd.Status) {
	uris := make([]string, len(m.uris))
	for i, uri := range m.uris {
		uris[i] = string(uri)
	}
	return "sends a copy to " + strings.Join(uris, ", "), httpd.Declined
}
