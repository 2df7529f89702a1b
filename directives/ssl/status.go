package ssl

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"understudy/directives/certificates"
	"understudy/runtime/certs"
	"understudy/runtime/resolver"
)

// statusLeaf is ssl_ocsp leaf.
const statusLeaf = 2

// status is what asks about the certificates of clients.
func (c *conf[S]) status(b *builder) (*certs.StatusCheck, error) {
	s := &certs.StatusCheck{
		Leaf: c.ocsp.V == statusLeaf, Lookup: b.lookup(), Cache: c.ocspCache.V,
		Parse: func(url string) (*certs.Responder, error) {
			return parseResponder(url, resolver.Options{NoResolve: true})
		},
	}
	if c.ocspResponder.V != "" {
		var err error
		if s.Responder, err = b.responder(c.ocspResponder.V); err != nil {
			return nil, b.errorf(c.ocspResponder.Pos, "ocsp", `%v in "ssl_ocsp_responder"`, err)
		}
	}
	return s, nil
}

// staple has responses fetched for the certificates of x; the warnings say for
// which there will be none.
func (c *conf[S]) staple(b *builder, x *certs.Context) (warnings []string) {
	return x.Staples(certs.Stapling{
		Responder: c.staplingURL.V, Parse: b.responder, Lookup: b.lookup(), Verify: c.staplingVerify.V,
		Fetching: certificates.Fetching(b.scope), Log: b.scope.Env().Log,
	})
}

// responder reads the URL of a responder, and looks its host up.
func (b *builder) responder(url string) (*certs.Responder, error) {
	env := b.scope.Env()
	return parseResponder(url, resolver.Options{Lookup: env.LookupFunc(), NoResolve: env.Offline})
}

func parseResponder(url string, o resolver.Options) (*certs.Responder, error) {
	const scheme = "http://"
	if len(url) <= len(scheme) || !strings.EqualFold(url[:len(scheme)], scheme) {
		return nil, fmt.Errorf(`invalid URL prefix in OCSP responder "%s"`, url)
	}
	o.DefaultPort, o.URIPart = 80, true
	u, err := resolver.ParseURL(context.Background(), url[len(scheme):], o)
	if err == nil && u.Network != "tcp" {
		err = errors.New("invalid host") // nginx would ask it with its path for a host
	}
	if err != nil {
		return nil, fmt.Errorf(`%w in OCSP responder "%s"`, err, url[len(scheme):])
	}
	return &certs.Responder{Host: u.Host, Port: u.Port, URI: u.URI, Addrs: u.Addrs}, nil
}

// lookup is nil if there is no resolver.
func (b *builder) lookup() certs.Lookup {
	r := b.scope.Resolving()
	if r.Resolver == nil || len(r.Resolver.Servers) == 0 {
		return nil
	}
	return func(ctx context.Context, host string) ([]netip.Addr, error) {
		return r.Resolver.Resolve(ctx, host, r.Timeout)
	}
}
