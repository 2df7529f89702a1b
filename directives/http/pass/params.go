package pass

import (
	"slices"
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/gateway"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// A Param is one …_param directive.
type Param struct {
	name       string
	value      *httpd.Template
	ifNotEmpty bool
	pos        diag.Pos
}

// A ParamConf is the Conf of a module whose requests are parameters: fastcgi,
// uwsgi and scgi.
type ParamConf struct {
	Conf
	Place  spec.Value[*Place]
	params spec.Value[[]Param]
}

// ParamDirectives returns the directives of a module whose requests are
// parameters. secure is that of PlaceDirective. at finds the ParamConf in the
// module's configuration.
func ParamDirectives[C any](k Kind, secure string, at func(*C) *ParamConf) []spec.Directive[C] {
	d := family[C]{k, func(c *C) *Conf { return &at(c).Conf }}
	param := d.directive("param", "parameter value [if_not_empty]", "",
		"Sets a parameter passed to the server. The directives of an outer block apply only if a block has none of its own.",
		spec.AddTo(func(c *C) *spec.Value[[]Param] { return &at(c).params }, parseParam))
	param.Args = spec.Between(2, 3)
	return append([]spec.Directive[C]{
		PlaceDirective(k, secure, func(c *C) *spec.Value[*Place] { return &at(c).Place }), param,
	}, Directives(k, d.at)...)
}

func parseParam(call *spec.Call) (p Param, err error) {
	if len(call.Args) == 3 && call.Args[2].Text != "if_not_empty" {
		return p, call.Errorf(2, `invalid parameter "%s"`, call.Args[2].Text)
	}
	v, err := call.Template(1)
	return Param{call.Args[0].Text, v, len(call.Args) == 3, call.Pos()}, err
}

// An Encoding is what stands around the names and values of parameters.
type Encoding struct {
	Before  func(dst []byte, name, value int) []byte // appends what precedes a name; nil: nothing
	Between func(dst []byte, value int) []byte       // appends what follows it
	After   string                                   // follows the value
}

// forPeople is an Encoding to be read.
var forPeople = Encoding{
	Between: func(dst []byte, _ int) []byte { return append(dst, ": "...) },
	After:   "\n",
}

// Params writes the parameters of a location's requests.
type Params struct {
	list    []Param
	given   map[string]bool // fields, in lower case with "_" for "-", that are not copied from the client
	headers bool            // copy the others
	cached  *Params         // for requests whose response may be kept; nil: there are none
}

// httpPrefix begins the names of parameters made of the client's fields.
const httpPrefix = "HTTP_"

// Handler checks what the directives say, and returns the handler of a location
// without its protocol, and what writes the parameters of its requests; nil if
// the location passes none. Those of requests whose response may be kept do not
// have the client's conditions.
func (c *ParamConf) Handler(k Kind, b *spec.Builder) (*Handler, *Params, error) {
	if err := c.Check(k, b); err != nil || c.Place.V == nil {
		return nil, nil, err
	}
	p, err := newParams(b, c.params.V, c.PassHeaders(), nil)
	if err != nil {
		return nil, nil, err
	}
	s := c.Settings(k)
	if s.Cache = c.Caching(k, b, nil); s.Cache != nil {
		if p.cached, err = newParams(b, c.params.V, p.headers, Conditions); err != nil {
			return nil, nil, err
		}
	}
	explain := func(r *httpd.Request) string { return string(p.Append(nil, r, &forPeople)) }
	return &Handler{Place: c.Place.V, Settings: s, Explain: explain}, p, nil
}

// newParams returns what writes the parameters given, the default ones, the client's
// fields if headers is true, and what stands in the place of some of them.
func newParams(b *spec.Builder, given []Param, headers bool, instead []Condition) (*Params, error) {
	p := &Params{given: map[string]bool{}, headers: headers}
	host := !spec.Older(b.Env().Version, "1.29.5")
	for _, x := range given {
		host = host && !strings.EqualFold(x.name, "HTTP_HOST")
		p.add(x)
	}
	if host {
		v, err := b.Vars.Compile("$host$is_request_port$request_port", diag.Pos{})
		if err != nil {
			return nil, err
		}
		p.add(Param{name: "HTTP_HOST", value: v, ifNotEmpty: true})
	}
	for _, x := range instead {
		name := string(appendUpper([]byte(httpPrefix), []byte(x.Field)))
		if slices.ContainsFunc(given, func(g Param) bool { return strings.EqualFold(g.name, name) }) {
			continue
		}
		v, err := b.Vars.Compile(x.Value, diag.Pos{})
		if err != nil {
			return nil, err
		}
		p.add(Param{name: name, value: v, ifNotEmpty: true})
	}
	return p, nil
}

func (p *Params) add(x Param) {
	if name, ok := strings.CutPrefix(x.name, httpPrefix); ok && name != "" {
		p.given[strings.ToLower(name)] = true
		if lit, ok := x.value.Literal(); ok && len(lit) == 0 {
			return // says only that the field is not passed
		}
	}
	p.list = append(p.list, x)
}

// Append appends the parameters of a request.
func (p *Params) Append(dst []byte, r *httpd.Request, e *Encoding) []byte {
	if p.cached != nil {
		if s := gateway.StateOf(r); s != nil && s.Cacheable() {
			p = p.cached
		}
	}
	for i := range p.list {
		x := &p.list[i]
		v := r.Eval(x.value)
		if x.ifNotEmpty && len(v) == 0 {
			continue
		}
		if e.Before != nil {
			dst = e.Before(dst, len(x.name), len(v))
		}
		dst = e.Between(append(dst, x.name...), len(v))
		dst = append(append(dst, v...), e.After...)
	}
	if p.headers {
		dst = p.appendFields(dst, r, e)
	}
	return dst
}

// appendFields appends the client's fields. Those of one name are joined.
func (p *Params) appendFields(dst []byte, r *httpd.Request, e *Encoding) []byte {
	h := &r.Head.Block
	for i := range h.Len() {
		f := h.At(i)
		name := h.Name(f)
		if f.Deleted || p.has(name) || repeated(h, i) {
			continue
		}
		sep := ", "
		if f.ID == header.Cookie {
			sep = "; "
		}
		size := 0
		for j := i; j >= 0; j = next(h, j) {
			if size += len(h.Value(h.At(j))); j > i {
				size += len(sep)
			}
		}
		if e.Before != nil {
			dst = e.Before(dst, len(httpPrefix)+len(name), size)
		}
		dst = appendUpper(append(dst, httpPrefix...), name)
		dst = e.Between(dst, size)
		for j := i; j >= 0; j = next(h, j) {
			if j > i {
				dst = append(dst, sep...)
			}
			dst = append(dst, h.Value(h.At(j))...)
		}
		dst = append(dst, e.After...)
	}
	return dst
}

// has reports whether a parameter stands for a field.
func (p *Params) has(name []byte) bool {
	var room [64]byte
	low := room[:0]
	for _, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			c |= 0x20
		case c == '-':
			c = '_'
		}
		low = append(low, c)
	}
	return p.given[string(low)]
}

// appendUpper appends a field's name as CGI spells it (RFC 3875 section 4.1.18).
func appendUpper(dst, name []byte) []byte {
	for _, c := range name {
		switch {
		case c >= 'a' && c <= 'z':
			c &^= 0x20
		case c == '-':
			c = '_'
		}
		dst = append(dst, c)
	}
	return dst
}

// same reports whether two fields of a head have one name.
func same(h *header.Block, a, b int) bool {
	f, g := h.At(a), h.At(b)
	return f.Hash == g.Hash && !f.Deleted && !g.Deleted && header.EqualFold(h.Name(f), h.Name(g))
}

// repeated reports whether a field of the name of the i-th precedes it.
func repeated(h *header.Block, i int) bool {
	for j := range i {
		if same(h, j, i) {
			return true
		}
	}
	return false
}

// next returns the field of the i-th's name that follows it, or -1.
func next(h *header.Block, i int) int {
	for j := i + 1; j < h.Len(); j++ {
		if same(h, i, j) {
			return j
		}
	}
	return -1
}
