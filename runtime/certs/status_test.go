package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"
)

// respond serves OCSP on a port: each connection gets what is sent next.
func respond(t *testing.T, next func() string) (r *Responder, asked *atomic.Int32) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked = new(atomic.Int32)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			var head []byte
			for b := make([]byte, 1024); !strings.Contains(string(head), "\r\n\r\n"); {
				n, err := c.Read(b)
				if err != nil {
					break
				}
				head = append(head, b[:n]...)
			}
			io.WriteString(c, next())
			c.Close()
		}
	}()
	t.Cleanup(func() { ln.Close(); <-done })
	a := netip.MustParseAddrPort(ln.Addr().String())
	return &Responder{Host: "127.0.0.1", Port: int(a.Port()), Addrs: []netip.AddrPort{a}}, asked
}

const responseHead = "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n"

// response makes the answer of a responder.
func response(t *testing.T, issuer, signer issued, change func(*ocsp.Response), serialOf issued) string {
	t.Helper()
	tmpl := ocsp.Response{SerialNumber: serialOf.SerialNumber, ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour)}
	if signer.Certificate != issuer.Certificate {
		tmpl.Certificate = signer.Certificate
	}
	if change != nil {
		change(&tmpl)
	}
	der, err := ocsp.CreateResponse(issuer.Certificate, signer.Certificate, tmpl, signer.key)
	if err != nil {
		t.Fatal(err)
	}
	return responseHead + string(der)
}

// TestStatusCheck has what nginx decides, and the words that it logs.
func TestStatusCheck(t *testing.T) {
	ca := issue(t, "ca", nil, nil)
	other := issue(t, "ca other", nil, nil)
	leaf := issue(t, "leaf", &ca, nil)
	stranger := issue(t, "stranger", &other, nil)
	plain := issue(t, "plain", &ca, nil)
	delegate := issue(t, "delegate", &ca, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning} })
	foreign := issue(t, "foreign", &other, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning} })
	is := func(status int) func(*ocsp.Response) { return func(r *ocsp.Response) { r.Status = status } }
	for _, tt := range []struct{ name, answer, want, log string }{
		{"good", response(t, ca, ca, nil, leaf), "", ""},
		{"revoked", response(t, ca, ca, is(ocsp.Revoked), leaf), "certificate revoked", ""},
		{"unknown", response(t, ca, ca, is(ocsp.Unknown), leaf), "certificate status unknown", ""},
		{"delegated", response(t, ca, delegate, nil, leaf), "", ""},
		{"not delegated", response(t, ca, plain, nil, leaf), statusFailed, "missing ocspsigning usage"},
		{"of another authority", response(t, ca, foreign, nil, leaf), statusFailed, "OCSP_basic_verify() failed (SSL: error:13800070:OCSP routines::root ca not trusted)"},
		{"of nobody", response(t, ca, issue(t, "self", nil, nil), nil, leaf), statusFailed, "Verify error: self-signed certificate)"},
		{"same number, other issuer", response(t, other, delegate, nil, leaf), statusFailed, "certificate status not found in the OCSP response"},
		{"another certificate", response(t, ca, ca, nil, stranger), statusFailed, "certificate status not found in the OCSP response"},
		{"expired", response(t, ca, ca, func(r *ocsp.Response) { r.NextUpdate = time.Now().Add(-6 * time.Minute) }, leaf), statusFailed, "status expired"},
		{"just expired", response(t, ca, ca, func(r *ocsp.Response) {
			r.ThisUpdate, r.NextUpdate = time.Now().Add(-time.Hour), time.Now().Add(-4*time.Minute)
		}, leaf), "", ""},
		{"not yet", response(t, ca, ca, func(r *ocsp.Response) { r.ThisUpdate = time.Now().Add(6 * time.Minute) }, leaf), statusFailed, "status not yet valid"},
		{"try later", responseHead + "0\x03\x0a\x01\x03", statusFailed, "OCSP response not successful (3: trylater)"},
		{"altered", alter(response(t, ca, ca, nil, leaf)), statusFailed, "signature failure"},
		{"not OCSP", responseHead + "x", statusFailed, "d2i_OCSP_RESPONSE() failed"},
		{"not found", "HTTP/1.1 404 Not Found\r\n\r\n", statusFailed, ""},
		{"another type", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", statusFailed, `OCSP responder sent invalid "Content-Type" header: "text/html" while requesting certificate status, responder: 127.0.0.1, peer: 127.0.0.1:`},
		{"closed", "", statusFailed, "OCSP responder prematurely closed connection"},
	} {
		r, asked := respond(t, func() string { return tt.answer })
		log := ""
		s := &StatusCheck{Responder: r, Cache: NewStatusCache(1 << 20)}
		store := &verifier{trusted: chain(ca, other), depth: 1}
		check := func() string {
			return s.check(context.Background(), chain(leaf, ca), store, func(_ slog.Level, text string) { log += text })
		}
		if got := check(); got != tt.want || !strings.Contains(log, tt.log) || tt.log == "" && log != "" {
			t.Errorf("%s: %q, want %q; log %q, want %q", tt.name, got, tt.want, log, tt.log)
		}
		n := asked.Load()
		if again := check(); again != tt.want {
			t.Errorf("%s: %q the second time, want %q", tt.name, again, tt.want)
		}
		if kept := asked.Load() == n; kept != (tt.want != statusFailed && tt.name != "just expired") {
			t.Errorf("%s: kept: %t", tt.name, kept)
		}
	}
}

