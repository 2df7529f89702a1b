package main

import (
	"context"
	"fmt"
	"net"
	"time"
)

// A run is one server in one round.
type run struct {
	settings
	binary
	dir     string   // prefix
	backend net.Addr // of the backend in this program

	datagrams net.Addr // of the one that takes datagrams
}

// A scenario measures one thing, with a server of its own: what an earlier one
// left in memory must not count.
type scenario struct {
	name    string
	needs   module // beside http
	measure func(context.Context, *run) (map[metric]float64, error)
}

var scenarios = []scenario{
	{"proxied, 68-byte body", 0, requests(viaHTTP, "/small", smallBody)},
	{"return 200", 0, requests(viaHTTP, "/return", len("ok\n"))},
	{"static file, 10 KB", 0, requests(viaHTTP, "/static/10k.bin", staticBody)},
	{"static file, 1 MB", 0, requests(viaHTTP, "/static/1m.bin", largeBody)},
	{"proxied, 1 MB body", 0, requests(viaHTTP, "/large", largeBody)},
	{"stream, 68-byte body", streamModule, requests(viaStream, "/small", smallBody)},
	{"stream, 1 MB body", streamModule, requests(viaStream, "/large", largeBody)},
	{"TLS return 200", sslModule, requests(viaTLS, "/return", len("ok\n"))},
	{"TLS static file, 1 MB", sslModule, requests(viaTLS, "/static/1m.bin", largeBody)},
	{"TLS proxied, 1 MB body", sslModule, requests(viaTLS, "/large", largeBody)},
	{"TLS stream, 68-byte body", streamModule | sslModule, requests(viaStreamTLS, "/small", smallBody)},
	{"TLS stream, 1 MB body", streamModule | sslModule, requests(viaStreamTLS, "/large", largeBody)},
	{"TLS handshake, ECDSA P-256", sslModule, handshakes(viaTLS)},
	{"TLS handshake, RSA 2048", sslModule, handshakes(viaRSA)},
	{"UDP echo, 66-byte datagrams", streamModule, datagrams},
	{"idle WebSocket, http", 0, tunnels(viaHTTP)},
	{"idle WebSocket, stream", streamModule, tunnels(viaStream)},
	{"many tunnels, 1 % active", streamModule, active(viaStream)},
	{"start to first response", 0, startup},
	{"start, 2000 servers x 10 locations", 0, largeStart},
	{"reload, 2000 servers x 10 locations", 0, largeReload},
	{"-t, 2000 servers x 10 locations", 0, configTest},
}

// via chooses one of a server's addresses, and says whether TLS is spoken there.
type via func(*server) (addr string, secure bool)

func viaHTTP(s *server) (string, bool)      { return s.http, false }
func viaStream(s *server) (string, bool)    { return s.stream, false }
func viaTLS(s *server) (string, bool)       { return s.tls, true }
func viaRSA(s *server) (string, bool)       { return s.rsa, true }
func viaStreamTLS(s *server) (string, bool) { return s.streamTLS, true }

// requests measures requests for path, whose answer has size bytes of body.
func requests(to via, path string, size int) func(context.Context, *run) (map[metric]float64, error) {
	return func(ctx context.Context, r *run) (map[metric]float64, error) {
		s, err := r.start(ctx)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		l := load{path: path, size: size, connections: r.connections, requests: r.requests, limit: r.limit}
		l.addr, l.secure = to(s)
		warm := l
		warm.requests, warm.limit = r.requests/10+1, r.limit/4
		if _, err := warm.run(ctx); err != nil {
			return nil, err
		}
		before, err := usage(s.pid())
		if err != nil {
			return nil, err
		}
		got, err := l.run(ctx)
		if err != nil {
			return nil, err
		}
		after, err := usage(s.pid())
		if err != nil {
			return nil, err
		}
		return map[metric]float64{
			cpuPerRequest: micros(after.cpu-before.cpu) / float64(got.requests),
			perSecond:     float64(got.requests) / got.took.Seconds(),
			p99:           micros(got.p99),
			memory:        float64(after.rss) / (1 << 20),
		}, nil
	}
}

// tunnels measures what idle tunnels take: each has carried one message.
func tunnels(to via) func(context.Context, *run) (map[metric]float64, error) {
	return func(ctx context.Context, r *run) (map[metric]float64, error) {
		s, err := r.start(ctx)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		// Some first, so that what the first ones alone bring is not counted.
		addr, _ := to(s)
		first, err := openTunnels(ctx, addr, 50)
		defer first.close()
		if err != nil {
			return nil, err
		}
		before, err := settled(ctx, s.pid())
		if err != nil {
			return nil, err
		}
		idle, err := openTunnels(ctx, addr, r.tunnels)
		defer idle.close()
		if err != nil {
			return nil, err
		}
		after, err := settled(ctx, s.pid())
		if err != nil {
			return nil, err
		}
		return map[metric]float64{memoryPerTunnel: float64(after.rss-before.rss) / 1024 / float64(r.tunnels)}, nil
	}
}

// settled waits until the memory of a process tree stays the same for a second,
// and returns it. After ten seconds what is there counts.
func settled(ctx context.Context, pid int) (use, error) {
	last, err := usage(pid)
	for same, tries := 0, 0; err == nil && same < 4 && tries < 40; tries++ {
		select {
		case <-ctx.Done():
			return use{}, ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
		var now use
		now, err = usage(pid)
		if now.rss == last.rss {
			same++
		} else {
			same = 0
		}
		last = now
	}
	return last, err
}

// startup measures the time from exec to the first response.
func startup(ctx context.Context, r *run) (map[metric]float64, error) {
	begin := time.Now()
	s, err := r.start(ctx)
	took := time.Since(begin)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	u, err := usage(s.pid())
	return map[metric]float64{wall: micros(took) / 1000, cpuTotal: micros(u.cpu) / 1000, memory: float64(u.rss) / (1 << 20)}, err
}

// configTest measures -t.
func configTest(ctx context.Context, r *run) (map[metric]float64, error) {
	cmd := r.command(ctx, "-t", "-q", "-c", "large.conf")
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(begin)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return map[metric]float64{wall: micros(took) / 1000, cpuTotal: micros(cpu) / 1000}, nil
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
