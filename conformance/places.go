package conformance

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
)

// counter numbers directories and ports. It starts anywhere, because several
// test runs may share a machine.
var counter atomic.Uint64

func serial() uint64 {
	counter.CompareAndSwap(0, uint64(os.Getpid())<<12|uint64(rand.IntN(1<<12)))
	return counter.Add(1) % 1e10
}

// FreePort returns a port of five digits below the range from which the system
// takes the ports of connecting sockets.
func FreePort() (string, error) {
	for range 1000 {
		port := fmt.Sprint(20000 + serial()*7%11000)
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		return port, l.Close()
	}
	return "", fmt.Errorf("no free port")
}

// places maps the names that stand for ports and directories in a script to
// their values of this run, and back.
type places struct {
	dir    string
	values map[string]string // by name, with $
	names  map[string]string // of ports, by port: the suffix of $ADDR or $BACK
	toRun  *strings.Replacer
}

// numbers are the suffixes of $ADDR, $PORT, $BACK and $BPORT. The longer name
// comes first, as it begins with the shorter.
var numbers = []string{"4", "3", "2", ""}

var digits = regexp.MustCompile(`(127\.0\.0\.1:)?\b\d{5}\b`)

func newPlaces(dir string) (*places, error) {
	p := &places{dir: dir, values: map[string]string{}, names: map[string]string{}}
	var pairs []string
	add := func(name, value string) {
		p.values[name] = value
		pairs = append(pairs, name, value)
	}
	for _, kind := range []struct{ addr, port string }{{"$ADDR", "$PORT"}, {"$BACK", "$BPORT"}, {"$DEAD", "$DPORT"}} {
		for _, n := range numbers {
			port, err := FreePort()
			if err != nil {
				return nil, err
			}
			add(kind.addr+n, "127.0.0.1:"+port)
			add(kind.port+n, port)
			p.names["127.0.0.1:"+port] = kind.addr + n
			p.names[port] = kind.port + n
		}
	}
	add("$UNIX", dir+"/s.sock")
	add("$ROOT", dir)
	p.toRun = strings.NewReplacer(pairs...)
	return p, nil
}

// expand puts the values of this run into text.
func (p *places) expand(text string) string { return p.toRun.Replace(text) }

// collapse puts the names back.
func (p *places) collapse(data string) string {
	data = strings.ReplaceAll(data, p.values["$UNIX"], "$UNIX")
	data = strings.ReplaceAll(data, p.dir, "$ROOT")
	return digits.ReplaceAllStringFunc(data, func(s string) string {
		if name, ok := p.names[s]; ok {
			return name
		}
		if addr, port, ok := strings.Cut(s, ":"); ok {
			if name, ok := p.names[port]; ok {
				return addr + ":" + name
			}
		}
		return s
	})
}
