package charset

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// maps compiles charset_map blocks and returns the charsets.
func maps(t *testing.T, text string) *charsets {
	t.Helper()
	c := spec.Compile(spec.NewTable(block, Module), parser.Parse("nginx.conf", text), spec.Options{})
	if len(c.Diags) > 0 {
		t.Fatal(c.Diags)
	}
	return spec.Conf[inner](c.Main).known
}

// block stands for the http block.
var block = spec.CoreModule[inner]{Name: "block", Directives: []spec.Directive[inner]{{
	Name: "http", In: spec.Main, Args: spec.Exactly(0), Opens: spec.HTTP,
	Set: spec.Do(func(*inner, *spec.Call) error { return nil }),
	Close: func(_ *inner, c *spec.Call) error {
		spec.OwnConf[inner](c.Scope).known = knownTo(c.Inner)
		return nil
	},
}}}

type inner struct{ known *charsets }

const koi = `http {
	charset_map koi8-r utf-8 { C1 D0B0; C2 D0B1; 80 E282AC; }
	charset_map koi8-r windows-1251 { C1 E0; C2 E1; }
}`

func TestRecode(t *testing.T) {
	known := maps(t, koi)
	for _, tt := range []struct{ from, to, in, want string }{
		{"koi8-r", "utf-8", "a\xC1\xC2b\x80\xC3", "aабb€?"},
		{"utf-8", "koi8-r", "aабb€", "a\xC1\xC2b\x80"},
		{"utf-8", "koi8-r", "в\U0001F600", "&#1074;&#128512;"},
		{"utf-8", "koi8-r", "\xC3Ax", "?x"}, // what does not continue a sequence is lost with it
		{"utf-8", "koi8-r", "\x80\xC0\xF8", "???"},
		{"utf-8", "koi8-r", "\xC0\x80", "??"},      // longer than it need be
		{"utf-8", "koi8-r", "\xE0\x80\x80x", "?x"}, // as well
		{"utf-8", "koi8-r", "\xF4\x90\x80\x80x", "?x"},
		{"utf-8", "koi8-r", "а\xD0", "\xC1"}, // incomplete at the end
		{"koi8-r", "windows-1251", "a\xC1\xC2\xC3", "a\xE0\xE1?"},
		{"WINDOWS-1251", "KOI8-R", "a\xE0\xE1\xC3", "a\xC1\xC2?"},
	} {
		src, dst := known.find([]byte(tt.from)), known.find([]byte(tt.to))
		for n := 1; n <= len(tt.in); n++ { // bytes in a piece
			var left partial
			var got []byte
			for p := []byte(tt.in); len(p) > 0; {
				k := min(n, len(p))
				got = src.to[dst].append(got, p[:k], &left)
				p = p[k:]
			}
			// In pieces nginx finds the end of a wrong sequence elsewhere.
			if string(got) != tt.want && !(n < 4 && strings.Contains(tt.want, "?") && src.utf8) {
				t.Errorf("%s to %s, by %d: %q became %q, want %q", tt.from, tt.to, n, tt.in, got, tt.want)
			}
		}
	}
}

func FuzzFromUTF8(f *testing.F) {
	for _, s := range []string{"aабb€", "\xC3A", "\xF4\x90\x80", "\xE0\x80"} {
		f.Add([]byte(s), 1)
	}
	table := &fromUTF8{new([256]byte)}
	f.Fuzz(func(t *testing.T, p []byte, n int) {
		var left partial
		n = max(1, n&7)
		ascii := 0
		var got []byte
		for len(p) > 0 {
			k := min(n, len(p))
			for _, c := range p[:k] {
				if c < 0x80 {
					ascii++
				}
			}
			got = table.append(got, p[:k], &left)
			if left.n < 0 || left.n >= utfLen {
				t.Fatalf("%d bytes are left", left.n)
			}
			p = p[k:]
		}
		for _, c := range got {
			if c >= 0x80 {
				t.Fatalf("%q is not ASCII", got)
			}
		}
		if bytes.Count(got, []byte("&#")) == 0 && len(got) > 0 && ascii > 4*len(got) {
			t.Fatalf("%d of %d ASCII characters were lost", ascii, len(got))
		}
	})
}