// TestStatusCache: what is known is of one certificate, for as long as it is valid, and
// the cache has no more than its size says.
func TestStatusCache(t *testing.T) {
	ca := issue(t, "ca", nil, nil)
	about := func(number []byte) *inquiry {
		return &inquiry{cert: &x509.Certificate{SerialNumber: new(big.Int).SetBytes(number)}, issuer: ca.Certificate}
	}
	long := bytes.Repeat([]byte{1}, 21)
	one, other := about([]byte{1}), about([]byte{1, 0})
	c := NewStatusCache(2 * bytesPerStatus)
	now := time.Now()
	c.put(one, &ocsp.Response{Status: ocsp.Good, NextUpdate: now.Add(time.Minute)}, now)
	if _, ok := c.get(other, now); ok {
		t.Error("two numbers have one entry")
	}
	c.put(about(long[:20]), &ocsp.Response{Status: ocsp.Revoked}, now)
	if _, ok := c.get(about(long), now); ok {
		t.Error("a number that is too long has the entry of another")
	}
	later := now.Add(2 * time.Minute)
	if _, ok := c.get(one, later); ok {
		t.Error("an entry that has expired is used")
	}
	c.put(one, &ocsp.Response{Status: ocsp.Good, NextUpdate: later.Add(time.Minute)}, later)
	c.put(other, &ocsp.Response{Status: ocsp.Good, NextUpdate: later.Add(time.Minute)}, later)
	if n, m := len(c.m), len(c.order); n != 2 || m != 2 {
		t.Errorf("%d entries, %d in order, want 2", n, m)
	}
	if s, ok := c.get(other, later); !ok || s != ocsp.Good {
		t.Errorf("the newest: %d, %t", s, ok)
	}
}

// alter changes the last byte, which is of the signature.
func alter(s string) string { return s[:len(s)-1] + string([]byte{s[len(s)-1] ^ 1}) }

func TestStatusNotAsked(t *testing.T) {
	ca := issue(t, "ca", nil, nil)
	leaf := issue(t, "leaf", &ca, nil)
	log := ""
	s := &StatusCheck{}
	note := func(_ slog.Level, text string) { log += text }
	if got := s.check(context.Background(), chain(ca), &verifier{}, note); got != "" || log != "" {
		t.Errorf("of an authority: %q, log %q", got, log)
	}
	if got := s.check(context.Background(), chain(leaf, ca), &verifier{}, note); got != statusFailed || log != "no OCSP responder URL in certificate" {
		t.Errorf("without a responder: %q, log %q", got, log)
	}
	log = ""
	s.Responder = &Responder{Host: "ocsp.example", Port: 80}
	if got := s.check(context.Background(), chain(leaf, ca), &verifier{}, note); got != statusFailed || !strings.HasPrefix(log, "no resolver defined to resolve ocsp.example while") {
		t.Errorf("without a resolver: %q, log %q", got, log)
	}
}

// TestStapling makes handshakes: the first has the response fetched, a later one
// brings it.
func TestStapling(t *testing.T) {
	ca := issue(t, "ca", nil, nil)
	leaf := issue(t, "leaf", &ca, nil)
	answer := response(t, ca, ca, nil, leaf)
	r, asked := respond(t, func() string { return answer })
	x := &Context{base: &tls.Config{Certificates: []tls.Certificate{{
		Certificate: [][]byte{leaf.Raw, ca.Raw}, PrivateKey: leaf.key, Leaf: leaf.Certificate,
	}}}, names: []string{"leaf.pem"}, store: &verifier{}}
	f := new(Fetching)
	warnings := x.Staples(Stapling{
		Responder: "http://x/", Parse: func(string) (*Responder, error) { return r, nil },
		Fetching: f, Log: slog.New(slog.DiscardHandler),
	})
	if len(warnings) > 0 {
		t.Fatal(warnings)
	}
	shake := func() []byte {
		t.Helper()
		_, c, err := connect(t, x, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		return c.OCSPResponse()
	}
	if got := shake(); len(got) > 0 {
		t.Error("a response before it is fetched")
	}
	f.running.Wait()
	if got := shake(); len(got) == 0 {
		t.Error("no response after it is fetched")
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
	<-f.Retire()
}

func TestStaplingIgnored(t *testing.T) {
	ca := issue(t, "ca", nil, nil)
	leaf := issue(t, "leaf", &ca, nil)
	own := &Context{base: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, Leaf: leaf.Certificate}}}, names: []string{""}, store: &verifier{}}
	if got := own.Staples(Stapling{}); len(got) > 0 {
		t.Errorf("%q of a certificate that stands in for another", got)
	}
	for _, tt := range []struct {
		chain [][]byte
		url   string
		want  string
	}{
		{[][]byte{leaf.Raw}, "", `"ssl_stapling" ignored, issuer certificate not found for certificate "a.pem"`},
		{[][]byte{leaf.Raw, ca.Raw}, "", `"ssl_stapling" ignored, no OCSP responder URL in the certificate "a.pem"`},
		{[][]byte{leaf.Raw, ca.Raw}, "x", `"ssl_stapling" ignored, bad x in the certificate "a.pem"`},
	} {
		x := &Context{base: &tls.Config{Certificates: []tls.Certificate{{Certificate: tt.chain, Leaf: leaf.Certificate}}}, names: []string{"a.pem"}, store: &verifier{}}
		got := x.Staples(Stapling{Responder: tt.url, Parse: func(s string) (*Responder, error) { return nil, fmt.Errorf("bad %s", s) }})
		if len(got) != 1 || got[0] != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func FuzzParseResponse(f *testing.F) {
	f.Add(responseHead + "x")
	f.Add("HTTP/1.0 403.1 x\nA: b\n\n")
	f.Add("HTTP/1.0 200 OK\r\n: b\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		code, body, why := parseResponse([]byte(text))
		if why == "" && (code < 0 || code > 999 || !strings.HasSuffix(text, string(body))) || why != "" && body != nil {
			t.Errorf("%d, %q, %q", code, body, why)
		}
	})
}
