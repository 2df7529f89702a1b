package h1

import (
	"errors"
	"strings"
	"testing"

	"understudy/runtime/header"
)

func small() *Options {
	o := Defaults()
	o.HeaderBuffer, o.LargeBuffer, o.LargeBuffers = 128, 256, 3
	return &o
}

func TestParse(t *testing.T) {
	o := Defaults()
	h := RequestHead{Options: &o}
	h.Reset()
	n, err := h.Parse([]byte(curl + "body"))
	if err != nil || n != len(curl) {
		t.Fatal(n, err)
	}
	if string(h.Host) != "example.com" || h.Version != 1001 || h.MethodID != GET || h.ContentLength != -1 || h.Connection != ConnectionKeepAlive {
		t.Errorf("%+v", h)
	}
	if got := h.Name(h.At(4)); string(got) != "accept-ENCODING" {
		t.Errorf("name %q is not as received", got)
	}
	if got := h.Get(header.AcceptEncoding); string(got) != "gzip, br" {
		t.Errorf("Get = %q", got)
	}
	for i := range len(curl) {
		h.Reset()
		if _, err := h.Parse([]byte(curl[:i])); err != ErrMore {
			t.Fatalf("Parse(%q) = %v", curl[:i], err)
		}
	}
}

// Empty lines before a request do not pile up in the caller's buffer.
func TestParseDropsEmptyLines(t *testing.T) {
	h := RequestHead{Options: small()}
	h.Reset()
	for range 100 {
		n, err := h.Parse([]byte("\r\n\r\n\r\n"))
		if n != 6 || err != ErrMore {
			t.Fatal(n, err)
		}
		if r := h.Room(0); r <= 0 || r > 128 {
			t.Fatalf("Room = %d", r)
		}
	}
	if n, err := h.Parse([]byte("GET / HTTP/1.0\n\n")); n != 16 || err != nil || h.Length() != 16 {
		t.Error(n, err, h.Length())
	}
}

// Room never asks for more than decides the matter.
func TestRoom(t *testing.T) {
	long := "GET /" + strings.Repeat("x", 10000)
	h := RequestHead{Options: small()}
	h.Reset()
	have := 0
	for {
		r := h.Room(have)
		if r <= 0 {
			t.Fatalf("Room(%d) = %d", have, r)
		}
		have += r
		if _, err := h.Parse([]byte(long[:have])); err == ErrLongURI {
			break
		} else if err != ErrMore {
			t.Fatal(err)
		}
	}
	if have != 256 || len(h.Line) != 256 {
		t.Errorf("refused at %d bytes with a line of %d, want 256", have, len(h.Line))
	}
}

