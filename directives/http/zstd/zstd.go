// Package zstd compresses responses with Zstandard (RFC 8878), and sends files
// that were compressed so beforehand. nginx has no such modules; these have the
// directives of zstd-nginx-module.
//
// https://github.com/tokers/zstd-nginx-module
package zstd

import (
	"errors"
	"strings"

	"github.com/klauspost/compress/zstd"

	"understudy/directives/http/coding"
	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

const (
	anywhere = spec.HTTP | spec.Server | spec.Location
	ratio    = "zstd_ratio"
)

var name = []byte("zstd")

func takes(r *httpd.Request) bool { return coding.Takes(r, name) }

// Module is ngx_http_zstd_filter_module. Its filter runs before gzip's and after
// Brotli's, so a client that takes all three is sent Brotli.
var Module = spec.HTTPModule[conf]{
	Name: "http_zstd_filter", ThirdParty: true,
	Directives: []spec.Directive[conf]{{
		Name: "zstd", In: anywhere | spec.LocationIf, Syntax: "on | off", Default: "off",
		Doc: "Compresses responses for clients that take zstd.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.on }),
	}, {
		Name: "zstd_types", In: anywhere, Args: spec.AtLeast(1), Syntax: "mime-type ...", Default: "text/html",
		Doc: "Sets the types of responses that are compressed, in addition to text/html; * is any.",
		Set: spec.SetTypes(func(c *conf) *spec.Value[*httpd.Types] { return &c.types }, "text/html"),
	}, {
		Name: "zstd_comp_level", In: anywhere, Args: spec.Exactly(1), Syntax: "level", Default: "1",
		Doc: "Sets how hard to compress, up to 22; levels below 0 are faster. There are four ways to compress, of which a level takes the nearest.",
		Set: spec.Scalar(func(c *conf) *spec.Value[int] { return &c.level }, spec.Number, spec.Exactly(1), nil, level),
	}, {
		Name: "zstd_min_length", In: anywhere, Syntax: "length", Default: "20",
		Doc: "Leaves responses alone whose Content-Length is less than this.",
		Set: spec.SetSize(func(c *conf) *spec.Value[int64] { return &c.minLength }, false),
	}, {
		Name: "zstd_buffers", In: anywhere, Args: spec.Exactly(2), Syntax: "number size", Default: "32 4k",
		Doc: "Sets how much compressed data is collected: it is passed on when it fills a buffer.",
		Set: spec.SetBuffers(func(c *conf) *spec.Value[spec.Buffers] { return &c.buffers }),
	}, {
		Name: "zstd_dict_file", In: spec.HTTP, Args: spec.Exactly(1), Syntax: "file",
		Doc: "Names a dictionary to compress with.",
		Set: spec.Refuse[conf]("a browser cannot read what was compressed with a dictionary it does not have"),
	}},
	Variables: []httpd.Variable{{
		Name: ratio,
		Doc:  "How many times smaller the response became by Zstandard.",
		Get:  func(*httpd.Request, string) ([]byte, bool) { return nil, false }, // set when the response ends
	}},
	Location: (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	on        spec.Value[bool]
	types     spec.Value[*httpd.Types]
	level     spec.Value[int]
	minLength spec.Value[int64]
	buffers   spec.Value[spec.Buffers]
}

const (
	fastest = -(128 << 10) // libzstd's ZSTD_minCLevel()
	hardest = 22
)

// level reads a level, which may be negative.
func level(c *spec.Call) (int, error) {
	text, negative := strings.CutPrefix(c.Args[0].Text, "-")
	n, ok := spec.ParseNumber(text)
	if !ok {
		return 0, errors.New("invalid number")
	}
	if negative {
		n = -n
	}
	if n == 0 || n < fastest || n > hardest {
		return 0, c.Errorf(0, "zstd compress level must between %d and %d excluding 0", fastest, hardest)
	}
	return n, nil
}

const (
	// maxPiece is the most compressed data that is collected, in bytes.
	maxPiece = 32 << 10

	// window is how far back repetitions are looked for, in bytes. Decoders of
	// HTTP take up to 8 MB (RFC 9659); each response that is at work has one.
	window = 1 << 20
)

// pools are those of a configuration, by the way they compress.
type pools map[zstd.EncoderLevel]*coding.Pool

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
	way := zstd.EncoderLevelFromZstd(c.level.V)
	if all[way] == nil {
		all[way] = &coding.Pool{New: func() coding.Encoder { return newEncoder(way) }}
	}
	s := &coding.Stream{Pool: all[way], Piece: min(c.buffers.V.Size, maxPiece), Ratio: ratio}
	rule := &coding.Rule{Name: name, Types: c.types.V, MinLength: c.minLength.V, Takes: takes, Wrap: s.Wrap}
	b.Filters = append(b.Filters, httpd.Filter{Name: "zstd", Pos: c.on.Pos, Whole: true, Head: rule.Head})
	return nil
}

// newEncoder makes an encoder that works in the goroutine of the request, and
// writes no checksum, as libzstd does not either unless it is told to.
func newEncoder(way zstd.EncoderLevel) *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(way), zstd.WithEncoderConcurrency(1),
		zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(window), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
}

// Static is ngx_http_zstd_static_module.
var Static = spec.HTTPModule[staticConf]{
	Name: "http_zstd_static", ThirdParty: true,
	Directives: []spec.Directive[staticConf]{{
		Name: "zstd_static", In: anywhere, Syntax: "on | off | always", Default: "off",
		Doc: "Sends file.zst for file to clients that take zstd, or to all.",
		Set: coding.SetWhen(func(c *staticConf) *spec.Value[coding.When] { return &c.when }),
	}},
	Location: func(c *staticConf, b *spec.Builder) error {
		if c.when.V != coding.Never {
			s := &coding.Static{Name: name, Suffix: ".zst", When: c.when.V, Takes: takes}
			b.Contents = append(b.Contents, httpd.Step{Name: "zstd_static", Pos: c.when.Pos, Run: s.Run})
		}
		return nil
	},
}

type staticConf struct{ when spec.Value[coding.When] }
