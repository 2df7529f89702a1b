package demo

import (
	"bytes"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A Site is the demo's configuration on disk.
type Site struct {
	Config string // path of nginx.conf; its folder is the prefix (-p)
	HTTP   string // host:port of the http server
	Stream string // host:port of the stream server
	Moved  []Move // ports that differ from the files in testdata/demo
}

// A Move is a port that was taken, and the one used instead.
type Move struct{ From, To uint16 }

// The ports of nginx.conf on which the proxy itself listens.
const (
	httpPort   = 8080
	streamPort = 8081
)

// Write writes the site into dir, with the ports at which the backends are,
// and with free ports where 8080 or 8081 is taken.
func (b *Backends) Write(dir string) (Site, error) {
	var site Site
	move := func(from, to uint16) {
		if from != to {
			site.Moved = append(site.Moved, Move{from, to})
		}
	}
	for i, a := range b.addrs {
		move(Ports[i], a.Port())
	}
	for _, at := range []struct {
		addr *string
		port uint16
	}{{&site.HTTP, httpPort}, {&site.Stream, streamPort}} {
		port, err := free(at.port)
		if err != nil {
			return Site{}, fmt.Errorf("demo: %w", err)
		}
		move(at.port, port)
		*at.addr = net.JoinHostPort("localhost", strconv.Itoa(int(port)))
	}

	ports := replacer(site.Moved)
	err := fs.WalkDir(Files, ".", func(name string, d fs.DirEntry, err error) error {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		text, err := fs.ReadFile(Files, name)
		if err != nil {
			return err
		}
		var out bytes.Buffer
		ports.WriteString(&out, string(text))
		return os.WriteFile(to, out.Bytes(), 0o644)
	})
	if err != nil {
		return Site{}, fmt.Errorf("demo: %w", err)
	}
	site.Config = filepath.Join(dir, "nginx.conf")
	return site, nil
}

// replacer replaces ports in the spellings in which the files have them. It is
// text, not a parse: the files are ours, and a test holds them to it.
func replacer(moved []Move) *strings.Replacer {
	var pairs []string
	for _, m := range moved {
		for _, form := range []string{"127.0.0.1:%d;", "localhost:%d/", `"%d"`} {
			pairs = append(pairs, fmt.Sprintf(form, m.From), fmt.Sprintf(form, m.To))
		}
	}
	return strings.NewReplacer(pairs...)
}

// free returns port, or another one if something listens on it.
func free(port uint16) (uint16, error) {
	ln, port, err := listen(port)
	if err != nil {
		return 0, err
	}
	return port, ln.Close()
}