func newRequest(ct string, plain bool) *httpd.Request {
	r := &httpd.Request{HTTP: &httpd.HTTP{Log: slog.New(slog.DiscardHandler)}, Loc: &httpd.Location{}}
	r.Resp.Status, r.Resp.Length = 200, 100
	r.Resp.ContentType, r.Resp.PlainType = []byte(ct), plain
	return r
}

// TestHead follows ngx_http_charset_header_filter.
func TestHead(t *testing.T) {
	known := maps(t, koi)
	koi8, utf8, win := known.add("koi8-r"), known.add("utf-8"), known.add("windows-1251")
	types := new(httpd.Types)
	types.Add("text/html")
	for _, tt := range []struct {
		name   string
		filter filter
		ct     string
		plain  bool
		change func(*httpd.Response)
		want   string // Content-Type; "" if the charset is not set
		length int64
		recode bool
	}{
		{"added", filter{charset: name{charset: utf8}}, "text/html", true, nil, "text/html; charset=utf-8", 100, false},
		{"other type", filter{charset: name{charset: utf8}}, "image/png", true, nil, "image/png", 100, false},
		{"off", filter{}, "text/html", true, nil, "text/html", 100, false},
		{"redirect", filter{charset: name{charset: utf8}}, "text/html", true, func(p *httpd.Response) { p.Status = 302 }, "text/html", 100, false},
		{"named", filter{charset: name{charset: utf8}}, "text/html; charset=koi8-r", false, nil, "text/html; charset=koi8-r", 100, false},
		{"overridden", filter{charset: name{charset: utf8}, override: true}, "text/html; charset=koi8-r", false, nil, "text/html; charset=utf-8", -1, true},
		{"same", filter{charset: name{charset: utf8}, override: true}, "text/html; charset=UTF-8", false, nil, "text/html; charset=utf-8", 100, false},
		{"unknown", filter{charset: name{charset: utf8}, override: true}, "text/html; charset=x", false, nil, "text/html; charset=x", 100, false},
		{"source", filter{charset: name{charset: utf8}, source: name{charset: koi8}}, "text/html", true, nil, "text/html; charset=utf-8", -1, true},
		{"bytes", filter{charset: name{charset: win}, source: name{charset: koi8}}, "text/html", true, nil, "text/html; charset=windows-1251", 100, true},
		{"no map", filter{charset: name{charset: win}, source: name{charset: utf8}}, "text/html", true, nil, "text/html", 100, false},
		{"encoded", filter{charset: name{charset: utf8}, source: name{charset: koi8}}, "text/html", true, func(p *httpd.Response) { p.Headers.AddID(header.ContentEncoding, []byte("gzip")) }, "text/html", 100, false},
		{"wanted", filter{source: name{charset: koi8}}, "x/y", true, func(p *httpd.Response) { p.WantCharset = []byte("UTF-8") }, "x/y; charset=UTF-8", -1, true},
		{"wanted unknown", filter{charset: name{charset: utf8}}, "text/html", true, func(p *httpd.Response) { p.WantCharset = []byte("x") }, "text/html", 100, false},
	} {
		r := newRequest(tt.ct, tt.plain)
		if tt.change != nil {
			tt.change(&r.Resp)
		}
		f := tt.filter
		f.known, f.types = known, types
		wrap, st := f.head(r)
		got := string(r.Resp.ContentType)
		if r.Resp.PlainType && len(r.Resp.Charset) > 0 {
			got += "; charset=" + string(r.Resp.Charset)
		}
		if got != tt.want || r.Resp.Length != tt.length || (wrap != nil) != tt.recode || st != httpd.OK {
			t.Errorf("%s: got %q, length %d, recoded %v (%v)", tt.name, got, r.Resp.Length, wrap != nil, st)
		}
	}
}

func TestCost(t *testing.T) {
	known := &charsets{}
	f := filter{known: known, charset: name{charset: &charset{name: "utf-8", bytes: []byte("utf-8")}}, types: new(httpd.Types)}
	f.types.Add("*")
	r := newRequest("text/html", true)
	if n := testing.AllocsPerRun(100, func() { r.Resp.Charset = nil; f.head(r) }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}
