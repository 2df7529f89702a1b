package directives_test

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/zone"
)

// large is a configuration of many servers, with the directives that servers
// and locations usually have.
func large(servers, locations int) string {
	var b strings.Builder
	b.WriteString("events {}\nhttp {\n    access_log off;\n    server_names_hash_max_size 8192;\n    server_names_hash_bucket_size 128;\n" +
		"    upstream app { server 127.0.0.1:3000; server 127.0.0.1:3001; keepalive 16; }\n")
	for s := range servers {
		fmt.Fprintf(&b, "    server {\n        listen 127.0.0.1:28080;\n        server_name site%d.example www.site%[1]d.example;\n        root html/site%[1]d;\n", s)
		for l := range locations {
			fmt.Fprintf(&b, "        location /part%d/ {\n            proxy_pass http://app/v%[1]d/;\n            proxy_set_header Host $host;\n"+
				"            proxy_set_header X-Real-IP $remote_addr;\n            proxy_read_timeout %ds;\n            add_header X-Part %[1]d always;\n        }\n", l, 30+l)
		}
		b.WriteString("    }\n")
	}
	b.WriteString("}\n")
	return b.String()
}

func load(tb testing.TB, conf string) *parser.Tree {
	tree, err := parser.Load("/nginx.conf", parser.Memory(map[string]string{"/nginx.conf": conf}))
	if err != nil {
		tb.Fatal(err)
	}
	return tree
}

func compile(tb testing.TB, tree *parser.Tree) *directives.Compiled {
	c, found := directives.Compile(tree, spec.Options{Prefix: "/nowhere/", Version: "1.31.5", Offline: true,
		Zones: new(zone.Set), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	for _, d := range found {
		tb.Fatal(d)
	}
	return c
}

// BenchmarkLoad and BenchmarkCompile are the two halves of -t.
func BenchmarkLoad(b *testing.B) {
	conf := large(2000, 10)
	b.ReportAllocs()
	for b.Loop() {
		load(b, conf)
	}
}

func BenchmarkCompile(b *testing.B) {
	tree := load(b, large(2000, 10))
	b.ReportAllocs()
	for b.Loop() {
		compile(b, tree)
	}
}

// TestAllocLarge bounds what a location of a large configuration costs to read
// and to build: twice of what it did when this was written.
func TestAllocLarge(t *testing.T) {
	const servers, locations = 50, 10
	conf := large(servers, locations)
	var tree *parser.Tree
	if n := testing.AllocsPerRun(3, func() { tree = load(t, conf) }) / (servers * locations); n > 130 {
		t.Errorf("%.0f allocations to read a location, want at most 130", n)
	} else {
		t.Logf("%.0f to read a location", n)
	}
	if n := testing.AllocsPerRun(3, func() { compile(t, tree) }) / (servers * locations); n > 170 {
		t.Errorf("%.0f allocations to build a location, want at most 170", n)
	} else {
		t.Logf("%.0f to build a location", n)
	}
}

// TestLargeIsLinear finds what looks at every server for each server.
func TestLargeIsLinear(t *testing.T) {
	cost := func(servers int) time.Duration {
		conf := large(servers, 2)
		best := time.Hour
		for range 3 {
			begin := time.Now()
			compile(t, load(t, conf))
			best = min(best, time.Since(begin))
		}
		return best / time.Duration(servers)
	}
	few, many := cost(30), cost(900)
	t.Logf("%v a server of 30, %v a server of 900", few, many)
	if many > 20*few {
		t.Errorf("a server of 900 costs %v, one of 30 only %v", many, few)
	}
}
