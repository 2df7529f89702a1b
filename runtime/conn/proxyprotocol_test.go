package conn

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// proxy2 is a version 2 header from 192.0.2.7:1111 to 192.0.2.8:2222 with TLVs:
// authority, ssl (verify 7, version TLSv1.3) and 0xea.
const proxy2 = "0d0a0d0a000d0a515549540a" + "2111" + "0027" + "c0000207" + "c0000208" + "0457" + "08ae" +
	"020001" + "61" + "20000f" + "01" + "00000007" + "210007" + "544c5376312e33" + "ea0002" + "beef"

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseProxyHeader(t *testing.T) {
	two := string(unhex(t, proxy2))
	for _, c := range []struct {
		text, src, dst   string
		srcPort, dstPort uint16
		n                int // of the header; -1: it is none
		err              string
	}{
		{"PROXY TCP4 192.0.2.7 192.0.2.8 1111 2222\r\nGET", "192.0.2.7", "192.0.2.8", 1111, 2222, 42, ""},
		{"PROXY TCP6 2001:db8::1 ::1 65535 0\r\n", "2001:db8::1", "::1", 65535, 0, 36, ""},
		{"PROXY TCP4 ... : 1 2\r\n", "...", ":", 1, 2, 22, ""}, // not even nginx looks closer
		{"PROXY UNKNOWN\r\nx", "", "", 0, 0, 15, ""},
		{"PROXY UNKNOWN and more\r\n", "", "", 0, 0, 24, ""},
		{"PROXY UNKNOWN", "", "", 0, 0, 0, `broken header: "PROXY UNKNOWN"`},
		{"PROXY TCP4 192.0.2.7 192.0.2.8 1111 2222\r", "", "", 0, 0, 0, `broken header: "PROXY TCP4 192.0.2.7 192.0.2.8 1111 2222"`},
		{"PROXY TCP4 192.0.2.7 192.0.2.8 1111 65536\r\n", "", "", 0, 0, 0, `broken header: "PROXY TCP4 192.0.2.7 192.0.2.8 1111 65536"`},
		{"PROXY TCP4 192.0.2.7 192.0.2.8 +1 2\r\n", "", "", 0, 0, 0, `broken header: "PROXY TCP4 192.0.2.7 192.0.2.8 +1 2"`},
		{"PROXY TCP4 host 192.0.2.8 1 2\r\n", "", "", 0, 0, 0, `broken header: "PROXY TCP4 host 192.0.2.8 1 2"`},
		{"PROXY TCP5 1 2 3 4\r\n", "", "", 0, 0, 0, `broken header: "PROXY TCP5 1 2 3 4"`},
		{"PROXY ", "", "", 0, 0, 0, `broken header: "PROXY "`},
		{"GET / HTTP/1.0\r\n\r\n", "", "", 0, 0, 0, `broken header: "GET / HTTP/1.0"`},
		{"", "", "", 0, 0, 0, `broken header: ""`},
		{two + "rest", "192.0.2.7", "192.0.2.8", 1111, 2222, len(two), ""},
		{two[:20], "", "", 0, 0, 0, "header is too large"},
		{two[:12] + "\x31" + two[13:], "", "", 0, 0, 0, "unknown PROXY protocol version: 3"},
		{two[:12] + "\x20" + two[13:], "", "", 0, 0, len(two), ""}, // LOCAL
		{two[:13] + "\x12" + two[14:], "", "", 0, 0, len(two), ""}, // UDP
		{two[:13] + "\x31" + two[14:], "", "", 0, 0, len(two), ""}, // UNIX
		{two[:14] + "\x00\x0b" + two[16:], "", "", 0, 0, 0, ErrProxyHeader.Error()},
	} {
		h, n, err := ParseProxyHeader([]byte(c.text))
		switch {
		case c.err != "":
			if err == nil || err.Error() != c.err || h != nil {
				t.Errorf("%q: %v, %v, want %s", c.text, h, err, c.err)
			}
		case err != nil || n != c.n:
			t.Errorf("%q: %d bytes, %v, want %d", c.text, n, err, c.n)
		case (h != nil) != (c.src != ""):
			t.Errorf("%q: header is %v", c.text, h)
		case h != nil && (h.Src != c.src || h.Dst != c.dst || h.SrcPort != c.srcPort || h.DstPort != c.dstPort):
			t.Errorf("%q: %+v", c.text, h)
		}
	}
}

func TestProxyTLV(t *testing.T) {
	h, _, err := ParseProxyHeader(unhex(t, proxy2))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, val, err string }{
		{"authority", "a", ""}, {"alpn", "", ""}, {"ssl_verify", "7", ""}, {"ssl_version", "TLSv1.3", ""}, {"ssl_cn", "", ""},
		{"0xea", "\xbe\xef", ""}, {"0x02", "a", ""}, {"ssl_0x21", "TLSv1.3", ""},
		{"nope", "", `unknown PROXY protocol TLV "nope"`}, {"0xzz", "", `invalid PROXY protocol TLV "0xzz"`},
	} {
		val, ok, err := h.TLV(c.name)
		if string(val) != c.val || ok != (c.val != "") || (err != nil) != (c.err != "") || err != nil && err.Error() != c.err {
			t.Errorf("%s: %q, %v, %v", c.name, val, ok, err)
		}
	}
	h.tlvs = h.tlvs[:5]
	if _, _, err := h.TLV("netns"); err == nil || err.Error() != "broken PROXY protocol TLV" {
		t.Errorf("a broken TLV: %v", err)
	}
}

