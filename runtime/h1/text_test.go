package h1

import (
	"errors"
	"strings"
	"testing"

	"understudy/runtime/header"
)

func TestAppendEscape(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	// What stays as it is, by the tables of ngx_escape_uri.
	const alnum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for _, tt := range []struct {
		e    Escape
		kept string
	}{
		{EscapeURI, alnum + "!$&'()*+,-./:;=@[]_~"},
		{EscapeArgs, alnum + "!$'()*,-./:=@[]_~"},
		{EscapeComponent, alnum + "-._~"},
		{EscapeHTML, alnum + "!$&()*+,-./:;=?@[]_~"},
		{EscapeRefresh, alnum + "!#$%&()*+,-./:;=?@[]_}"},
		{EscapeMemcached, alnum + "!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~\x7f"},
	} {
		for i, c := range all {
			kept := strings.IndexByte(tt.kept, c) >= 0 || tt.e == EscapeMemcached && c >= 0x80
			got := AppendEscape([]byte("x"), all[i:i+1], tt.e)
			if (len(got) == 2) != kept || NeedsEscape(all[i:i+1], tt.e) == kept {
				t.Errorf("escape %b of %q: %q", tt.e, c, got)
			}
		}
	}
	if got := AppendEscape(nil, []byte("a b\xff/\n"), EscapeURI); string(got) != "a%20b%FF/%0A" {
		t.Errorf("got %q", got)
	}
}

func TestAppendUnescape(t *testing.T) {
	for _, tt := range []struct {
		u    Unescape
		in   string
		want string
		n    int
	}{
		{UnescapeAll, "a%20b%2Fc", "a b/c", 9},
		{UnescapeAll, "%00%ff?%3f", "\x00\xff??", 10},
		{UnescapeAll, "%", "", 1},
		{UnescapeAll, "%4", "", 2},
		{UnescapeAll, "%zz%4zb", "zzb", 7},
		{UnescapeURI, "a%20?b%20", "a ?", 5},
		{UnescapeURI, "a%3Fb%20", "a?", 4},
		{UnescapeRedirect, "%41%20%25%2a%7f%ff%3fb", "A%20%25*%7f%ff?", 21},
	} {
		got, n := AppendUnescape(nil, []byte(tt.in), tt.u)
		if string(got) != tt.want || n != tt.n {
			t.Errorf("AppendUnescape(%q, %d) = %q, %d, want %q, %d", tt.in, tt.u, got, n, tt.want, tt.n)
		}
		b := []byte(tt.in)
		if got, _ = AppendUnescape(b[:0], b, tt.u); string(got) != tt.want {
			t.Errorf("in place: %q, want %q", got, tt.want)
		}
	}
}

func TestEscapeText(t *testing.T) {
	in := []byte("a<b>&\"c'\\\x01\n\x1f\xff")
	if got := AppendEscapeHTML(nil, in); string(got) != "a&lt;b&gt;&amp;&quot;c'\\\x01\n\x1f\xff" {
		t.Errorf("HTML: %q", got)
	}
	if got := AppendEscapeJSON(nil, in); string(got) != "a<b>&\\\"c'\\\\\\u0001\\n\\u001F\xff" {
		t.Errorf("JSON: %q", got)
	}
}

func TestAppendSafeURI(t *testing.T) {
	for _, tt := range []struct {
		in, path, args string
		unsafe         bool
	}{
		{"/a", "/a", "", false},
		{"/a?b?c", "/a", "b?c", false},
		{"a/b", "a/b", "", false},
		{"/a%20b?c%20", "/a b", "c%20", false},
		{"/..a/b..", "/..a/b..", "", false},
		{"...", "...", "", false},
		{"/a%2", "/a", "", false},
		{"", "", "", true}, // the rest is refused
		{"?a", "?a", "", true},
		{"..", "..", "", true},
		{"../a", "../a", "", true},
		{"/..", "/..", "", true},
		{"/../a", "/../a", "", true},
		{"/a/..", "/a/..", "", true},
		{"/a/../b", "/a/../b", "", true},
		{"/a\x00", "/a\x00", "", true},
		{"/a%00", "/a\x00", "", true},
		{"/%2e%2e/a", "/../a", "", true},
		{"%2e./a", "../a", "", true},
		{"/a/.%2E", "/a/..", "", true},
		{"/a%2f..", "/a/..", "", true},
		{"/..?a", "/..?a", "", true},
	} {
		out, path, args, ok := AppendSafeURI([]byte("kept"), []byte(tt.in))
		if ok == tt.unsafe || string(path) != tt.path || string(args) != tt.args || string(out[:4]) != "kept" {
			t.Errorf("AppendSafeURI(%q) = %q %q %v", tt.in, path, args, ok)
		}
	}
}

