package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"

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
