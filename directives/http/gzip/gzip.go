// Package gzip compresses responses, and holds the directives that say who may
// be sent a compressed one, whoever compressed it.
//
// https://nginx.org/en/docs/http/ngx_http_gzip_module.html
package gzip

import (
	"errors"

	"understudy/directives/http/coding"
	"understudy/directives/spec"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// Module is ngx_http_gzip_filter_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_gzip_filter",
	Directives: append(coding.Directives(coding.Gzip, func(c *conf) *coding.Conf { return &c.Conf }), []spec.Directive[conf]{{
		Name: "gzip_comp_level", In: anywhere, Syntax: "level", Default: "1",
		Doc: "Sets how hard to compress, from 1 to 9.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.level }, 1, 9),
	}, {
		Name: "gzip_window", In: anywhere, Args: spec.Exactly(1), Syntax: "size", Default: "32k",
		Doc: "Sets the size of zlib's window.",
		Set: spec.Accept("the window of the compressor has a fixed size, which every decompressor takes",
			spec.Scalar(func(c *conf) *spec.Value[int] { return &c.window }, spec.Size, spec.Exactly(1), nil,
				power(512, 32<<10, "must be 512, 1k, 2k, 4k, 8k, 16k, or 32k"))),
	}, {
		Name: "gzip_hash", In: anywhere, Args: spec.Exactly(1), Syntax: "size", Default: "64k",
		Doc: "Sets the size of zlib's hash table.",
		Set: spec.Accept("the tables of the compressor have a fixed size and are used again",
			spec.Scalar(func(c *conf) *spec.Value[int] { return &c.hash }, spec.Size, spec.Exactly(1), nil,
				power(512, 128<<10, "must be 512, 1k, 2k, 4k, 8k, 16k, 32k, 64k, or 128k"))),
	}, {
		Name: "postpone_gzipping", In: anywhere, Syntax: "size", Default: "0",
		Doc: "Collects so much of a response before it takes memory to compress it.",
		Set: spec.SetSize(func(c *conf) *spec.Value[int64] { return &c.postpone }, false),
	}, {
		Name: "gzip_no_buffer", In: anywhere, Syntax: "on | off", Default: "off",
		Doc: "Passes on at once what the compressor has put out.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.noBuffer }),
	}}...),
	Variables: coding.Gzip.Variables(),
	Main: func(_ *conf, b *spec.Builder) error {
		spec.SetResult(b.Scope, new(pools))
		return nil
	},
	Location: (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	coding.Conf
	level    spec.Value[int]
	window   spec.Value[int]
	hash     spec.Value[int]
	postpone spec.Value[int64]
	noBuffer spec.Value[bool]
}

// power reads a size that is a power of two between lo and hi.
func power(lo, hi int64, otherwise string) func(*spec.Call) (int, error) {
	return func(c *spec.Call) (int, error) {
		n, ok := spec.ParseSize(c.Args[0].Text, false)
		switch {
		case !ok:
			return 0, errors.New("invalid value")
		case n < lo || n > hi || n&(n-1) != 0:
			return 0, errors.New(otherwise)
		}
		return int(n), nil
	}
}

// addTo adds the filter to a location that compresses.
func (c *conf) addTo(b *spec.Builder) error {
	if !c.On.V {
		return nil
	}
	f := &filter{
		piece:    c.Piece(),
		postpone: int(c.postpone.V),
		pool:     &spec.Result[*pools](b.Scope)[c.level.V],
		level:    c.level.V,
		ratio:    coding.Gzip.RatioName(),
	}
	if c.noBuffer.V {
		f.piece = 1
	}
	c.AddTo(b, coding.Gzip, f.wrap)
	return nil
}
