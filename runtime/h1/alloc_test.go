package h1

import (
	"bufio"
	"bytes"
	"net/http"
	"testing"

	"understudy/runtime/header"
)

const curl = "GET /index.html?q=1 HTTP/1.1\r\n" +
	"host: Example.com\r\n" +
	"User-Agent: curl/8.5.0\r\n" +
	"Accept: */*\r\n" +
	"X-Forwarded-For: 10.0.0.1\r\n" +
	"accept-ENCODING: gzip, br\r\n" +
	"Cookie: a=b; c=d\r\n" +
	"Connection: keep-alive\r\n\r\n"

const answer = "HTTP/1.1 200 OK\r\nServer: x\r\nDate: Mon, 28 Sep 1970 06:00:00 GMT\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\nX-Own: 1\r\n\r\n"

func TestNoAllocations(t *testing.T) {
	o := Defaults()
	h := RequestHead{Options: &o}
	h.SelectServer = func([]byte) (*Options, error) { return nil, nil }
	parse := func(s string) func() {
		b := []byte(s)
		return func() {
			h.Reset()
			h.Parse(b)
		}
	}
	var rh ResponseHead
	var list header.List
	resp, chunks, dst := []byte(answer), []byte("5;x\r\nhello\r\n0\r\nX: y\r\n\r\n"), make([]byte, 0, 4096)
	date := []byte("Mon, 28 Sep 1970 06:00:00 GMT")
	for name, f := range map[string]func(){
		"request":       parse(curl),
		"complex":       parse("GET http://A.b:80/a/%2e%2e//b?c HTTP/1.1\r\nHost: C.d\r\nContent-Length: 1\r\n\r\n"),
		"bad line":      parse("GET /\x00 HTTP/1.1\r\n\r\n"),
		"bad field":     parse("GET / HTTP/1.1\r\nX\x00: y\r\n\r\n"),
		"duplicate":     parse("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
		"unknown TE":    parse("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n"),
		"response":      func() { rh.Reset(); rh.Parse(resp) },
		"cookie":        func() { Cookie(&h.Block, "c"); Arg(h.Args, "q") },
		"chunked":       func() { dechunkInto(dst, chunks) },
		"escape":        func() { AppendEscape(dst, resp, EscapeURI); AppendUnescape(dst, resp, UnescapeAll) },
		"time":          func() { AppendTime(dst, 1e9); AppendCookieTime(dst, 1e9); ParseTime(date) },
		"safe URI":      func() { AppendSafeURI(dst, date); AppendURI(dst, []byte("/a/../b"), true) },
		"chunk header":  func() { AppendChunkHeader(dst, 123456) },
		"status, field": func() { AppendField(AppendStatusLine(dst, 200), "X", "y") },
		"list": func() {
			list.Reset()
			list.AddID(header.Server, date)
			list.Set(date, date)
			AppendFields(dst, &list)
		},
	} {
		f()
		if n := testing.AllocsPerRun(100, f); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func dechunkInto(dst, in []byte) []byte {
	var c Chunked
	for {
		data, n, done, err := c.Next(in)
		if dst = append(dst, data...); done || err != nil {
			return dst
		}
		in = in[n:]
	}
}

func BenchmarkRequestHead(b *testing.B) {
	o := Defaults()
	h := RequestHead{Options: &o}
	buf := []byte(curl)
	b.ReportAllocs()
	for b.Loop() {
		h.Reset()
		h.Parse(buf)
	}
}

func BenchmarkNetHTTP(b *testing.B) {
	rd := bytes.NewReader(nil)
	br := bufio.NewReader(rd)
	b.ReportAllocs()
	for b.Loop() {
		rd.Reset([]byte(curl))
		br.Reset(rd)
		http.ReadRequest(br)
	}
}

func BenchmarkResponseHead(b *testing.B) {
	var h ResponseHead
	buf := []byte(answer)
	b.ReportAllocs()
	for b.Loop() {
		h.Reset()
		h.Parse(buf)
	}
}

func BenchmarkChunked(b *testing.B) {
	in := append(AppendChunkHeader(nil, 16384), make([]byte, 16384)...)
	in = append(in, "\r\n0\r\n\r\n"...)
	dst := make([]byte, 0, 32768)
	b.SetBytes(16384)
	for b.Loop() {
		dechunkInto(dst, in)
	}
}

func BenchmarkURI(b *testing.B) {
	target, dst := []byte("/static/../img//a%20picture.png?size=1"), make([]byte, 0, 100)
	b.ReportAllocs()
	for b.Loop() {
		AppendURI(dst, target, true)
	}
}
