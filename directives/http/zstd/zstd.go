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

var kind = coding.Kind{
	Name: []byte("zstd"), Prefix: "zstd", Suffix: ".zst", ThirdParty: true,
	Takes: func(r *httpd.Request) bool { return coding.Takes(r, "zstd") },
}

// Module is ngx_http_zstd_filter_module. Its filter runs before gzip's and after
// Brotli's, so a client that takes all three is sent Brotli.
var Module = spec.HTTPModule[conf]{
	Name: "http_zstd_filter", ThirdParty: true,
	Directives: append(coding.Directives(kind, func(c *conf) *coding.Conf { return &c.Conf }), []spec.Directive[conf]{{
		Name: "zstd_comp_level", In: anywhere, Args: spec.Exactly(1), Syntax: "level", Default: "1",
		Doc: "Sets how hard to compress, up to 22; levels below 0 are faster. There are four ways to compress, of which a level takes the nearest.",
		Set: spec.Scalar(func(c *conf) *spec.Value[int] { return &c.level }, spec.Number, spec.Exactly(1), nil, level),
	}, {
		Name: "zstd_dict_file", Names: spec.FileName, In: spec.HTTP, Args: spec.Exactly(1), Syntax: "file",
		Doc: "Names a dictionary to compress with.",
		Set: spec.Refuse[conf]("a browser cannot read what was compressed with a dictionary it does not have"),
	}}...),
	Variables: kind.Variables(),
	Location:  (*conf).addTo,
}

// Static is ngx_http_zstd_static_module.
var Static = kind.StaticModule()

const anywhere = spec.HTTP | spec.Server | spec.Location

// A conf is what the directives of the module say in one block.
type conf struct {
	coding.Conf
	level spec.Value[int]
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

// window is how far back repetitions are looked for, in bytes. Decoders of HTTP
// take up to 8 MB (RFC 9659); each response that is at work has one.
const window = 1 << 20

// pools are those of a configuration, by the way they compress.
type pools map[zstd.EncoderLevel]*coding.Pool

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
	way := zstd.EncoderLevelFromZstd(c.level.V)
	if all[way] == nil {
		all[way] = &coding.Pool{New: func() coding.Encoder { return newEncoder(way) }}
	}
	s := &coding.Stream{Pool: all[way], Piece: c.Piece(), Ratio: kind.RatioName()}
	c.AddTo(b, kind, s.Wrap)
	return nil
}

// newEncoder makes an encoder that works in the goroutine of the request, and
// writes no checksum, as libzstd does not either unless it is told to.
func newEncoder(way zstd.EncoderLevel) *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(way), zstd.WithEncoderConcurrency(1),
		zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(window), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // an option of no value that the library knows: way is always one of its own
	}
	return e
}