func TestArg(t *testing.T) {
	for _, tt := range []struct {
		args, name, want string
		ok               bool
	}{
		{"a=1&b=2", "b", "2", true},
		{"a=1&B=2", "b", "2", true},
		{"ab=1&b=2", "b", "2", true},
		{"b&b=2", "b", "2", true},
		{"b=", "b", "", true},
		{"b=1&b=2", "b", "1", true},
		{"b==&", "b", "=", true},
		{"b", "b", "", false},
		{"", "b", "", false},
		{"a=b=1", "b", "", false},
		{"a=1", "", "", false},
	} {
		if got, ok := Arg([]byte(tt.args), tt.name); string(got) != tt.want || ok != tt.ok {
			t.Errorf("Arg(%q, %q) = %q, %v", tt.args, tt.name, got, ok)
		}
	}
}

func TestItems(t *testing.T) {
	var b header.Block
	add := func(name, value string) { b.Append([]byte(name), []byte(value)) }
	add("Cookie", "a=1; b = 2 ;c")
	add("Set-Cookie", "x=1; path=/")
	add("set-cookie", "Y = 2; x=3")
	add("Cookie", "d=;e=5")
	add("Cache-Control", "max-age=1, No-Cache , private=\"x\"")
	for name, want := range map[string]string{"a": "1", "B": "2 ", "d": "", "e": "5", "c": "-", "f": "-", "": "-"} {
		got, ok := Cookie(&b, name)
		if !ok {
			got = []byte("-")
		}
		if string(got) != want {
			t.Errorf("Cookie(%q) = %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{"x": "1", "y": "2", "path": "-", "z": "-"} {
		got, ok := SetCookie(&b, name)
		if !ok {
			got = []byte("-")
		}
		if string(got) != want {
			t.Errorf("SetCookie(%q) = %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]bool{"no-cache": true, "private": false, "max-age": false, "no-store": false, "no": false} {
		if got := HasItem(&b, header.CacheControl, name, ','); got != want {
			t.Errorf("HasItem(%q) = %v", name, got)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, tt := range []struct {
		unix         int64
		http, cookie string
	}{
		{0, "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01-Jan-70 00:00:00 GMT"},
		{-5, "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01-Jan-70 00:00:00 GMT"},
		{951782400, "Tue, 29 Feb 2000 00:00:00 GMT", "Tue, 29-Feb-00 00:00:00 GMT"},
		{2147483647, "Tue, 19 Jan 2038 03:14:07 GMT", "Tue, 19-Jan-2038 03:14:07 GMT"},
		{253402300799, "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31-Dec-9999 23:59:59 GMT"},
		{1 << 60, "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31-Dec-9999 23:59:59 GMT"},
	} {
		if got := AppendTime(nil, tt.unix); string(got) != tt.http {
			t.Errorf("AppendTime(%d) = %q, want %q", tt.unix, got, tt.http)
		}
		if got := AppendCookieTime(nil, tt.unix); string(got) != tt.cookie {
			t.Errorf("AppendCookieTime(%d) = %q, want %q", tt.unix, got, tt.cookie)
		}
	}
	const want = 23328000 // Mon, 28 Sep 1970 00:00:00
	for in, want := range map[string]int64{
		"Sun, 27 Sep 1970 00:00:00 GMT":    want - 86400,
		"Monday, 28-Sep-70 00:00:01 GMT":   want + 1,
		"Mon Sep 28 00:01:00 1970":         want + 60,
		"Mon Sep  8 00:00:00 1970":         want - 20*86400,
		"x, 28 Sep 1970 00:00:00":          want,
		", 28 Sep 1970 00:00:00 and more":  want,
		"Mon,   28 Sep 1970 00:00:00":      want,
		"Mon, 28 Sxx 1970 00:00:00":        want,
		"Mon, 28 sep 1970 00:00:00":        -1,
		"Mon, 28-Sep-1970 00:00:00":        -1,
		"Mon, 8 Sep 1970 00:00:00 GMT":     -1,
		"Mon, 31 Sep 1970 00:00:00 GMT":    -1,
		"Mon, 29 Feb 1970 00:00:00 GMT":    -1,
		"Mon, 29 Feb 2100 00:00:00 GMT":    -1,
		"Mon, 29 Feb 2000 00:00:00 GMT":    951782400,
		"Mon, 28 Sep 1970 24:00:00 GMT":    -1,
		"Mon, 28 Sep 1970 00:60:00 GMT":    -1,
		"Mon, 28 Sep 1970 00:00:60 GMT":    -1,
		"Mon, 28 Sep 1970":                 -1,
		"":                                 -1,
		"Mon":                              -1,
		",":                                -1,
		"Mon, 28 Sep 1970 00:00:0":         -1,
		"Mon, 28 Sep 1970 00-00-00":        -1,
		"Monday, 28-Sep-69 00:00:00":       3147552000,
		"Mon Sep 28 00:00:00 197":          -1,
		"Mon Sep 281 00:00:00 1970":        -1,
		"Wed, 01 Jan 2031 00:00:00 +01:00": 1924992000,
	} {
		got, ok := ParseTime([]byte(in))
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("ParseTime(%q) = %d, want %d", in, got, want)
		}
	}
}

func TestWrite(t *testing.T) {
	var l header.List
	l.AddID(header.ETag, []byte("x"))
	for got, want := range map[string]string{
		string(AppendStatusLine(nil, 200)):                         "HTTP/1.1 200 OK\r\n",
		string(AppendStatusLine(nil, 302)):                         "HTTP/1.1 302 Moved Temporarily\r\n",
		string(AppendStatusLine(nil, 418)):                         "HTTP/1.1 418 \r\n",
		string(AppendStatusLine(nil, 7)):                           "HTTP/1.1 007 \r\n",
		string(AppendStatusLine(nil, 1234)):                        "HTTP/1.1 1234 \r\n",
		string(AppendStatusText(nil, "299 Odd")):                   "HTTP/1.1 299 Odd\r\n",
		string(AppendField(nil, "X-A", "b")):                       "X-A: b\r\n",
		string(AppendField(nil, "X-A", "b\r\nX-B: c\n\x00\xff\t")): "X-A: b  X-B: c  \xff\t\r\n",
		string(AppendChunkHeader(nil, 1)):                          "1\r\n",
		string(AppendChunkHeader(nil, 15)):                         "f\r\n",
		string(AppendChunkHeader(nil, 16)):                         "10\r\n",
		string(AppendChunkHeader(nil, 0xabcdef012345)):             "abcdef012345\r\n",
		string(AppendChunkHeader(nil, 1<<63-1)):                    "7fffffffffffffff\r\n",
		string(AppendLastChunk(nil, nil)):                          LastChunk,
		string(AppendLastChunk(nil, &l)):                           "0\r\nETag: x\r\n\r\n",
		string(AppendInt(nil, 0)):                                  "0",
		string(AppendInt(nil, -1<<63)):                             "-9223372036854775808",
		string(AppendInt(nil, 1<<63-1)):                            "9223372036854775807",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestParseAgent(t *testing.T) {
	for ua, want := range map[string]Agent{
		"":       0,
		"curl/8": 0,
		"Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)":      MSIE | MSIE6,
		"Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)": MSIE,
		"Mozilla/4.0 (compatible; MSIE 5.5)":                      MSIE | MSIE6,
		"Mozilla/4.0 (compatible; MSIE 8.0)":                      MSIE,
		"MSIE 6.":                                                 0, // too short
		"Opera/9 MSIE 6.0":                                        Opera,
		"Mozilla Gecko/1 Chrome/1":                                Gecko,
		"Mozilla (KHTML, like Gecko) Chrome/1 Safari/1":           Chrome,
		"Mozilla (Mac OS X) Safari/1":                             Safari,
		"Mozilla (Linux) Safari/1":                                0,
		"Konqueror/3":                                             Konqueror,
	} {
		if got := ParseAgent([]byte(ua)); got != want {
			t.Errorf("ParseAgent(%q) = %b, want %b", ua, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	o := Defaults()
	h := RequestHead{Options: &o}
	h.Reset()
	_, err := h.Parse([]byte("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n"))
	if !errors.Is(err, ErrTwoHosts) || errors.Is(err, ErrHost) {
		t.Errorf("%v is not ErrTwoHosts", err)
	}
	const want = `client sent duplicate host header: "host: b", previous value: "Host: a"`
	if err.Error() != want {
		t.Errorf("got %s, want %s", err, want)
	}
}
