package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// largeServer is what the large configuration gets so that it can be asked: it is
// the default server, and answers with a mark.
const largeServer = "    server { listen HTTP default_server; location /return { return 200 \"ok\\n\"; } location /mark { return 200 MARK; } }\n}\n"

// large returns the large configuration as one that runs.
func (r *run) large() string {
	conf := strings.Replace(string(largeConfig(2000, 10)), "listen 127.0.0.1:28080;", "listen HTTP;", -1)
	return r.load + "worker_processes WORKERS;\n" + strings.TrimSuffix(conf, "}\n") + largeServer
}

// startLarge starts the binary on the large configuration.
func (r *run) startLarge(ctx context.Context) (*server, error) {
	s := &server{}
	if err := s.choose(); err != nil {
		return nil, err
	}
	return s, s.run(ctx, r, strings.Replace(r.large(), "MARK", "old", 1))
}

// largeStart measures the time from exec to the first response.
func largeStart(ctx context.Context, r *run) (map[metric]float64, error) {
	begin := time.Now()
	s, err := r.startLarge(ctx)
	took := time.Since(begin)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	u, err := settled(ctx, s.pid())
	return map[metric]float64{wall: micros(took) / 1000, cpuTotal: micros(u.cpu) / 1000, memory: float64(u.rss) / (1 << 20)}, err
}

// largeReload measures the time from SIGHUP to the first response of the new
// configuration.
func largeReload(ctx context.Context, r *run) (map[metric]float64, error) {
	s, err := r.startLarge(ctx)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	before, err := settled(ctx, s.pid())
	if err != nil {
		return nil, err
	}
	name := filepath.Join(r.dir, "nginx.conf")
	conf, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(conf), "return 200 old;", "return 200 new;", 1)), 0o644); err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		return nil, err
	}
	for mark := ""; mark != "new"; {
		if time.Since(begin) > 30*time.Second {
			return nil, fmt.Errorf("the configuration stays %q after a reload\n%s", mark, &s.log)
		}
		time.Sleep(time.Millisecond)
		if mark, err = askMark(s.http); err != nil {
			return nil, err
		}
	}
	took := time.Since(begin)
	after, err := settled(ctx, s.pid())
	return map[metric]float64{wall: micros(took) / 1000, cpuTotal: micros(after.cpu-before.cpu) / 1000, memory: float64(after.rss) / (1 << 20)}, err
}

// askMark asks on a new connection, which the newest configuration takes.
func askMark(addr string) (string, error) {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprint(c, "GET /mark HTTP/1.0\r\n\r\n")
	var b [1024]byte
	n := 0
	for n < len(b) {
		m, err := c.Read(b[n:])
		n += m
		if err != nil {
			break
		}
	}
	_, mark, _ := strings.Cut(string(b[:n]), "\r\n\r\n")
	return mark, nil
}
