// Package accesslog declares the access logs of http and stream, their formats,
// and what they write of each request or session.
//
// https://nginx.org/en/docs/http/ngx_http_log_module.html
// https://nginx.org/en/docs/stream/ngx_stream_log_module.html
package accesslog

import (
	"strings"

	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// HTTP is ngx_http_log_module.
var HTTP = newHTTP()

const (
	blocks = spec.HTTP | spec.Server | spec.Location
	all    = blocks | spec.LocationIf | spec.LimitExcept
)

func newHTTP() spec.HTTPModule[conf[*httpd.Request]] {
	m := module[*httpd.Request]{own: ownVariables(), combined: true}
	return spec.HTTPModule[conf[*httpd.Request]]{
		Name:       "http_log",
		Directives: m.directives(spec.HTTP, blocks, all),
		Location: func(c *conf[*httpd.Request], b *spec.Builder) error {
			set := &c.logs.V
			if !c.logs.Given() {
				set = m.defaults(c, b.Scope)
			}
			if set.off {
				return nil
			}
			for _, l := range set.list {
				if l.nowhere() {
					continue
				}
				b.Log = append(b.Log, httpd.Step{Name: "access_log", Pos: l.pos, Run: func(r *httpd.Request) httpd.Status {
					write(l, r, (*httpd.Request).Root, " while logging request")
					return httpd.Declined
				}})
			}
			return nil
		},
	}
}

// A module is what the modules of http and stream have in common.
type module[S session] struct {
	own      map[string]func([]byte, S) []byte // variables of its own
	combined bool                              // there is the format "combined", and a default log
}

// A conf is what the directives say in one block.
type conf[S session] struct {
	formats []*format[S] // of the http or stream block, the first being combined
	logs    spec.Value[access[S]]
	cache   spec.Value[bool]
}

// access is the access_log directives of a block.
type access[S session] struct {
	list []*log[S]
	off  bool
}

const combined = `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"`

func (m *module[S]) directives(top, blocks, all spec.Context) []spec.Directive[conf[S]] {
	return []spec.Directive[conf[S]]{{
		Name: "log_format", In: top, Args: spec.AtLeast(2),
		Syntax: "name [escape=default|json|none] string ...",
		Doc:    "Gives a format a name.",
		Set:    spec.Do(m.addFormat),
	}, {
		Name: "access_log", Names: spec.LogFile, In: all, Args: spec.AtLeast(1),
		Syntax: "path [format [buffer=size] [gzip[=level]] [flush=time] [if=condition]] | off",
		Doc:    "Writes a line for each request, or session, to a file or a syslog server.",
		Set:    spec.Fill(func(c *conf[S]) *spec.Value[access[S]] { return &c.logs }, m.addLog),
	}, {
		Name: "open_log_file_cache", In: blocks, Args: spec.Between(1, 4),
		Syntax: "max=N [inactive=time] [min_uses=N] [valid=time] | off", Default: "off",
		Doc: "Keeps files open whose names have variables.",
		Set: spec.Accept("such files are opened for each line",
			spec.Scalar(func(c *conf[S]) *spec.Value[bool] { return &c.cache }, spec.Words, spec.Between(1, 4), nil, checkCache)),
	}}
}

func (m *module[S]) addFormat(c *conf[S], call *spec.Call) error {
	name := call.Args[0].Text
	for _, f := range c.formats {
		if f.name == name {
			return call.Errorf(0, `duplicate "log_format" name "%s"`, name)
		}
	}
	if m.combined && name == "combined" {
		return call.Errorf(0, `duplicate "log_format" name "%s"`, name)
	}
	f, err := parseFormat(call, m.own)
	if err == nil {
		c.formats = append(c.formats, f)
	}
	return err
}

// format finds a format by its name, in whatever case.
func (m *module[S]) format(call *spec.Call, name string) *format[S] {
	top := call.Scope
	for top.Parent != nil && top.In&(spec.HTTP|spec.Stream) == 0 {
		top = top.Parent
	}
	c := spec.OwnConf[conf[S]](top)
	if m.combined && strings.EqualFold(name, "combined") {
		return m.combinedOf(c, call)
	}
	for _, f := range c.formats {
		if strings.EqualFold(f.name, name) {
			return f
		}
	}
	return nil
}

// combinedOf returns the format that need not be declared.
func (m *module[S]) combinedOf(c *conf[S], call *spec.Call) *format[S] {
	if len(c.formats) > 0 && c.formats[0].name == "combined" {
		return c.formats[0]
	}
	d := &parser.Directive{Name: call.Name, Args: []parser.Word{{Text: "combined"}, {Text: combined}}, End: call.End}
	f, err := parseFormat(&spec.Call{Directive: d, Scope: call.Scope}, m.own)
	if err != nil {
		panic("accesslog: combined: " + err.Error())
	}
	c.formats = append([]*format[S]{f}, c.formats...)
	return f
}

// defaults is the log of a block for which no access_log is given.
func (m *module[S]) defaults(c *conf[S], s *spec.Scope) *access[S] {
	if !m.combined {
		return &access[S]{off: true}
	}
	call := &spec.Call{Directive: &parser.Directive{}, Scope: s}
	l := &log[S]{format: m.format(call, "combined")}
	if g := s.Env().Logs; g != nil {
		l.file = g.File(s.FullName("logs/access.log"))
	}
	return &access[S]{list: []*log[S]{l}}
}

// nowhere reports whether the log has no place to write to: the configuration
// is only looked at.
func (l *log[S]) nowhere() bool { return l.file == nil && l.path == nil && l.syslog == nil }

func (m *module[S]) addLog(set *access[S], call *spec.Call) error {
	to := call.Args[0].Text
	if to == "off" {
		set.off = true
		if len(call.Args) > 1 {
			return call.Errorf(1, `invalid parameter "%s"`, call.Args[1].Text)
		}
		return nil
	}
	l := &log[S]{pos: call.Pos()}
	set.list = append(set.list, l)
	if err := l.open(call, to); err != nil {
		return err
	}
	name := "combined"
	switch {
	case len(call.Args) > 1:
		name = call.Args[1].Text
	case !m.combined:
		return call.Errorf(-1, "log format is not specified")
	}
	if l.format = m.format(call, name); l.format == nil {
		return call.Coded(1, "unknown-format", `unknown log format "%s"`, name)
	}
	return l.parameters(call, to)
}

// open finds what the log writes to.
func (l *log[S]) open(call *spec.Call, to string) error {
	env := call.Scope.Env()
	if params, ok := strings.CutPrefix(to, "syslog:"); ok {
		server, err := logs.ParseSyslog(params)
		if err != nil {
			return call.Errorf(0, "%v", err)
		}
		if env.Logs != nil {
			l.syslog = env.Logs.Syslog(server)
		}
		return nil
	}
	if strings.Contains(to, "$") {
		t, err := spec.CompileTemplate(call, spec.VarsOf[S](call), env.FullName(to), 0)
		l.path = t
		return err
	}
	if env.Logs != nil {
		l.file = env.Logs.File(env.FullName(to))
	}
	return nil
}

// parameters reads what follows the format.
func (l *log[S]) parameters(call *spec.Call, to string) error {
	var o logs.Buffering
	for _, p := range call.Params(2) {
		switch {
		case p.Key == "buffer" && p.Has:
			n, ok := spec.ParseSize(p.Val, false)
			if !ok || n == 0 {
				return call.Errorf(p.Arg, `invalid buffer size "%s"`, p.Val)
			}
			o.Size = int(n)
		case p.Key == "flush" && p.Has:
			d, ok := spec.ParseTime(p.Val, true)
			if !ok || d == 0 {
				return call.Errorf(p.Arg, `invalid flush time "%s"`, p.Val)
			}
			o.Flush = d
		case p.Key == "gzip":
			if o.Size == 0 {
				o.Size = 64 << 10
			}
			o.Gzip = 1
			if p.Has {
				n, ok := spec.ParseNumber(p.Val)
				if !ok || n < 1 || n > 9 {
					return call.Errorf(p.Arg, `invalid compression level "%s"`, p.Val)
				}
				o.Gzip = n
			}
		case p.Key == "if" && p.Has:
			t, err := spec.CompileTemplate(call, spec.VarsOf[S](call), p.Val, p.Arg)
			if err != nil {
				return err
			}
			l.filter = t
		default:
			return call.Errorf(p.Arg, `invalid parameter "%s"`, call.Args[p.Arg].Text)
		}
	}
	return l.buffer(call, to, o)
}

func (l *log[S]) buffer(call *spec.Call, to string, o logs.Buffering) error {
	switch {
	case o.Flush > 0 && o.Size == 0:
		return call.Errorf(0, `no buffer is defined for access_log "%s"`, to)
	case o.Size == 0:
		return nil
	case l.path != nil:
		return call.Errorf(0, "buffered logs cannot have variables in name")
	case strings.HasPrefix(to, "syslog:"):
		return call.Errorf(0, "logs to syslog cannot be buffered")
	case l.file == nil:
		return nil
	}
	if err := call.Scope.Env().Logs.Buffer(l.file, to, o); err != nil {
		return call.Errorf(0, "%v", err)
	}
	return nil
}

// checkCache reads open_log_file_cache. It reports whether files are kept.
func checkCache(call *spec.Call) (bool, error) {
	size, off := 0, false
	for _, p := range call.Params(0) {
		ok := false
		switch {
		case p.Key == "max" && p.Has:
			size, ok = spec.ParseNumber(p.Val)
		case p.Key == "min_uses" && p.Has:
			_, ok = spec.ParseNumber(p.Val)
		case (p.Key == "inactive" || p.Key == "valid") && p.Has:
			_, ok = spec.ParseTime(p.Val, false)
		case p.Key == "off" && !p.Has:
			ok, off = true, true
		}
		if !ok {
			return false, call.Errorf(p.Arg, `invalid "open_log_file_cache" parameter "%s"`, call.Args[p.Arg].Text)
		}
	}
	if !off && size == 0 {
		return false, call.Errorf(0, `"open_log_file_cache" must have "max" parameter`)
	}
	return !off, nil
}
