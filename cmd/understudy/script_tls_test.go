package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"
)

// handshake ADDRESS NAME FILE makes a TLS connection to a server that must have a
// certificate for NAME by an authority in FILE, and prints the certificate's names.
func handshake(ts *testscript.TestScript, neg bool, args []string) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(ts.ReadFile(args[2])))
	c, err := tls.Dial("tcp", args[0], &tls.Config{ServerName: args[1], RootCAs: roots})
	if neg {
		if err == nil {
			c.Close()
			ts.Fatalf("%s has a certificate for %s", args[0], args[1])
		}
		return
	}
	ts.Check(err)
	defer c.Close()
	for _, n := range c.ConnectionState().PeerCertificates[0].DNSNames {
		fmt.Fprintln(ts.Stdout(), n)
	}
}

// fetch URL HOST prints the status, the fields and the body of a response to a
// request for HOST.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	req, err := http.NewRequest("GET", args[0], nil)
	ts.Check(err)
	req.Host = args[1]
	client := http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	until(ts, args[0], func() error {
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		fmt.Fprintln(ts.Stdout(), resp.Status)
		names := slices.SortedFunc(func(yield func(string) bool) {
			for n := range resp.Header {
				if !yield(n) {
					return
				}
			}
		}, cmp.Compare[string])
		for _, n := range names {
			for _, v := range resp.Header[n] {
				fmt.Fprintf(ts.Stdout(), "%s: %s\n", n, v)
			}
		}
		fmt.Fprintf(ts.Stdout(), "\n%s", body)
		return err
	})
}
