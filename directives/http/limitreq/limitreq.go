// Package limitreq limits how often requests with the same key are processed.
//
// https://nginx.org/en/docs/http/ngx_http_limit_req_module.html
package limitreq

import (
	"log/slog"
	"math"
	"strings"
	"time"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	shared "understudy/runtime/zone"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// Module is ngx_http_limit_req_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_limit_req",
	Directives: []spec.Directive[conf]{{
		Name: "limit_req_zone", In: spec.HTTP, Args: spec.Exactly(3),
		Syntax: "key zone=name:size rate=rate",
		Doc:    "Keeps the request rate of each key in a zone.",
		Set:    spec.Fill(func(c *conf) *spec.Value[zones] { return &c.zones }, addZone),
	}, {
		Name: "limit_req", Names: spec.ZoneName, In: anywhere, Args: spec.Between(1, 3),
		Syntax: "zone=name [burst=number] [nodelay | delay=number]",
		Doc:    "Delays requests over the zone's rate, and refuses them over the burst.",
		Set:    spec.Fill(func(c *conf) *spec.Value[[]limit] { return &c.limits }, addLimit),
	}, {
		Name: "limit_req_log_level", In: anywhere, Syntax: "info | notice | warn | error", Default: "error",
		Doc: "Sets the log level of refusals; delays are logged one level below.",
		Set: spec.SetEnum(func(c *conf) *spec.Value[slog.Level] { return &c.level }, levels),
	}, {
		Name: "limit_req_status", In: anywhere, Syntax: "code", Default: "503",
		Doc: "Sets the status of refused requests.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.status }, 400, 599),
	}, {
		Name: "limit_req_dry_run", Since: "1.17.1", In: anywhere, Syntax: "on | off", Default: "off",
		Doc: "Counts excessive requests without limiting them.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.dryRun }),
	}},
	Variables: []httpd.Variable{{
		Name: "limit_req_status", Volatile: true,
		Doc: "PASSED, DELAYED, REJECTED, DELAYED_DRY_RUN or REJECTED_DRY_RUN.",
		Get: func(*httpd.Request, string) ([]byte, bool) { return nil, false }, // until rule.run sets it
	}},
	Location: (*conf).addTo,
}

type conf struct {
	zones  spec.Value[zones]
	limits spec.Value[[]limit]
	level  spec.Value[slog.Level]
	status spec.Value[int]
	dryRun spec.Value[bool]
}

// zones are the limit_req_zone directives of the http block, by zone name.
type zones map[string]*limiter

// A limit is one limit_req directive.
type limit struct {
	zone         string
	burst, delay int // in thousandths of a request
	pos          diag.Pos
}

var levels = map[string]slog.Level{"info": logs.Info, "notice": logs.Notice, "warn": logs.Warn, "error": logs.Error}

// below is the level of delays for that of refusals.
var below = map[slog.Level]slog.Level{logs.Info: logs.Info, logs.Notice: logs.Info, logs.Warn: logs.Notice, logs.Error: logs.Warn}

const owner = "http limit_req"

// pageSize is what nginx's zones are counted in.
const pageSize = 4096

