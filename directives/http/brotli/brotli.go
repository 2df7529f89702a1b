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

var kind = coding.Kind{
	Name: []byte("br"), Prefix: "brotli", Suffix: ".br", ThirdParty: true,
	Takes:     func(r *httpd.Request) bool { return coding.Takes(r, "br") },
	NoBuffers: "ngx_brotli itself does not use it any more",
}

// Module is ngx_http_brotli_filter_module. Its filter runs before gzip's, so a
// client that takes both is sent Brotli.
var Module = spec.HTTPModule[conf]{
	Name: "http_brotli_filter", ThirdParty: true,
	Directives: append(coding.Directives(kind, func(c *conf) *coding.Conf { return &c.Conf }), []spec.Directive[conf]{{
		Name: "brotli_comp_level", In: anywhere, Syntax: "level", Default: "6",
		Doc: "Sets how hard to compress, from 0 to 11.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.level }, 0, 11),
	}, {
		Name: "brotli_window", In: anywhere, Args: spec.Exactly(1), Syntax: "size", Default: "512k",
		Doc: "Sets how far back repetitions are looked for, from 1k to 16m.",
		Set: spec.Scalar(func(c *conf) *spec.Value[int] { return &c.window }, spec.Size, spec.Exactly(1), nil, window),
	}}...),
	Variables: kind.Variables(),
	Location:  (*conf).addTo,
}

// Static is ngx_http_brotli_static_module.
var Static = kind.StaticModule()

const anywhere = spec.HTTP | spec.Server | spec.Location

// A conf is what the directives of the module say in one block.
type conf struct {
	coding.Conf
	level  spec.Value[int]
	window spec.Value[int] // as a power of two
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
	if !c.On.V {
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
	s := &coding.Stream{Pool: all[o], Piece: piece, Ratio: kind.RatioName()}
	c.AddTo(b, kind, s.Wrap)
	return nil
}
