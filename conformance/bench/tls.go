package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// dial opens a connection. With TLS, it is of a version, a group and a cipher
// that all servers have, and never resumes a session.
func dial(ctx context.Context, addr string, secure bool) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil || !secure {
		return conn, err
	}
	t := tls.Client(conn, clientTLS)
	if err := t.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("handshake: %w", err)
	}
	if st := t.ConnectionState(); st.CipherSuite != tls.TLS_AES_128_GCM_SHA256 {
		conn.Close()
		return nil, fmt.Errorf("the cipher is %s", tls.CipherSuiteName(st.CipherSuite))
	}
	return t, nil
}

var clientTLS = &tls.Config{
	InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519},
}

// writeCertificates writes a certificate and a key of each kind.
func writeCertificates(dir string) error {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	for name, key := range map[string]crypto.Signer{"ecdsa": ec, "rsa": rs} {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench.example"}, DNSNames: []string{"bench.example"},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		}
		cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			return err
		}
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return err
		}
		for _, f := range []struct {
			end, kind string
			der       []byte
		}{{".pem", "CERTIFICATE", cert}, {".key", "PRIVATE KEY", private}} {
			text := pem.EncodeToMemory(&pem.Block{Type: f.kind, Bytes: f.der})
			if err := os.WriteFile(filepath.Join(dir, name+f.end), text, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// handshakes measures new connections, each with a full handshake and nothing
// more.
func handshakes(to via) func(context.Context, *run) (map[metric]float64, error) {
	return func(ctx context.Context, r *run) (map[metric]float64, error) {
		s, err := r.start(ctx)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		addr, _ := to(s)
		if _, err := shake(ctx, addr, r.connections, r.requests/10+1, r.limit/4); err != nil {
			return nil, err
		}
		before, err := usage(s.pid())
		if err != nil {
			return nil, err
		}
		got, err := shake(ctx, addr, r.connections, r.requests, r.limit)
		if err != nil {
			return nil, err
		}
		after, err := usage(s.pid())
		if err != nil {
			return nil, err
		}
		cpu := after.cpu - before.cpu
		return map[metric]float64{
			cpuPerRequest: micros(cpu) / float64(got.requests),
			perCPUSecond:  float64(got.requests) / max(cpu, tick).Seconds(),
			perSecond:     float64(got.requests) / got.took.Seconds(),
			p99:           micros(got.p99),
			memory:        float64(after.rss) / (1 << 20),
		}, nil
	}
}

// shake makes connections, some at a time, until there were so many or the time
// is over.
func shake(ctx context.Context, addr string, together, count int, limit time.Duration) (outcome, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		left  atomic.Int64
		took  = make([][]time.Duration, together)
		wg    sync.WaitGroup
		begin = time.Now()
	)
	left.Store(int64(count))
	for i := range together {
		wg.Go(func() {
			for ctx.Err() == nil && left.Add(-1) >= 0 {
				at := time.Now()
				if at.Sub(begin) > limit {
					return
				}
				if err := shakeOnce(ctx, addr); err != nil {
					cancel(err)
					return
				}
				took[i] = append(took[i], time.Since(at))
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return outcome{}, err
	}
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	if len(all) == 0 {
		return outcome{}, fmt.Errorf("no handshake in %v", limit)
	}
	return outcome{len(all), time.Since(begin), all[len(all)*99/100]}, nil
}

// shakeOnce makes one connection, and has the server end it: only then it has
// done all it does for it. In the end it resets the connection, so that thousands
// of them leave no port in TIME_WAIT behind.
func shakeOnce(ctx context.Context, addr string) error {
	conn, err := dial(ctx, addr, true)
	if err != nil {
		return err
	}
	defer conn.Close()
	t := conn.(*tls.Conn)
	t.SetDeadline(time.Now().Add(10 * time.Second))
	if err := t.CloseWrite(); err != nil {
		return err
	}
	if n, err := io.Copy(io.Discard, t); n > 0 || err != nil {
		return fmt.Errorf("after the handshake: %d bytes, %w", n, err)
	}
	return t.NetConn().(*net.TCPConn).SetLinger(0)
}
