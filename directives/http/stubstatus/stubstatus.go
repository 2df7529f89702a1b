// Package stubstatus shows how many connections and requests there are.
//
// https://nginx.org/en/docs/http/ngx_http_stub_status_module.html
package stubstatus

import (
	"strconv"
	"sync/atomic"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
)

// Module is ngx_http_stub_status_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_stub_status",
	Directives: []spec.Directive[conf]{{
		Name: "stub_status", In: spec.Server | spec.Location, Args: spec.Between(0, 1),
		Syntax: "[on]",
		Doc:    "Answers with the numbers of connections and requests.",
		Set: spec.Do(func(c *conf, call *spec.Call) error {
			c.given, c.pos = true, call.Pos()
			return nil
		}),
	}},
	Variables: []httpd.Variable{
		counter("active", "Open client connections, those that wait included.", func(s *httpd.Stats) *atomic.Int64 { return &s.Active }),
		counter("reading", "Connections whose request head is being read.", func(s *httpd.Stats) *atomic.Int64 { return &s.Reading }),
		counter("writing", "Connections whose response is being sent.", func(s *httpd.Stats) *atomic.Int64 { return &s.Writing }),
		counter("waiting", "Connections that wait for a request.", func(s *httpd.Stats) *atomic.Int64 { return &s.Waiting }),
	},
	Location: func(c *conf, b *spec.Builder) error {
		if c.given {
			b.Content = &httpd.Step{Name: "stub_status", Pos: c.pos, Run: serve, Explain: explain}
		}
		return nil
	},
}

type conf struct {
	given bool
	pos   diag.Pos
}

func counter(name, doc string, of func(*httpd.Stats) *atomic.Int64) httpd.Variable {
	return httpd.Variable{Name: "connections_" + name, Doc: doc, Volatile: true,
		Get: func(r *httpd.Request, _ string) ([]byte, bool) {
			return strconv.AppendInt(r.Alloc(20), of(&r.HTTP.Stats).Load(), 10), true
		}}
}

var plain = []byte("text/plain")

func serve(r *httpd.Request) httpd.Status {
	if r.MethodID&(httpd.GET|httpd.HEAD) == 0 {
		return 405
	}
	s := &r.HTTP.Stats
	b := r.Alloc(256)
	for _, part := range [...]struct {
		text string
		n    int64
	}{
		{"Active connections: ", s.Active.Load()},
		{" \nserver accepts handled requests\n ", s.Accepted.Load()},
		{" ", s.Handled.Load()},
		{" ", s.Requests.Load()},
		{" \nReading: ", s.Reading.Load()},
		{" Writing: ", s.Writing.Load()},
		{" Waiting: ", s.Waiting.Load()},
	} {
		b = strconv.AppendInt(append(b, part.text...), part.n, 10)
	}
	return r.Reply(200, plain, append(b, " \n"...))
}

func explain(r *httpd.Request) (string, httpd.Status) {
	if r.MethodID&(httpd.GET|httpd.HEAD) == 0 {
		return "only GET and HEAD are answered", 405
	}
	return "the numbers of connections and requests", 200
}
