// Package browser tells modern browsers from ancient ones by their names and
// versions, as those of its time had them.
//
// https://nginx.org/en/docs/http/ngx_http_browser_module.html
package browser

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// Module is ngx_http_browser_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_browser",
	Directives: []spec.Directive[conf]{{
		Name: "modern_browser", In: anywhere, Args: spec.Between(1, 2), Syntax: "browser version | unlisted",
		Doc: "Sets from which version on a browser is modern, or that those that nothing lists are.",
		Set: spec.Fill(func(c *conf) *spec.Value[modern] { return &c.modern }, addModern),
	}, {
		Name: "ancient_browser", In: anywhere, Args: spec.AtLeast(1), Syntax: "string …",
		Doc: "Lists what the User-Agent field of ancient browsers contains; “netscape4” is Netscape 1 to 4.",
		Set: spec.Fill(func(c *conf) *spec.Value[ancient] { return &c.ancient }, addAncient),
	}, {
		Name: "modern_browser_value", In: anywhere, Args: spec.Exactly(1), Syntax: "string", Default: "1",
		Doc: "Sets the value of $modern_browser.",
		Set: spec.Fill(func(c *conf) *spec.Value[[]byte] { return &c.modernValue }, value).As(spec.Text),
	}, {
		Name: "ancient_browser_value", In: anywhere, Args: spec.Exactly(1), Syntax: "string", Default: "1",
		Doc: "Sets the value of $ancient_browser.",
		Set: spec.Fill(func(c *conf) *spec.Value[[]byte] { return &c.ancientValue }, value).As(spec.Text),
	}},
	Variables: []httpd.Variable{
		{Name: "msie", Doc: "“1” for any version of MSIE, else empty.", Changeable: true, Get: msie},
		{Name: "modern_browser", Doc: "The value of modern_browser_value for a modern browser, else empty.", Changeable: true, Get: registry(nil).modern},
		{Name: "ancient_browser", Doc: "The value of ancient_browser_value for an ancient browser, else empty.", Changeable: true, Get: registry(nil).ancient},
	},
	Location: (*conf).addTo,
}

type conf struct {
	modern       spec.Value[modern]
	ancient      spec.Value[ancient]
	modernValue  spec.Value[[]byte]
	ancientValue spec.Value[[]byte]
}

// A modern is the modern_browser directives of one block.
type modern struct {
	browsers []version
	unlisted bool // those that nothing lists
}

// An ancient is the ancient_browser directives of one block.
type ancient struct {
	parts     []string // of the User-Agent field
	netscape4 bool
}

// A version is the first of a browser that is modern.
type version struct {
	mask  int // index in masks
	least uint64
}

// A mask is how a browser names itself.
type mask struct {
	browser string
	skip    int // bytes of the field that need no search
	name    string
	add     int // bytes from the name to the version
}

// masks are in the order in which they are looked for: Opera may contain what
// others do.
var masks = []mask{
	{"opera", 0, "Opera", len("Opera ")},
	{"msie", len("Mozilla/4.0 (compatible; "), "MSIE ", len("MSIE ")},
	{"gecko", len("Mozilla/5.0 ("), "rv:", len("rv:")},
	{"safari", len("Mozilla/5.0 ("), "Safari/", len("Safari/")},
	{"konqueror", len("Mozilla/5.0 (compatible; "), "Konqueror/", len("Konqueror/")},
}

const opera = 0

func addModern(m *modern, call *spec.Call) error {
	name := call.Args[0].Text
	if len(call.Args) == 1 {
		if name != "unlisted" {
			return call.Errorf(0, `invalid parameter "%s"`, name) // nginx fails without a word
		}
		m.unlisted = true
		return nil
	}
	i := slices.IndexFunc(masks, func(m mask) bool { return strings.EqualFold(m.browser, name) })
	if i < 0 {
		return call.Errorf(0, `unknown browser name "%s"`, name)
	}
	var p parser
	for _, c := range []byte(call.Args[1].Text) {
		if !p.take(c) {
			return call.Errorf(1, `invalid browser version "%s"`, call.Args[1].Text)
		}
	}
	m.browsers = append(m.browsers, version{i, p.version()})
	return nil
}

func addAncient(a *ancient, call *spec.Call) error {
	for _, arg := range call.Args {
		if arg.Text == "netscape4" {
			a.netscape4 = true
		} else {
			a.parts = append(a.parts, arg.Text)
		}
	}
	return nil
}

func value(v *[]byte, call *spec.Call) error {
	*v = []byte(call.Args[0].Text)
	return nil
}

// addTo lets the variables find what is in force in a location.
func (c *conf) addTo(b *spec.Builder) error {
	if !c.modern.Given() && !c.ancient.Given() && string(c.modernValue.V) == "1" && string(c.ancientValue.V) == "1" {
		return nil // as without the module's directives
	}
	g := spec.Result[registry](b.Scope)
	if g == nil {
		g = registry{}
		spec.SetResult(b.Scope, g)
		for name, get := range map[string]func(*httpd.Request, string) ([]byte, bool){"modern_browser": g.modern, "ancient_browser": g.ancient} {
			if v, _, _ := b.Vars.Lookup(name); v.Get != nil {
				v.Get = get
				b.Vars.Builtin(v)
			}
		}
	}
	t := &tester{modern: c.modern.V, ancient: c.ancient.V, modernValue: c.modernValue.V, ancientValue: c.ancientValue.V}
	if list := t.browsers; len(list) > 0 {
		list = slices.Clone(list)
		if !slices.ContainsFunc(list, func(v version) bool { return v.mask == opera }) {
			list = append(list, version{opera, math.MaxUint64})
		}
		slices.SortStableFunc(list, func(a, b version) int { return cmp.Compare(a.mask, b.mask) })
		t.browsers = list
	}
	g[b.Location] = t
	return nil
}

// A registry has the testers of each location.
type registry map[*httpd.Location]*tester

var (
	yes     = []byte("1")
	nothing = []byte{}
	// bare is what applies where no directive does: all are ancient.
	bare = &tester{modernValue: yes, ancientValue: yes}
)

func (g registry) at(r *httpd.Request) *tester {
	if t := g[r.Loc]; t != nil {
		return t
	}
	return bare
}

func (g registry) modern(r *httpd.Request, _ string) ([]byte, bool) {
	if t := g.at(r); t.isModern(r.Header(header.UserAgent)) {
		return t.modernValue, true
	}
	return nothing, true
}

func (g registry) ancient(r *httpd.Request, _ string) ([]byte, bool) {
	if t := g.at(r); !t.isModern(r.Header(header.UserAgent)) {
		return t.ancientValue, true
	}
	return nothing, true
}

func msie(r *httpd.Request, _ string) ([]byte, bool) {
	if r.Agent()&h1.MSIE != 0 {
		return yes, true
	}
	return nothing, true
}
