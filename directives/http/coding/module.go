package coding

import (
	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// A Kind is a content coding, and how the directives of its modules differ from
// those of the others.
type Kind struct {
	Name   []byte // in Accept-Encoding and Content-Encoding
	Prefix string // of the directives and variables: "gzip"
	Suffix string // of files that were compressed beforehand: ".gz"

	// Takes reports whether a client takes the coding.
	Takes func(*httpd.Request) bool

	ThirdParty bool   // the modules are none of nginx's
	NoBuffers  string // why …_buffers has no effect, if it has none
}

// A Conf is what the directives that all codings have say in one block.
type Conf struct {
	On        spec.Value[bool]
	types     spec.Value[*httpd.Types]
	minLength spec.Value[int64]
	buffers   spec.Value[spec.Buffers]
}

// Directives returns the directives that all codings have. at finds the Conf in
// the module's configuration.
func Directives[C any](k Kind, at func(*C) *Conf) []spec.Directive[C] {
	buffers := spec.SetBuffers(func(c *C) *spec.Value[spec.Buffers] { return &at(c).buffers })
	if k.NoBuffers != "" {
		buffers = spec.Accept(k.NoBuffers, buffers)
	}
	return []spec.Directive[C]{{
		Name: k.Prefix, In: anywhere | spec.LocationIf, Syntax: "on | off", Default: "off",
		Doc: "Compresses responses for clients that take " + string(k.Name) + ".",
		Set: spec.SetFlag(func(c *C) *spec.Value[bool] { return &at(c).On }),
	}, {
		Name: k.Prefix + "_types", In: anywhere, Args: spec.AtLeast(1), Syntax: "mime-type ...", Default: "text/html",
		Doc: "Sets the types of responses that are compressed, in addition to text/html; * is any.",
		Set: spec.SetTypes(func(c *C) *spec.Value[*httpd.Types] { return &at(c).types }, "text/html"),
	}, {
		Name: k.Prefix + "_min_length", In: anywhere, Syntax: "length", Default: "20",
		Doc: "Leaves responses alone whose Content-Length is less than this.",
		Set: spec.SetSize(func(c *C) *spec.Value[int64] { return &at(c).minLength }, false),
	}, {
		Name: k.Prefix + "_buffers", In: anywhere, Args: spec.Exactly(2), Syntax: "number size", Default: "32 4k",
		Doc: "Sets how much compressed data is collected: it is passed on when it fills a buffer.",
		Set: buffers,
	}}
}

// RatioName is the name of the variable that says how much smaller a response
// became.
func (k Kind) RatioName() string { return k.Prefix + "_ratio" }

// Variables returns the variables of a coding.
func (k Kind) Variables() []httpd.Variable {
	return []httpd.Variable{{
		Name: k.RatioName(),
		Doc:  "How many times smaller the response became.",
		Get:  func(*httpd.Request, string) ([]byte, bool) { return nil, false }, // set when the response ends
	}}
}

// Piece is how much compressed data is collected at most before it is passed on,
// in bytes.
func (c *Conf) Piece() int {
	const most = 32 << 10
	return min(c.buffers.V.Size, most)
}

// AddTo adds the filter of a coding to a location.
func (c *Conf) AddTo(b *spec.Builder, k Kind, wrap func(*httpd.Request, httpd.Writer) httpd.Writer) {
	rule := &Rule{Name: k.Name, Types: c.types.V, MinLength: c.minLength.V, Takes: k.Takes, Wrap: wrap}
	b.Filters = append(b.Filters, httpd.Filter{Name: k.Prefix, Pos: c.On.Pos, Whole: true, Head: rule.Head})
}

// A StaticConf is what …_static says in one block.
type StaticConf struct{ when spec.Value[When] }

// StaticModule returns the module that sends files that were compressed
// beforehand.
func (k Kind) StaticModule() spec.HTTPModule[StaticConf] {
	name := k.Prefix + "_static"
	return spec.HTTPModule[StaticConf]{
		Name: "http_" + name, ThirdParty: k.ThirdParty,
		Directives: []spec.Directive[StaticConf]{{
			Name: name, In: anywhere, Syntax: "on | off | always", Default: "off",
			Doc: "Sends file" + k.Suffix + " for file to clients that take " + string(k.Name) + ", or to all.",
			Set: spec.SetEnum(func(c *StaticConf) *spec.Value[When] { return &c.when },
				map[string]When{"off": Never, "on": Taken, "always": Always}),
		}},
		Location: func(c *StaticConf, b *spec.Builder) error {
			if c.when.V != Never {
				s := &Static{Name: k.Name, Suffix: k.Suffix, When: c.when.V, Takes: k.Takes}
				b.Contents = append(b.Contents, httpd.Step{Name: name, Pos: c.when.Pos, Run: s.Run})
			}
			return nil
		},
	}
}
