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
}

// A scenario measures one thing, with a server of its own: what an earlier one
// left in memory must not count.
type scenario struct {
	name    string
	stream  bool // needs the stream module
	measure func(context.Context, *run) (map[metric]float64, error)
}

var scenarios = []scenario{
	{"proxied, 68-byte body", false, requests(viaHTTP, "/small", smallBody)},
	{"return 200", false, requests(viaHTTP, "/return", len("ok\n"))},
	{"static file, 10 KB", false, requests(viaHTTP, "/static/10k.bin", staticBody)},
	{"static file, 1 MB", false, requests(viaHTTP, "/static/1m.bin", largeBody)},
	{"proxied, 1 MB body", false, requests(viaHTTP, "/large", largeBody)},
	{"stream, 68-byte body", true, requests(viaStream, "/small", smallBody)},
	{"stream, 1 MB body", true, requests(viaStream, "/large", largeBody)},
	{"idle WebSocket, http", false, tunnels(viaHTTP)},
	{"idle WebSocket, stream", true, tunnels(viaStream)},
	{"many tunnels, 1 % active", true, active(viaStream)},
	{"start to first response", false, startup},
	{"start, 2000 servers x 10 locations", false, largeStart},
	{"reload, 2000 servers x 10 locations", false, largeReload},
	{"-t, 2000 servers x 10 locations", false, configTest},
}

// via chooses one of a server's two addresses.
type via func(*server) string

func viaHTTP(s *server) string   { return s.http }
func viaStream(s *server) string { return s.stream }

// requests measures requests for path, whose answer has size bytes of body.
func requests(to via, path string, size int) func(context.Context, *run) (map[metric]float64, error) {
	return func(ctx context.Context, r *run) (map[metric]float64, error) {
		s, err := r.start(ctx)
		if err != nil {
			return nil, err
		}
		defer s.stop()
		l := load{addr: to(s), path: path, size: size, connections: r.connections, requests: r.requests, limit: r.limit}
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
		first, err := openTunnels(ctx, to(s), 50)
		defer first.close()
		if err != nil {
			return nil, err
		}
		before, err := settled(ctx, s.pid())
		if err != nil {
			return nil, err
		}
		idle, err := openTunnels(ctx, to(s), r.tunnels)
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
