package h1

import (
	"math/rand/v2"
	"strings"
)

// requests are those nginx is asked about: what is known to be at an edge, and
// mutations of it.
func requests() (gs []golden) {
	add := func(conf string, in ...string) {
		for _, s := range in {
			gs = append(gs, golden{Conf: conf, In: s})
		}
	}
	line := func(conf string, lines ...string) {
		for _, l := range lines {
			add(conf, l+"\r\nHost: a\r\n\r\n")
		}
	}
	field := func(conf string, fields ...string) {
		for _, f := range fields {
			add(conf, "GET /p?q=1 HTTP/1.1\r\nHost: a\r\n"+f+"\r\n\r\n")
		}
	}

	// Request lines.
	line("default", "GET / HTTP/1.1", "get / HTTP/1.1", "FOO_B-AR / HTTP/1.1", "GET1 / HTTP/1.1", "G\x00T / HTTP/1.1", "GET: / HTTP/1.1",
		" GET / HTTP/1.1", "\tGET / HTTP/1.1", "\r\n\r\nGET / HTTP/1.1", "\nGET / HTTP/1.1", "\rGET / HTTP/1.1",
		"GET  /  HTTP/1.1  ", "GET / HTTP/1.1\t", "GET\t/ HTTP/1.1", "GET / HTTP/1.1\r", "GET / HTTP/1.1 x",
		"GET / HTTP/1.0", "GET / HTTP/1.2", "GET / HTTP/1.01", "GET / HTTP/1.100", "GET / HTTP/1.1000", "GET / HTTP/2.0", "GET / HTTP/10.0", "GET / HTTP/0.9", "GET / HTTP/1.", "GET / HTTP/1",
		"GET / HTTP/", "GET / H", "GET / http/1.1", "GET / HTTQ/1.1", "GET / HTTP/ 1.1", "GET / HTTP/01.1", "GET / HTTP/9.9", "GET / HTTP/1,1",
		"GET HTTP/1.1", "GET", "GET ", "GET * HTTP/1.1", "OPTIONS * HTTP/1.1", "GET a HTTP/1.1", "GET ?a HTTP/1.1", "GET . HTTP/1.1",
		"GET /a b HTTP/1.1", "GET /a\tb HTTP/1.1", "GET /a\x00b HTTP/1.1", "GET /a\x7fb HTTP/1.1", "GET /a\x80\xffb HTTP/1.1", "GET /a\rb HTTP/1.1", "GET /a H HTTP/1.1",
		"TRACE / HTTP/1.1", "CONNECT a:80 HTTP/1.1", "CONNECT a:80 HTTP/1.0", "CONNECT a HTTP/1.1", "CONNECT a: HTTP/1.1", "CONNECT / HTTP/1.1", "CONNECT  a:1 HTTP/1.1", "CONNECT [::1]:80 HTTP/1.1", "CONNECT a:80", "CONNECT a:80/ HTTP/1.1",
		"HEAD /x HTTP/1.1", "POST /x HTTP/1.1", "DELETE /x HTTP/1.1")
	line("few", "CONNECT a:80 HTTP/1.1", "CONNECT a:80 HTTP/1.0", "CONNECT a:99999 HTTP/1.1", "CONNECT A.:80 HTTP/1.1", "CONNECT [::1]:80 HTTP/1.1", "CONNECT two:80 HTTP/1.1", "CONNECT _:80 HTTP/1.1")
	add("few", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
	add("default", "GET /\r\n", "GET /\n", "GET / \r\n", "GET /a?q=1\r\n", "POST /\r\n", "GET /.. \n", "GET http://a/x\r\n", "GET http://a\n", "HEAD /\n", "GET /\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET", "\r\n", "GET / HTTP/1.1\r\nHost: a\r\n", "\x16\x03\x01\x02\x00\x01", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

	// Absolute targets.
	for _, host := range []string{"b", "B.C.", "b:80", "b:", "b:65535", "b:65536", "b:0", "", ":80", "[::1]", "[::1]:8", "[::G]", "[]", "[::1", "[::1]x", "b_c", "b%41", "u@b", "b..c", ".", "two", "Two.:1"} {
		line("few", "GET http://"+host+" HTTP/1.1", "GET http://"+host+"/x?y HTTP/1.1", "GET hTTps://"+host+"?y#z HTTP/1.1")
	}
	line("default", "GET http:/b/ HTTP/1.1", "GET http:b HTTP/1.1", "GET h+t-t.p1://b/ HTTP/1.1", "GET h_p://b/ HTTP/1.1", "GET 1http://b/ HTTP/1.1", "GET http://b\\c/ HTTP/1.1", "GET http://b#x HTTP/1.1", "GET http://b/../x HTTP/1.1")

	// Paths.
	for _, p := range []string{"/a/../b", "/..", "/../", "/a/..", "/a/../..", "/a/../../b", "/.", "/./", "/./a", "/a/.", "/a/./b", "/...", "/a/...", "/..a", "/.a", "/a/.b/../c", "//", "//a//b", "///..", "/a//..", "/a//../b", "//../a",
		"/%", "/%4", "/%4g", "/%g4", "/%00", "/%41", "/%2e%2e/a", "/a/%2e%2e/b", "/a%2f..%2fb", "/%2f%2fa", "/a%25b", "/a%23b", "/a%3fb", "/a%3Fb?c", "/%2e/", "/a/%2e", "/a/%2e.", "/%2B+", "/a%0ab", "/a%7f", "/a%ff", "/%252e",
		"/a#b", "/#", "/a?b#c", "/a?b?c#d#e", "/a?#", "/?", "/a?", "/a?/../b", "/a%20?q=%20&q=2", "/a.b", "/a.b/c", "/a.b.c?d.e", "/.a.b", "/a./b", "/a+b.c+d", "/a%2e.b", "/a.%62", "/a.b%2fc", "/a.b/..", "/a.b/../c.d", "/a.b#c",
		"/a;b=c", "/a:b@c!$&'()*,=~[]{}|\\^`\"<>", "/+.", "/+./", "/+/..", "/a/+%2e", "/a?Q=1", "/?x&q=5&q=6", "/?aq=1&q", "/?q", "/?q==", "/?Q=&", "/?&&q=a=b", "/..%2f", "/a/..%2fb", "/a/..%5cb", "/a/.%2e/b", "/a/%2E%2E/%2E%2E", "/%2E%2E", "/a/b/../../../c"} {
		line("default", "GET "+p+" HTTP/1.1")
		line("lax", "GET "+p+" HTTP/1.1")
		line("default", "GET http://b"+p+" HTTP/1.1")
	}

	// Header lines.
	for _, c := range []string{"default", "lax"} {
		field(c, "X-Foo: v", "X-Foo:v", "X-Foo:", "X-Foo: ", "X-Foo:   v  w  ", "X-Foo:\tv\t", "X-Foo: v\r", "X-Foo: v\r\r", "X-Foo: v\rw", "X-Foo : v", " X-Foo: v", "\tX-Foo: v", "X-Foo: v\r\n w", "X-Foo", "X-Foo\r\nX-Foo: w", ": v", ":", "X Foo: v", "X\tFoo: v", "X\x00Foo: v", "X-Foo: v\x00w", "X-Foo:\x00", "X-Foo: \x00", "X-Foo: a \x00", "X-Foo: v\x01\x7fw", "X_Foo: v", "_X-Foo: v", "X.Foo: v", "X@: v\r\nX-Foo: w", "@: v", "X\"Foo: v", "X\x7fFoo: v", "\x7fX: v", "X-Foo: \x80\xff", "X-Foo: a\r\nx-foo: b\r\nX-FOO: c", "X-Foo: v\n", "X-Foo: v\nX-B: w", "\nX-Foo: v", "\r\nX", "\rX", "HTTP/1.1 200 OK", "HTTP/: x", "Cookie: b=c; a=d", "Cookie: a=d;a=e", "Cookie: ba=1; A = 2", "Cookie: a", "Cookie: a;a=1", "Cookie: x\r\nCookie: a=2", "Cookie: ,a=1", "Cookie:  a=  1 ;")
		field(c, "Host: a", "host: b", "Content-Length: 1\r\nContent-Length: 1", "Content-Length: 0", "Content-Length: ", "Content-Length: -1", "Content-Length: +1", "Content-Length: 1,1", "Content-Length: 1 1", "Content-Length: 0x1", "Content-Length: 9223372036854775807", "Content-Length: 9223372036854775808", "Content-Length: 00000000000000000000000000000000001", "Content-Length: 1\t", "Content-Length",
			"Transfer-Encoding: chunked", "Transfer-Encoding: Chunked", "Transfer-Encoding: chunked\t", "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: identity", "Transfer-Encoding:", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 1", "Content-Length: 1\r\nTransfer-Encoding: gzip", "Content-Length: x\r\nTransfer-Encoding: gzip", "Transfer_Encoding: chunked", "Transfer-Encoding : chunked", "Content_Length: x", "Content-Length: 1\r\nTransfer-Encoding: chunked",
			"Authorization: a\r\nAuthorization: a", "Proxy-Authorization: a\r\nproxy-authorization: b", "If-Modified-Since: a\r\nIf-Modified-Since: b", "If-Unmodified-Since: a\r\nIf-Unmodified-Since: b", "If-Match: a\r\nIf-Match: b", "If-None-Match: a\r\nIf-None-Match: b", "If-Range: a\r\nIf-Range: b", "Content-Range: a\r\nContent-Range: b", "Expect: a\r\nExpect: b", "Range: a\r\nRange: b", "Referer: a\r\nReferer: b", "User-Agent: a\r\nUser-Agent: b", "Content-Type: a\r\nContent-Type: b", "Upgrade: a\r\nUpgrade: b", "TE: a\r\nTE: b", "Connection: close\r\nConnection: keep-alive", "Accept-Encoding: a\r\nAccept-Encoding: b", "X-Forwarded-For: a\r\nX-Forwarded-For: b")
	}
	add("default", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "POST / HTTP/1.0\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "GET / HTTP/1.2\r\nTransfer-Encoding: chunked\r\n\r\n", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", "GET http://b/ HTTP/1.1\r\n\r\n", "GET http://b/ HTTP/1.0\r\n\r\n", "GET http://b/ HTTP/1.1\r\nHost: [\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / HTTP/1.0\r\nHost:\r\n\r\n", "GET / HTTP/1.1\r\nHost\r\n\r\n")

	// Hosts.
	for _, host := range []string{"b", "B.C", "b.", "b..", ".", "..", ".b", "b..c", "b:80", "b:", "b:65535", "b:65536", "b:655350", "b:000080", "b:x", "b:80:80", ":80", "b.:80", "b b", "b\tc", "b/c", "b?c", "b#c", "b@c", "b,c", "b_c", "b~c", "b!$&'()*+,;=c", "b%2ec", "b%", "b\\c", "b\"c", "b<c", "b[c", "[::1]", "[::1]:80", "[::1]:", "[::1]x", "[::1", "::1", "[]", "[a%b]", "[A.b]", "[a..b]", "[a.]", "[::1].", "b\x80", "b\x7f", "b\x01", "two", "TWO.:1", "one, two", "-", "xn--a", "b\rc"} {
		add("few", "GET / HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
	}

	// Number of fields, and options that change with the host.
	for n := range 8 {
		f := strings.Repeat("X_Foo: v\r\nX-B: v\r\n", n)
		add("few", "GET / HTTP/1.1\r\nHost: one\r\n"+f+"\r\n", "GET / HTTP/1.1\r\nHost: two\r\n"+f+"\r\n", "GET / HTTP/1.1\r\n"+f+"Host: two\r\n\r\n", "GET http://two/ HTTP/1.1\r\n"+f+"Host: x\r\n\r\n")
	}

	// Sizes.
	for _, c := range []string{"small", "mixed"} {
		for _, n := range []int{80, 90, 96, 97, 98, 99, 100, 101, 102, 110, 112, 113, 114, 115, 120, 126, 127, 128, 129, 200, 220, 225, 230, 235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255, 256, 257, 258, 300, 400, 500, 510, 512, 520} {
			x := strings.Repeat("x", n)
			add(c, "GET /"+x+" HTTP/1.1\r\nHost: a\r\n\r\n", x+" / HTTP/1.1\r\nHost: a\r\n\r\n", strings.ToUpper(x)+" / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX-Foo: "+x+"\r\n\r\n", "GET / HTTP/1.1\r\nHost: two\r\n"+x+": v\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: "+x+"\r\nX: "+x+"\r\nX-Foo: "+x+"\r\n\r\n", "GET /"+x+" HTTP/1.1\r\nHost: two\r\nX-Foo: "+x+"\r\n\r\n", strings.Repeat("\r\n", n)+"GET / HTTP/1.1\r\nHost: a\r\nX-Foo: "+x+"\r\n\r\n", "GET / HTTP/1.1\r\nHost: a"+strings.Repeat(" ", n)+"\r\nX-Foo: "+x+"\r\n\r\n", "GET /"+x+"?"+x)
		}
		for n := range 60 {
			add(c, "GET / HTTP/1.1\r\nHost: a\r\n"+strings.Repeat("X-Foo: 1234567\r\n", n)+"\r\n", "GET / HTTP/1.1\r\n"+strings.Repeat("X-Foo: 1234567890\r\n", n)+"Host: two\r\n\r\n", "GET / HTTP/1.1\r\nHost: two\r\n"+strings.Repeat("X-Foo: 12345678901\r\n", n)+"\r\n")
		}
	}

	return append(gs, mutations(gs)...)
}

// mutations changes requests at random, the same way every time.
func mutations(from []golden) (gs []golden) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"\r", "\n", "\r\n", " ", "\t", ":", "\x00", "/", ".", "..", "%", "%2", "%2f", "?", "#", "+", "_", "-", "H", "a", "0", "1", "[", "]", "\x7f", "\x80", "Host: b\r\n", "Content-Length: 3\r\n", "@", ";", "="}
	for len(gs) < 1500 {
		g := from[r.IntN(len(from))]
		if len(g.In) > 200 || len(g.In) == 0 {
			continue
		}
		b := []rune(g.In)
		for range 1 + r.IntN(3) {
			i, j := r.IntN(len(b)+1), 0
			p := []rune(pieces[r.IntN(len(pieces))])
			if r.IntN(2) == 0 {
				j = r.IntN(3)
			}
			b = append(append(append([]rune{}, b[:i]...), p...), b[min(len(b), i+j):]...)
		}
		g.In = fromLatin1(latin1(string(b)))
		gs = append(gs, g)
	}
	return gs
}
