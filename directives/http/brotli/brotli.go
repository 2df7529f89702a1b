// Package brotli compresses responses with Brotli (RFC 7932), and sends files
// that were compressed so beforehand. nginx has no such modules; these have the
// directives of ngx_brotli.
//
// https://github.com/google/ngx_brotli
package brotli

import (
	"errors"
	"math/bits"

	"github.com/andybalholm/brotli"

	"understudy/directives/http/coding"
	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

const (
	anywhere = spec.HTTP | spec.Server | spec.Location
	ratio    = "brotli_ratio"
)

var name = []byte("br")

func takes(r *httpd.Request) bool { return coding.Takes(r, name) }

// Module is ngx_http_brotli_filter_module. Its filter runs before gzip's, so a
// client that takes both is sent Brotli.
var Module = spec.HTTPModule[conf]{
	Name: "http_brotli_filter", ThirdParty: true,
	Directives: []spec.Directive[conf]{{
		Name: "brotli", In: anywhere | spec.LocationIf, Syntax: "on | off", Default: "off",
		Doc: "Compresses responses for clients that take br.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.on }),
	}, {
		Name: "brotli_types", In: anywhere, Args: spec.AtLeast(1), Syntax: "mime-type ...", Default: "text/html",
		Doc: "Sets the types of responses that are compressed, in addition to text/html; * is any.",
		Set: spec.SetTypes(func(c *conf) *spec.Value[*httpd.Types] { return &c.types }, "text/html"),
	}, {
		Name: "brotli_comp_level", In: anywhere, Syntax: "level", Default: "6",
		Doc: "Sets how hard to compress, from 0 to 11.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.level }, 0, 11),
	}, {
		Name: "brotli_window", In: anywhere, Args: spec.Exactly(1), Syntax: "size", Default: "512k",
		Doc: "Sets how far back repetitions are looked for, from 1k to 16m.",
		Set: spec.Scalar(func(c *conf) *spec.Value[int] { return &c.window }, spec.Size, spec.Exactly(1), nil, window),
	}, {
		Name: "brotli_min_length", In: anywhere, Syntax: "length", Default: "20",
		Doc: "Leaves responses alone whose Content-Length is less than this.",
		Set: spec.SetSize(func(c *conf) *spec.Value[int64] { return &c.minLength }, false),
	}, {
		Name: "brotli_buffers", In: anywhere, Args: spec.Exactly(2), Syntax: "number size", Default: "32 4k",
		Doc: "Is checked for old configurations.",
		Set: spec.Accept("ngx_brotli itself does not use it any more",
			spec.SetBuffers(func(c *conf) *spec.Value[spec.Buffers] { return &c.buffers })),
	}},
	Variables: []httpd.Variable{{
		Name: ratio,
		Doc:  "How many times smaller the response became by Brotli.",
		Get:  func(*httpd.Request, string) ([]byte, bool) { return nil, false }, // set when the response ends
	}},
	Location: (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	on        spec.Value[bool]
	types     spec.Value[*httpd.Types]
	level     spec.Value[int]
	window    spec.Value[int] // as a power of two
	minLength spec.Value[int64]
	buffers   spec.Value[spec.Buffers]
}

// window reads a window, which is a power of two.
func window(c *spec.Call) (int, error) {
	n, ok := spec.ParseSize(c.Args[0].Text, false)
	switch {
	case !ok:
		return 0, errors.New("invalid value")
	case n < 1<<10 || n > 16<<20 || n&(n-1) != 0:
		return 0, errors.New("must be 1k, 2k, 4k, 8k, 16k, 32k, 64k, 128k, 256k, 512k, 1m, 2m, 4m, 8m or 16m")
	}
	return bits.TrailingZeros64(uint64(n)), nil
}

// piece is how much compressed data is collected, in bytes.
const piece = 16 << 10

// pools are those of a configuration, by what their encoders were made with.
type pools map[brotli.WriterOptions]*coding.Pool

// addTo adds the filter to a location that compresses.
func (c *conf) addTo(b *spec.Builder) error {
	if !c.on.V {
		return nil
	}
	all := spec.Result[pools](b.Scope)
	if all == nil {
		all = pools{}
		spec.SetResult(b.Scope, all)
	}
	o := brotli.WriterOptions{Quality: c.level.V, LGWin: c.window.V}
	if all[o] == nil {
		all[o] = &coding.Pool{New: func() coding.Encoder { return brotli.NewWriterOptions(nil, o) }}
	}
	s := &coding.Stream{Pool: all[o], Piece: piece, Ratio: ratio}
	rule := &coding.Rule{Name: name, Types: c.types.V, MinLength: c.minLength.V, Takes: takes, Wrap: s.Wrap}
	b.Filters = append(b.Filters, httpd.Filter{Name: "brotli", Pos: c.on.Pos, Whole: true, Head: rule.Head})
	return nil
}

// Static is ngx_http_brotli_static_module.
var Static = spec.HTTPModule[staticConf]{
	Name: "http_brotli_static", ThirdParty: true,
	Directives: []spec.Directive[staticConf]{{
		Name: "brotli_static", In: anywhere, Syntax: "on | off | always", Default: "off",
		Doc: "Sends file.br for file to clients that take br, or to all.",
		Set: coding.SetWhen(func(c *staticConf) *spec.Value[coding.When] { return &c.when }),
	}},
	Location: func(c *staticConf, b *spec.Builder) error {
		if c.when.V != coding.Never {
			s := &coding.Static{Name: name, Suffix: ".br", When: c.when.V, Takes: takes}
			b.Contents = append(b.Contents, httpd.Step{Name: "brotli_static", Pos: c.when.Pos, Run: s.Run})
		}
		return nil
	},
}

type staticConf struct{ when spec.Value[coding.When] }
