package sslpreread

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"time"
)

// hello is what crypto/tls sends first.
func hello(t testing.TB, c *tls.Config) []byte {
	t.Helper()
	near, far := net.Pipe()
	defer far.Close()
	go func() {
		tls.Client(near, c).Handshake()
		near.Close()
	}()
	buf := make([]byte, 64<<10)
	far.SetDeadline(time.Now().Add(5 * time.Second))
	n, err := io.ReadAtLeast(far, buf, 5)
	if err != nil {
		t.Fatal(err)
	}
	for n < 5+int(buf[3])<<8+int(buf[4]) {
		m, err := far.Read(buf[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += m
	}
	return buf[:n]
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		conf       *tls.Config
		name, alpn string
		version    string
	}{
		{&tls.Config{ServerName: "a.example"}, "a.example", "", "TLSv1.3"},
		{&tls.Config{ServerName: "a.example", MaxVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}, "a.example", "h2,http/1.1", "TLSv1.3"},
		{&tls.Config{InsecureSkipVerify: true, NextProtos: []string{"x"}}, "", "x", "TLSv1.3"},
	} {
		p := hello(t, c.conf)
		h, o := parse(p)
		if o != whole || string(h.ServerName) != c.name || string(h.ALPN) != c.alpn || versions[h.Version] != c.version {
			t.Errorf("%v: %v %q %q %s", c.conf.ServerName, o, h.ServerName, h.ALPN, versions[h.Version])
		}
		for i := range p {
			if _, o := parse(p[:i]); o != partial {
				t.Fatalf("%d of %d bytes are %v", i, len(p), o)
			}
		}
		// The same message in records of 10 bytes.
		var small []byte
		for body := p[5:]; len(body) > 0; body = body[min(10, len(body)):] {
			n := min(10, len(body))
			small = append(append(small, 0x16, 3, 1, 0, byte(n)), body[:n]...)
		}
		if h, o := parse(small); o != whole || string(h.ServerName) != c.name || string(h.ALPN) != c.alpn {
			t.Errorf("in small records: %v %q %q", o, h.ServerName, h.ALPN)
		}
	}
}

func TestParseOther(t *testing.T) {
	good := string(hello(t, &tls.Config{ServerName: "a.example"}))
	for _, c := range []struct {
		text string
		want outcome
	}{
		{"", partial}, {"GET ", partial}, {"GET / HTTP/1.0\r\n", other},
		{"\x16\x02\x00\x00\x05", other},                 // not 3.x
		{"\x16\x03\x01\x00\x04\x02\x00\x00\x10", other}, // a ServerHello
		{"\x80\x2e\x01\x03\x01", whole},                 // SSL 2
		{good[:9] + "\x03\x03" + strings.Repeat("r", 32) + "\xff", partial},
		{"\x16\x03\x01\x00\x2b\x01\x00\x00\x27\x03\x03" + strings.Repeat("r", 32) + "\x00\x00\x02\x13\x01\x00", other},
	} {
		if _, o := parse([]byte(c.text)); o != c.want {
			t.Errorf("%q: %v, want %v", c.text, o, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(hello(f, &tls.Config{ServerName: "a.example", NextProtos: []string{"h2", "http/1.1"}}))
	f.Add([]byte("\x80\x2e\x01\x03\x01"))
	f.Add([]byte("GET / HTTP/1.0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		h, o := parse(p)
		if o == whole && len(h.ServerName)+len(h.ALPN) > len(p) {
			t.Fatalf("%q of %d bytes", h.ServerName, len(p))
		}
		for i := range min(len(p), 40) { // what is decided stays decided
			if _, before := parse(p[:i]); before != partial && before != o {
				t.Fatalf("%v after %d bytes, %v after %d", before, i, o, len(p))
			}
		}
	})
}