func addZone(zs *zones, call *spec.Call) error {
	key, err := call.Template(0)
	if err != nil {
		return err
	}
	l := &limiter{key: key, rate: 1000}
	var size int64
	for i, a := range call.Args[1:] {
		i++
		switch text := a.Text; {
		case strings.HasPrefix(text, "zone="):
			name, n, _ := strings.Cut(text[len("zone="):], ":")
			var ok bool
			if size, ok = spec.ParseSize(n, false); !ok {
				return call.Errorf(i, `invalid zone size "%s"`, text)
			}
			if size < 8*pageSize {
				return call.Errorf(i, `zone "%s" is too small`, text)
			}
			l.name = name
		case strings.HasPrefix(text, "rate="):
			var ok bool
			if l.rate, ok = parseRate(text[len("rate="):]); !ok {
				return call.Errorf(i, `invalid rate "%s"`, text)
			}
		default:
			return call.Errorf(i, `invalid parameter "%s"`, text)
		}
	}
	if l.name == "" {
		return call.Errorf(-1, `"%s" must have "zone" parameter`, call.Name.Text)
	}
	created := false
	z, err := shared.Open(call.Zones(), owner, l.name, size, func() *zone {
		created = true
		return newZone(size, key.Source)
	})
	if err != nil {
		return call.Errorf(1, "%v", err)
	}
	if old := (*zs)[l.name]; old != nil {
		return call.Errorf(1, `%s "%s" is already bound to key "%s"`, call.Name.Text, l.name, old.key.Source)
	}
	if !created && z.key != key.Source {
		return diag.Diagnostic{
			Pos: call.Pos(), Severity: diag.Error, Code: "zone-key",
			Msg: `limit_req "` + l.name + `" uses the "` + key.Source + `" key while previously it used the "` + z.key + `" key`,
		}
	}
	l.zone = z
	if *zs == nil {
		*zs = zones{}
	}
	(*zs)[l.name] = l
	return nil
}

// parseRate reads "10r/s" or "30r/m" as thousandths of a request per second.
func parseRate(s string) (int, bool) {
	per := 1
	if cut, ok := strings.CutSuffix(s, "r/s"); ok {
		s = cut
	} else if cut, ok := strings.CutSuffix(s, "r/m"); ok {
		s, per = cut, 60
	}
	n, ok := spec.ParseNumber(s)
	return n * 1000 / per, ok && n > 0
}

func addLimit(ls *[]limit, call *spec.Call) error {
	l := limit{pos: call.Pos()}
	referred := false
	for i, a := range call.Args {
		name, val, has := strings.Cut(a.Text, "=")
		n, number := spec.ParseNumber(val)
		switch ok := number && n > 0; {
		case name == "zone" && has:
			if err := call.Zones().Refer(owner, val); err != nil {
				return call.Errorf(i, "%v", err)
			}
			l.zone, referred = val, true
		case name == "burst" && has && ok:
			l.burst = n * 1000
		case name == "delay" && has && ok:
			l.delay = n * 1000
		case (name == "burst" || name == "delay") && has:
			return call.Errorf(i, `invalid %s value "%s"`, name, a.Text)
		case a.Text == "nodelay":
			l.delay = math.MaxInt
		default:
			return call.Errorf(i, `invalid parameter "%s"`, a.Text)
		}
	}
	if !referred {
		return call.Errorf(-1, `"%s" must have "zone" parameter`, call.Name.Text)
	}
	for _, other := range *ls {
		if other.zone == l.zone {
			return spec.ErrDuplicate
		}
	}
	*ls = append(*ls, l)
	return nil
}

// addTo adds a step that applies the limits of a location.
func (c *conf) addTo(b *spec.Builder) error {
	if len(c.limits.V) == 0 {
		return nil
	}
	u := &rule{
		status: httpd.Status(c.status.V),
		level:  c.level.V,
		dryRun: c.dryRun.V,
		result: b.Vars.Index("limit_req_status", c.limits.Pos),
	}
	for _, l := range c.limits.V {
		// A zone that nothing declares is reported when the
		// configuration ends: it may be declared behind its use.
		if z := c.zones.V[l.zone]; z != nil {
			x := bound{l, z}
			if worst := x.wait(l.burst); worst > time.Second {
				b.Hintf(l.pos, "slow-burst", "requests in the burst wait up to %v", worst)
			}
			u.limits = append(u.limits, x)
		}
	}
	if len(u.limits) == 0 {
		return nil
	}
	b.PreAccess = append(b.PreAccess, httpd.Step{Name: "limit_req", Pos: c.limits.Pos, Run: u.run, Explain: u.explain})
	return nil
}
