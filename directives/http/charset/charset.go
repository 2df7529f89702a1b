// Package charset names the charset of responses in their Content-Type, and
// recodes their bodies from one charset to another.
//
// https://nginx.org/en/docs/http/ngx_http_charset_module.html
package charset

import (
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/vars"
)

const (
	anywhere = spec.HTTP | spec.Server | spec.Location
	orIf     = anywhere | spec.LocationIf
)

// Module is ngx_http_charset_filter_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_charset_filter",
	Directives: []spec.Directive[conf]{{
		Name: "charset", In: orIf, Args: spec.Exactly(1), Syntax: "charset | off", Default: "off",
		Doc: "Adds a charset to the Content-Type of responses. If it is not the source_charset, the body is recoded.",
		Set: spec.Scalar(func(c *conf) *spec.Value[name] { return &c.charset }, spec.Text, spec.Exactly(1), nil, parseName),
	}, {
		Name: "source_charset", In: orIf, Args: spec.Exactly(1), Syntax: "charset",
		Doc: "Sets the charset that responses are in, if they name none.",
		Set: spec.Scalar(func(c *conf) *spec.Value[name] { return &c.source }, spec.Text, spec.Exactly(1), nil, parseName),
	}, {
		Name: "override_charset", In: orIf, Syntax: "on | off", Default: "off",
		Doc: "Recodes responses of upstreams too that name a charset.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.override }),
	}, {
		Name: "charset_types", In: anywhere, Args: spec.AtLeast(1), Syntax: "mime-type ...",
		Default: "text/html text/xml text/plain text/vnd.wap.wml application/javascript application/rss+xml",
		Doc:     "Sets the types of responses that have a charset, in addition to text/html; * is any.",
		Set:     spec.SetTypes(func(c *conf) *spec.Value[*httpd.Types] { return &c.types }, "text/html"),
	}, {
		Name: "charset_map", In: spec.HTTP, Args: spec.Exactly(2), Free: true, Syntax: "charset1 charset2",
		Doc: "Describes, in hexadecimal, how characters of one charset are written in the other.",
		Set: spec.Do(addMap),
	}},
	Location: (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	charset  spec.Value[name]
	source   spec.Value[name]
	override spec.Value[bool]
	types    spec.Value[*httpd.Types]

	known *charsets // in the http block: all charsets it mentions
}

// A name is a charset as a directive names it; the zero value is "off".
type name struct {
	charset  *charset
	dynamic  bool // a variable says which
	variable vars.Index
}

func (n *name) off() bool { return n.charset == nil && !n.dynamic }

// A charset is one that the configuration mentions.
type charset struct {
	name  string // as it was first written
	bytes []byte // of name
	utf8  bool
	to    map[*charset]recoder // how what is in this charset is recoded
}

// charsets are those of one http block.
type charsets struct {
	list    []*charset
	missing map[[2]*charset]bool // pairs without a charset_map that were reported
}

// find returns the charset of a name, which may be in any case, or nil.
func (cs *charsets) find(name []byte) *charset {
	for _, c := range cs.list {
		if header.EqualFold(c.name, name) {
			return c
		}
	}
	return nil
}

func (cs *charsets) add(name string) *charset {
	c := cs.find([]byte(name))
	if c == nil {
		c = &charset{name: name, bytes: []byte(name), utf8: strings.EqualFold(name, "utf-8"), to: map[*charset]recoder{}}
		cs.list = append(cs.list, c)
	}
	return c
}

// knownTo returns the charsets of the http block that s is in.
func knownTo(s *spec.Scope) *charsets {
	for s.In != spec.HTTP && s.Parent != nil {
		s = s.Parent
	}
	c := spec.OwnConf[conf](s)
	if c.known == nil {
		c.known = &charsets{missing: map[[2]*charset]bool{}}
	}
	return c.known
}

// parseName reads the argument of charset and source_charset.
func parseName(call *spec.Call) (name, error) {
	text := call.Args[0].Text
	if text == "off" && call.Name.Text == "charset" {
		return name{}, nil
	}
	if v, ok := strings.CutPrefix(text, "$"); ok {
		if v == "" {
			return name{}, call.Errorf(0, `invalid variable name "$"`)
		}
		return name{dynamic: true, variable: call.Scope.Vars().Index(v, call.Pos())}, nil
	}
	return name{charset: knownTo(call.Scope).add(text)}, nil
}

// addTo adds the filter to a location. Without "charset" it is needed for
// what upstreams want with X-Accel-Charset, and where a part of a page may
// have to be recoded: where anything is known of charsets.
func (c *conf) addTo(b *spec.Builder) error {
	known := knownTo(b.Scope)
	if len(known.list) == 0 && c.charset.V.off() {
		return nil
	}
	dst, src := c.charset.V.charset, c.source.V.charset
	if dst != nil && src != nil && dst != src && dst.to[src] == nil && src.to[dst] == nil && !known.missing[[2]*charset{src, dst}] {
		known.missing[[2]*charset{src, dst}] = true
		return diag.Diagnostic{
			Pos: c.charset.Pos, Severity: diag.Error, Code: "no-charset-map",
			Msg: `no "charset_map" between the charsets "` + src.name + `" and "` + dst.name + `"`,
		}
	}
	f := &filter{
		known: known, types: c.types.V, charset: c.charset.V, source: c.source.V,
		override: c.override.V,
	}
	b.Filters = append(b.Filters, httpd.Filter{Name: "charset", Pos: c.charset.Pos, Head: f.head})
	return nil
}
