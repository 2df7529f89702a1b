// Package byterange sends parts of a response to clients that ask for them.
//
// nginx has no directives for it but max_ranges, of its core.
// RFC 9110, section 14.
package byterange

import (
	"math"
	"sync/atomic"

	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// Module is ngx_http_range_header_filter_module and
// ngx_http_range_body_filter_module. The body is cut before other filters
// change it, but the head is looked at when all others have.
var Module = spec.HTTPModule[conf]{
	Name: "http_range_filter",
	Main: func(c *conf, b *spec.Builder) error {
		spec.SetResult(b.Scope, new(boundaries))
		return nil
	},
	Location: func(_ *conf, b *spec.Builder) error {
		f := &filter{boundaries: spec.Result[*boundaries](b.Scope)}
		b.Filters = append(b.Filters, httpd.Filter{Name: "byte ranges", First: true, Head: f.head})
		return nil
	},
}

// A conf is empty: there are no directives.
type conf struct{}

// boundaries numbers the bodies of several parts.
type boundaries struct{ n atomic.Uint64 }

type filter struct{ *boundaries }

// A span is one range, without its end.
type span struct{ start, end int64 }

var (
	bytesUnit = []byte("bytes=")
	bytesOnly = []byte("bytes")
)

// head cuts the response down to what the client asked for.
// (ngx_http_range_header_filter)
func (f *filter) head(r *httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
	p := &r.Resp
	if !p.AcceptRanges || p.Status != 200 || p.Length < 0 || r.Parent != nil && !p.SubRanges || r.Old || r.Loc.MaxRanges == 0 {
		return nil, httpd.OK
	}
	if value := r.Header(header.Range); len(value) >= 7 && header.EqualFold(value[:6], bytesUnit) && asBefore(r) {
		most := r.Loc.MaxRanges
		if most < 0 {
			most = math.MaxInt32
		}
		if p.SingleRange {
			most = 1
		}
		spans, st := parse(value[6:], p.Length, most)
		if p.SubRanges {
			spans, st = ofMain(r, spans, st)
		}
		switch {
		case st == 416:
			p.Status = 416
			setContentRange(r, -1, -1)
			p.Length = -1
			p.Headers.DelID(header.ContentLength)
			return nil, 416
		case st == httpd.OK && len(spans) == 1:
			return single(r, spans[0]), httpd.OK
		case st == httpd.OK:
			return f.several(r, spans), httpd.OK
		}
	}
	p.Headers.AddID(header.AcceptRanges, bytesOnly)
	return nil, httpd.OK
}

// mainSpans is what the ranges of a main request are kept under.
type mainSpans struct{}

// ofMain makes the ranges of a subrequest, which is a part of the main request's
// body, those of that.
func ofMain(r *httpd.Request, spans []span, st httpd.Status) ([]span, httpd.Status) {
	m := r.Main()
	if r != m {
		if kept, ok := m.Context(mainSpans{}).([]span); ok {
			return kept, httpd.OK
		}
	} else if st == httpd.OK {
		m.SetContext(mainSpans{}, spans)
	}
	return spans, st
}

// asBefore reports whether the response is still the one that the client has
// a part of (If-Range).
func asBefore(r *httpd.Request) bool {
	value := r.Header(header.IfRange)
	if value == nil {
		return true
	}
	if n := len(value); n >= 2 && value[n-1] == '"' {
		tag := r.Resp.Headers.Get(header.ETag)
		return tag != nil && string(tag) == string(value)
	}
	t, ok := h1.ParseTime(value)
	return ok && !r.Resp.LastModified.IsZero() && t == r.Resp.LastModified.Unix()
}

// parse reads a list of ranges of length bytes. It declines if the client is
// better off with everything: more than most ranges, or ranges that are more
// together. (ngx_http_range_parse)
func parse(s []byte, length int64, most int) (spans []span, st httpd.Status) {
	size := int64(0)
	unlimited := most == math.MaxInt32
	p := h1.ScanRange(s)
	for {
		start, end := int64(0), length
		p.Spaces()
		suffix := p.Peek() == '-'
		if !suffix {
			start = p.Number()
			p.Spaces()
		}
		p.Take('-')
		if !suffix {
			p.Spaces()
		}
		if c := p.Peek(); suffix || c != ',' && c != 0 {
			n := p.Number()
			p.Spaces()
			if suffix {
				start = max(0, length-n)
				n = length - 1
			}
			end = length
			if n < length {
				end = n + 1
			}
		}
		if c := p.Peek(); !p.OK || c != ',' && c != 0 {
			return nil, 416
		}
		switch {
		case start < end:
			if size > math.MaxInt64-(end-start) {
				return nil, 416
			}
			size += end - start
			if len(spans) == most {
				return nil, httpd.Declined
			}
			spans = append(spans, span{start, end})
		case start == 0:
			return nil, httpd.Declined
		}
		if p.Peek() != ',' {
			break
		}
		p.Take(',')
	}
	switch n := len(spans); {
	case n == 0:
		return nil, 416
	case n == 1:
	case size > length,
		unlimited && size+int64(n)*256 > length+4096:
		return nil, httpd.Declined
	}
	return spans, httpd.OK
}