// A request that came with the one before goes on in the same buffer.
// (http_header_buffers.t)
func TestPipelined(t *testing.T) {
	field := func(n int) string { return "X: " + strings.Repeat("x", n-5) + "\r\n" }
	get := "GET / HTTP/1.0\r\n"
	for _, tt := range []struct {
		name  string
		first string
		next  string
		want  error
	}{
		{"rest of the first buffer", get + "\r\n", get + field(200) + field(200) + field(200) + "\r\n", nil},
		{"one too many", get + "\r\n", get + field(200) + field(200) + field(200) + field(200) + "\r\n", ErrLongField},
		// The buffer of the last field of the first one has room for the second line.
		{"large buffer", get + field(150) + "\r\n", get + field(200) + field(200) + "\r\n", nil},
		{"large buffer, too many", get + field(150) + "\r\n", get + field(200) + field(200) + field(200) + "\r\n", ErrLongField},
		// One buffer stays in use, however many the first request had.
		{"buffers come back", get + field(150) + field(200) + field(200) + "\r\n", get + field(200) + field(200) + "\r\n", nil},
	} {
		h := RequestHead{Options: small()}
		h.Reset()
		n, err := h.Parse([]byte(tt.first + tt.next))
		if n != len(tt.first) || err != nil {
			t.Fatal(tt.name, n, err)
		}
		h.ResetPipelined()
		if _, err = h.Parse([]byte(tt.next)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestSelectServer(t *testing.T) {
	refused := errors.New("misdirected")
	for _, tt := range []struct {
		in, hosts string
		err       error
	}{
		{"GET / HTTP/1.1\r\nHost: A.:80\r\n\r\n", "a", nil},
		{"GET http://B/ HTTP/1.1\r\nHost: a\r\n\r\n", "b", nil},
		{"GET / HTTP/1.0\r\n\r\n", "", nil},
		{"GET /\n", "", nil},
		{"GET / HTTP/1.1\r\n\r\n", "", ErrNoHost},
		{"GET / HTTP/1.1\r\nHost: bad\r\nX\x00\r\n\r\n", "bad", refused},
	} {
		o := Defaults()
		h := RequestHead{Options: &o}
		hosts := []string{}
		h.SelectServer = func(host []byte) (*Options, error) {
			hosts = append(hosts, string(host))
			if string(host) == "bad" {
				return nil, refused
			}
			return nil, nil
		}
		h.Reset()
		if _, err := h.Parse([]byte(tt.in)); err != tt.err || len(hosts) != 1 || hosts[0] != tt.hosts {
			t.Errorf("%q: %v, selected %q", tt.in, err, hosts)
		}
	}
}

func TestIgnored(t *testing.T) {
	for _, ignore := range []bool{true, false} {
		o := Defaults()
		o.IgnoreInvalid = ignore
		h := RequestHead{Options: &o}
		var lines []string
		h.Ignored = func(line []byte) { lines = append(lines, string(line)) }
		h.Reset()
		if _, err := h.Parse([]byte("GET / HTTP/1.0\r\nX_A: 1\r\nX@: 2\r\nX\xe9: 3\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		// Bytes above 0x7f are dropped in any case: nginx would pass them on.
		want, n := "X\xe9: 3", 2
		if ignore {
			want, n = "X_A: 1|X@: 2|X\xe9: 3", 0
		}
		if got := strings.Join(lines, "|"); got != want || h.Len() != n {
			t.Errorf("ignore %v: ignored %q, kept %d", ignore, got, h.Len())
		}
	}
}

func TestSetTarget(t *testing.T) {
	for _, tt := range []struct{ in, uri, args, exten string }{
		{"/a.b?c", "/a.b", "c", "b"},
		{"/a/../b%20.c?d#e", "/b .c", "d", "c"},
		{"/a#b", "/a", "", ""},
		{"*", "", "", ""}, // the rest is refused
		{"", "", "", ""},
		{"/a b", "", "", ""},
		{"/a\x7f", "", "", ""},
		{"/a?\r", "", "", ""},
		{"/..", "", "", ""},
		{"http://a/", "", "", ""},
	} {
		var h RequestHead
		h.Reset()
		err := h.SetTarget([]byte(tt.in), true)
		if (err == nil) != (tt.uri != "") || err == nil && (string(h.URI) != tt.uri || string(h.Args) != tt.args || string(h.Exten) != tt.exten || string(h.Target) != tt.in) {
			t.Errorf("SetTarget(%q): %v %q %q %q", tt.in, err, h.URI, h.Args, h.Exten)
		}
	}
}

func TestTrailers(t *testing.T) {
	const in = "5\r\nhello\r\n0\r\nX-A: 1\r\nx-b:2\r\n\r\nrest"
	for _, step := range []int{1, 3, 100} {
		c := Chunked{KeepTrailers: true}
		var tr Trailers
		tr.Reset()
		buf, body := []byte(nil), ""
		done := false
		for i := 0; i < len(in); i += step {
			buf = append(buf, in[i:min(len(in), i+step)]...)
			for !done {
				data, n, end, err := c.Next(buf)
				if err != nil {
					t.Fatal(err)
				}
				body += string(data)
				buf, done = buf[n:], end
				if len(data) == 0 {
					break
				}
			}
			if !done {
				continue
			}
			n, err := tr.Parse(buf)
			if err == ErrMore {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if tr.Len() != 2 || string(tr.Value(tr.At(1))) != "2" || body != "hello" || !strings.HasPrefix("rest", string(buf[n:])) {
				t.Errorf("by %d: body %q, %d trailers, rest %q", step, body, tr.Len(), buf[n:])
			}
			break
		}
	}
	var tr Trailers
	tr.Reset()
	if _, err := tr.Parse([]byte("X A: 1\r\n\r\n")); err.Error() != `upstream sent invalid trailer: "X\x20..."` {
		t.Error(err)
	}
}

func TestWarn(t *testing.T) {
	var h ResponseHead
	got := ""
	h.Warn = func(err *Error) { got += err.Error() }
	h.Reset()
	if _, err := h.Parse([]byte("HTTP/1.1 200 OK\r\nServer: a\r\nserver: b\r\n\r\n")); err != nil || string(h.Line) != "200 OK" {
		t.Fatal(err, h.Line)
	}
	if got != `upstream sent duplicate header line: "server: b", previous value: "Server: a", ignored` || !h.At(1).Deleted {
		t.Error(got)
	}
	h.ResetFields()
	n, err := h.Parse([]byte("Status: 404 Nix\r\nContent-Length: 1\r\n\r\nx"))
	if n != 38 || err != nil || h.ContentLength != 1 || string(h.Get(header.Status)) != "404 Nix" {
		t.Error(n, err, h.ContentLength)
	}
}