func TestAppendProxy(t *testing.T) {
	v4 := netip.MustParseAddrPort("192.0.2.7:1111")
	v6 := netip.MustParseAddrPort("[2001:db8::1]:2222")
	mapped := netip.MustParseAddrPort("[::ffff:192.0.2.8]:2222")
	for _, c := range []struct {
		src, dst netip.AddrPort
		one      string
		two      string // without signature and checksum
	}{
		{v4, v4, "PROXY TCP4 192.0.2.7 192.0.2.7 1111 1111\r\n", "21110013c0000207c000020704570457"},
		{v6, v6, "PROXY TCP6 2001:db8::1 2001:db8::1 2222 2222\r\n", "2121002b20010db800000000000000000000000120010db800000000000000000000000108ae08ae"},
		{mapped, mapped, "PROXY TCP6 ::ffff:192.0.2.8 ::ffff:192.0.2.8 2222 2222\r\n", "21110013c0000208c000020808ae08ae"},
		{v4, v6, "PROXY TCP4 192.0.2.7 2001:db8::1 1111 2222\r\n", "2121002b00000000000000000000ffffc000020720010db8000000000000000000000001045708ae"},
		{netip.AddrPort{}, v4, "PROXY UNKNOWN\r\n", "20000007"},
	} {
		if got := string(AppendProxy1([]byte("x"), c.src, c.dst)); got != "x"+c.one {
			t.Errorf("version 1: %q, want %q", got, c.one)
		}
		got := AppendProxy2([]byte("x"), c.src, c.dst, false)
		want := "x" + string(proxySignature) + string(unhex(t, c.two)) + "\x03\x00\x04"
		if !strings.HasPrefix(string(got), want) || len(got) != len(want)+4 {
			t.Errorf("version 2: %x, want %x", got, want)
		}
		h, n, err := ParseProxyHeader(got[1:])
		if err != nil || n != len(got)-1 || (h != nil) != c.src.IsValid() {
			t.Errorf("version 2 read again: %v, %d, %v", h, n, err)
		}
	}
}

func TestReadProxyHeader(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	c := New(near)
	defer c.Close()
	go func() {
		io.WriteString(far, "PROXY TCP4 192.0.2.7 192.0.2.8 1111 2222\r\nhello")
		far.Close()
	}()
	if c.ProxyHeader() != nil {
		t.Error("there is a header before one was read")
	}
	if err := c.ReadProxyHeader(MaxProxyHeader); err != nil {
		t.Fatal(err)
	}
	if c.Received != 0 {
		t.Errorf("the header counts: %d bytes", c.Received)
	}
	if h := c.ProxyHeader(); h == nil || h.Src != "192.0.2.7" {
		t.Errorf("header is %v", h)
	}
	rest, err := io.ReadAll(c)
	if string(rest) != "hello" || err != nil || c.Received != 5 {
		t.Errorf("then comes %q, %v, %d bytes", rest, err, c.Received)
	}
}

// A header longer than the limit is refused even if it has arrived whole: what
// follows must not be taken for a request with the addresses that it tells.
func TestProxyHeaderLimit(t *testing.T) {
	head := unhex(t, proxy2)
	for _, c := range []struct {
		limit int
		want  string
	}{
		{len(head), "<nil>"},
		{len(head) - 1, "header is too large"},
	} {
		near, far := net.Pipe()
		go func() {
			far.Write(append(bytes.Clone(head), "GET / HTTP/1.0\r\n\r\n"...))
			far.Close()
		}()
		conn := New(near)
		if err := conn.ReadProxyHeader(c.limit); fmt.Sprint(err) != c.want {
			t.Errorf("limit %d: %v, want %s", c.limit, err, c.want)
		}
		conn.Close()
		far.Close()
	}
}

func FuzzParseProxyHeader(f *testing.F) {
	f.Add([]byte("PROXY TCP4 192.0.2.7 192.0.2.8 1111 2222\r\n"))
	f.Add([]byte("PROXY UNKNOWN\r\n"))
	f.Add(unhex(f, proxy2))
	f.Fuzz(func(t *testing.T, p []byte) {
		h, n, err := ParseProxyHeader(p)
		if n < 0 || n > len(p) || err != nil && (h != nil || n != 0) || err == nil && n == 0 {
			t.Fatalf("%v, %d of %d, %v", h, n, len(p), err)
		}
		var text ProxyError
		if err != nil && !errors.As(err, &text) && err != ErrProxyHeader {
			t.Fatal(err)
		}
		if h == nil {
			return
		}
		for _, name := range []string{"ssl_verify", "ssl_cn", "alpn", "0xff"} {
			if val, ok, err := h.TLV(name); !ok && val != nil || ok && err != nil || name != "ssl_verify" && !bytes.Contains(p, val) {
				t.Fatalf("%s: %q, %v, %v", name, val, ok, err)
			}
		}
	})
}
