// Package limitconn limits how many connections with the same key there are at
// a time. A request counts as a connection from its preaccess phase to its end.
//
// https://nginx.org/en/docs/http/ngx_http_limit_conn_module.html
// https://nginx.org/en/docs/stream/ngx_stream_limit_conn_module.html
package limitconn

import (
	"log/slog"
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/stream"
	shared "understudy/runtime/zone"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// HTTP is ngx_http_limit_conn_module.
var HTTP = spec.HTTPModule[conf[*httpd.Request]]{
	Name: "http_limit_conn",
	Directives: append(directives[*httpd.Request](spec.HTTP, anywhere), spec.Directive[conf[*httpd.Request]]{
		Name: "limit_conn_status", In: anywhere, Syntax: "code", Default: "503",
		Doc: "Sets the status of refused requests.",
		Set: spec.SetNumber(func(c *conf[*httpd.Request]) *spec.Value[int] { return &c.status }, 400, 599),
	}),
	Variables: []httpd.Variable{{
		Name: "limit_conn_status", Volatile: true, Doc: doc,
		Get: func(*httpd.Request, string) ([]byte, bool) { return nil, false }, // until rule.run sets it
	}},
	Location: func(c *conf[*httpd.Request], b *spec.Builder) error {
		u := c.rule(b.Vars)
		if u == nil {
			return nil
		}
		st := httpd.Status(c.status.V)
		b.PreAccess = append(b.PreAccess, httpd.Step{Name: "limit_conn", Pos: c.limits.Pos,
			Run: func(r *httpd.Request) httpd.Status {
				// A request is limited once, whatever locations it and its
				// subrequests come to.
				if _, limited := r.Main().Var(u.result); !limited && !u.run(r) {
					return st
				}
				return httpd.Declined
			},
			Explain: func(r *httpd.Request) (string, httpd.Status) { return u.explain(r), httpd.Declined },
		})
		return nil
	},
}

// Stream is ngx_stream_limit_conn_module.
var Stream = spec.StreamModule[conf[*stream.Session]]{
	Name:       "stream_limit_conn",
	Directives: directives[*stream.Session](spec.Stream, spec.Stream|spec.StreamServer),
	Variables: []stream.Variable{{
		Name: "limit_conn_status", Volatile: true, Doc: doc,
		Get: func(*stream.Session, string) ([]byte, bool) { return nil, false },
	}},
	Server: func(c *conf[*stream.Session], b *spec.StreamBuilder) error {
		u := c.rule(b.Vars)
		if u == nil {
			return nil
		}
		b.PreAccess = append(b.PreAccess, stream.Step{Name: "limit_conn", Pos: c.limits.Pos,
			Run: func(s *stream.Session) stream.Status {
				if !u.run(s) {
					return stream.Unavailable
				}
				return stream.Declined
			},
			Explain: func(s *stream.Session) (string, stream.Status) { return u.explain(s), stream.Declined },
		})
		return nil
	},
}

const doc = "PASSED, REJECTED or REJECTED_DRY_RUN."

// A conf is what the directives say in one block.
type conf[S subject] struct {
	zones  spec.Value[map[string]*limiter[S]]
	limits spec.Value[[]limit]
	level  spec.Value[slog.Level]
	status spec.Value[int]
	dryRun spec.Value[bool]
}

// A limit is one limit_conn directive.
type limit struct {
	zone string
	max  int
}

var levels = map[string]slog.Level{"info": logs.Info, "notice": logs.Notice, "warn": logs.Warn, "error": logs.Error}

func directives[S subject](top, in spec.Context) []spec.Directive[conf[S]] {
	return []spec.Directive[conf[S]]{{
		Name: "limit_conn_zone", In: top, Args: spec.Exactly(2), Syntax: "key zone=name:size",
		Doc: "Counts the connections of each key in a zone.",
		Set: spec.Fill(func(c *conf[S]) *spec.Value[map[string]*limiter[S]] { return &c.zones }, addZone[S]),
	}, {
		Name: "limit_conn", Names: spec.ZoneName, In: in, Args: spec.Exactly(2), Syntax: "zone number",
		Doc: "Limits the connections of a key.",
		Set: spec.Fill(func(c *conf[S]) *spec.Value[[]limit] { return &c.limits }, addLimit),
	}, {
		Name: "limit_conn_log_level", In: in, Syntax: "info | notice | warn | error", Default: "error",
		Doc: "Sets the log level of refusals.",
		Set: spec.SetEnum(func(c *conf[S]) *spec.Value[slog.Level] { return &c.level }, levels),
	}, {
		Name: "limit_conn_dry_run", Since: "1.17.6", In: in, Syntax: "on | off", Default: "off",
		Doc: "Counts what would be refused without refusing it.",
		Set: spec.SetFlag(func(c *conf[S]) *spec.Value[bool] { return &c.dryRun }),
	}}
}

// owner tells the zones of http and stream apart.
func owner(in spec.Context) string {
	if in&(spec.Stream|spec.StreamServer) != 0 {
		return "stream limit_conn"
	}
	return "http limit_conn"
}

func addZone[S subject](zones *map[string]*limiter[S], call *spec.Call) error {
	key, err := spec.CompileTemplate(call, spec.VarsOf[S](call), call.Args[0].Text, 0)
	if err != nil {
		return err
	}
	text := call.Args[1].Text
	rest, ok := strings.CutPrefix(text, "zone=")
	if !ok {
		return call.Errorf(1, `invalid parameter "%s"`, text)
	}
	name, n, _ := strings.Cut(rest, ":")
	size, ok := spec.ParseSize(n, false)
	switch {
	case !ok:
		return call.Errorf(1, `invalid zone size "%s"`, text)
	case size < 8*pageSize:
		return call.Errorf(1, `zone "%s" is too small`, text)
	case name == "":
		return call.Errorf(-1, `"%s" must have "zone" parameter`, call.Name.Text)
	}
	z, err := shared.Open(call.Zones(), owner(call.Scope.In), name, size, func() *zone { return newZone(size, key.Source) })
	if err != nil {
		return call.Errorf(1, "%v", err)
	}
	if old := (*zones)[name]; old != nil {
		return call.Errorf(1, `%s "%s" is already bound to key "%s"`, call.Name.Text, name, old.key.Source)
	}
	if z.key != key.Source {
		return diag.Diagnostic{
			Pos: call.Pos(), Severity: diag.Error, Code: "zone-key",
			Msg: `limit_conn_zone "` + name + `" uses the "` + key.Source + `" key while previously it used the "` + z.key + `" key`,
		}
	}
	if *zones == nil {
		*zones = map[string]*limiter[S]{}
	}
	(*zones)[name] = &limiter[S]{name, key, z}
	return nil
}

func addLimit(limits *[]limit, call *spec.Call) error {
	name, text := call.Args[0].Text, call.Args[1].Text
	if err := call.Zones().Refer(owner(call.Scope.In), name); err != nil {
		return call.Errorf(0, "%v", err)
	}
	for _, l := range *limits {
		if l.zone == name {
			return spec.ErrDuplicate
		}
	}
	n, ok := spec.ParseNumber(text)
	switch {
	case !ok || n == 0:
		return call.Errorf(1, `invalid number of connections "%s"`, text)
	case n > 65535:
		return call.Errorf(1, "connection limit must be less 65536")
	}
	*limits = append(*limits, limit{name, n})
	return nil
}
