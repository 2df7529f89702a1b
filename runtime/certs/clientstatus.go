package certs

import (
	"context"
	"crypto/sha1"
	"crypto/x509"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/crypto/ocsp"
)

// A StatusCheck asks responders about the certificates of clients (ssl_ocsp).
type StatusCheck struct {
	Leaf      bool                             // only about that of the client itself
	Responder *Responder                       // nil: the one that a certificate names
	Parse     func(string) (*Responder, error) // reads the URL in a certificate
	Lookup    Lookup
	Cache     *StatusCache // nil: nothing is kept
}

const statusFailed = "certificate status request failed"

// check asks about a chain that is good otherwise, its issuer last. It says what
// is wrong with it in nginx's words, "" if nothing is.
func (s *StatusCheck) check(ctx context.Context, chain []*x509.Certificate, store *verifier, log logger) string {
	for i := 0; i < len(chain)-1 && !(s.Leaf && i == 1); i++ {
		q := inquiry{cert: chain[i], issuer: chain[i+1], others: chain, store: store, lookup: s.Lookup, log: log, responder: s.Responder}
		if q.responder == nil {
			if len(q.cert.OCSPServer) == 0 {
				log(slog.LevelError, "no OCSP responder URL in certificate")
				return statusFailed
			}
			var err error
			if q.responder, err = s.Parse(q.cert.OCSPServer[0]); err != nil {
				log(slog.LevelError, err.Error()+" in certificate")
				return statusFailed
			}
			if q.responder.Host == "" {
				log(slog.LevelError, "empty host in OCSP responder in certificate")
				return statusFailed
			}
		}
		status, known := s.Cache.get(&q, time.Now())
		if !known {
			r := q.status(ctx)
			if r == nil {
				return statusFailed
			}
			status = r.Status
			s.Cache.put(&q, r, time.Now())
		}
		switch status {
		case ocsp.Good:
		case ocsp.Revoked:
			return "certificate revoked"
		default:
			return "certificate status unknown"
		}
	}
	return ""
}

// A StatusCache keeps what responders said (ssl_ocsp_cache).
type StatusCache struct {
	mu    sync.Mutex
	max   int
	m     map[statusKey]knownStatus
	order []statusKey // those of m, as they were put
}

// A statusKey is the certificate: the hash of its issuer's name, that of the
// issuer's key, and the number.
type statusKey [60]byte

type knownStatus struct {
	status int
	valid  time.Time
}

// bytesPerStatus is about what nginx takes for one.
const bytesPerStatus = 256

// NewStatusCache returns a cache with room for size bytes.
func NewStatusCache(size int64) *StatusCache {
	return &StatusCache{max: int(max(size/bytesPerStatus, 1)), m: map[statusKey]knownStatus{}}
}

// key reports false if the number is longer than certificates may have it. The number
// is aligned to the right: nginx has 1 and 256 share an entry.
func (q *inquiry) key() (k statusKey, ok bool) {
	name, key := sha1.Sum(q.issuer.RawSubject), sha1.Sum(publicKey(q.issuer))
	copy(k[:], name[:])
	copy(k[20:], key[:])
	number := q.cert.SerialNumber
	if number.BitLen() > 8*20 {
		return k, false
	}
	number.FillBytes(k[40:])
	return k, true
}

func (c *StatusCache) get(q *inquiry, now time.Time) (status int, ok bool) {
	if c == nil {
		return 0, false
	}
	k, ok := q.key()
	if !ok {
		return 0, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.m[k]
	return s.status, ok && s.valid.After(now)
}

func (c *StatusCache) put(q *inquiry, r *ocsp.Response, now time.Time) {
	k, ok := q.key()
	if c == nil || !ok {
		return
	}
	valid := r.NextUpdate
	if valid.IsZero() {
		valid = now.Add(time.Hour)
	}
	if valid.Before(now) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, again := c.m[k]; !again {
		c.order = append(c.order, k)
	}
	c.m[k] = knownStatus{r.Status, valid}
	for len(c.order) > c.max {
		delete(c.m, c.order[0])
		c.order = c.order[1:]
	}
}
