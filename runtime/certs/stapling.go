package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/ocsp"
)

// Stapling says how a server gets the OCSP responses that it sends with its
// certificates (RFC 6066, section 8).
type Stapling struct {
	Responder string                           // its URL; "": that in the certificate
	Parse     func(string) (*Responder, error) // reads such a URL
	Lookup    Lookup
	Verify    bool // check responses before clients do (ssl_stapling_verify)
	Fetching  *Fetching
	Log       *slog.Logger
}

// Fetching is what is fetched beside connections, for one configuration. It is
// a runtime.Part.
type Fetching struct {
	mu      sync.Mutex
	ctx     context.Context // nil: nothing has been fetched
	stop    context.CancelFunc
	retired bool
	running sync.WaitGroup
}

// start calls f in the background, unless the configuration has retired.
func (f *Fetching) start(do func(context.Context)) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.retired {
		return false
	}
	if f.ctx == nil {
		f.ctx, f.stop = context.WithCancel(context.Background())
	}
	f.running.Go(func() { do(f.ctx) })
	return true
}

// Retire gives up what is being fetched.
func (f *Fetching) Retire() <-chan struct{} {
	f.CloseAll()
	done := make(chan struct{})
	go func() {
		f.running.Wait()
		close(done)
	}()
	return done
}

// CloseAll gives up what is being fetched.
func (f *Fetching) CloseAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.retired = true
	if f.stop != nil {
		f.stop()
	}
}

// A staple is the OCSP response for one certificate.
type staple struct {
	bare     *tls.Certificate // without a response
	inquiry  inquiry
	fetching *Fetching

	mu      sync.Mutex
	with    *tls.Certificate // nil: there is no response
	valid   time.Time        // zero: for ever
	refresh time.Time        // not to be asked for before
	loading bool
}

// Staples sends with each certificate what its responder says of it. What is in
// warnings keeps some from having any, as nginx words it.
func (x *Context) Staples(s Stapling) (warnings []string) {
	warn := func(text string) { warnings = append(warnings, `"ssl_stapling" ignored, `+text) }
	x.staples = make([]*staple, len(x.base.Certificates))
	for i := range x.base.Certificates {
		c, name := &x.base.Certificates[i], x.names[i]
		if name == "" {
			continue // its authority is this machine's, and no responder knows it
		}
		q := inquiry{cert: c.Leaf, name: name, store: x.store, lookup: s.Lookup, trust: trustAny}
		if s.Verify {
			q.trust = trustOthers
		}
		q.log = func(level slog.Level, text string) { s.Log.Log(context.Background(), level, text) }
		for _, der := range c.Certificate[1:] {
			if other, err := x509.ParseCertificate(der); err == nil {
				q.others = append(q.others, other)
			}
		}
		if q.issuer = issuerOf(c.Leaf, q.others, nil); q.issuer == nil {
			q.issuer = issuerOf(c.Leaf, x.store.trusted, nil)
		}
		if q.issuer == nil {
			warn(`issuer certificate not found for certificate "` + name + `"`)
			continue
		}
		at := s.Responder
		if at == "" && len(c.Leaf.OCSPServer) > 0 {
			at = c.Leaf.OCSPServer[0]
		}
		if at == "" {
			warn(`no OCSP responder URL in the certificate "` + name + `"`)
			continue
		}
		var err error
		if q.responder, err = s.Parse(at); err != nil {
			warn(err.Error() + ` in the certificate "` + name + `"`)
			continue
		}
		x.staples[i] = &staple{bare: c, inquiry: q, fetching: s.Fetching}
	}
	return warnings
}

// extensionStatus is the one by which a client asks for a response
// (status_request, RFC 6066).
const extensionStatus = 5

// certificate chooses the certificate for a handshake, with its response if the
// client asks for it. If none will do the client hears so of the first.
func (x *Context) certificate(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
	i := 0
	if len(x.base.Certificates) > 1 {
		i = max(x.suits(h, 0), 0)
	}
	if x.staples != nil && x.staples[i] != nil && slices.Contains(h.Extensions, extensionStatus) {
		return x.staples[i].certificate(time.Now()), nil
	}
	return &x.base.Certificates[i], nil
}

// certificate returns the certificate, with the response if there is one that
// is not too old, and has it fetched again if it is time.
func (s *staple) certificate(now time.Time) *tls.Certificate {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.bare
	if s.with != nil && (s.valid.IsZero() || !now.After(s.valid)) {
		c = s.with
	}
	if !s.loading && !now.Before(s.refresh) {
		s.loading = s.fetching.start(s.fetch)
	}
	return c
}

// fetch fetches the response. The next time is before it expires, but not within
// 5 minutes, and within an hour.
func (s *staple) fetch(ctx context.Context) {
	r := s.inquiry.status(ctx)
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loading, s.refresh = false, now.Add(5*time.Minute)
	if r == nil {
		return
	}
	if r.Status != ocsp.Good {
		s.inquiry.logf(slog.LevelError, "", "certificate status \"%s\" in the OCSP response", statusName(r.Status))
		return
	}
	c := *s.bare
	c.OCSPStaple = r.Raw
	s.with, s.valid = &c, r.NextUpdate
	next := now.Add(time.Hour)
	if early := r.NextUpdate.Add(-5 * time.Minute); !r.NextUpdate.IsZero() && early.Before(next) {
		next = early
	}
	if next.After(s.refresh) {
		s.refresh = next
	}
}

// statusName is OpenSSL's name of a status.
func statusName(status int) string {
	switch status {
	case ocsp.Good:
		return "good"
	case ocsp.Revoked:
		return "revoked"
	}
	return "unknown"
}
