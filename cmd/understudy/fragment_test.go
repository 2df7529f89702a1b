package main

import (
	"slices"
	"strings"
	"testing"

	"understudy/directives"
	"understudy/parser"
)

// outline writes a tree with its blocks, and without what is in the blocks of
// the text itself.
func outline(ds []*parser.Directive, depth int) string {
	var b strings.Builder
	for _, d := range ds {
		if d.Err != nil {
			b.WriteString("ERROR ")
			continue
		}
		b.WriteString(d.Name.Text)
		if d.Block == nil {
			b.WriteString("; ")
			continue
		}
		if d.Node == nil {
			b.WriteString("{ " + outline(d.Block, depth+1) + "} ")
		} else {
			b.WriteString("{} ")
		}
	}
	return b.String()
}

func TestComplete(t *testing.T) {
	for _, tt := range []struct {
		name, src, want, added string
	}{
		{"whole", "events {} http { server {} }", "events{} http{} ", ""},
		{"no events", "http { server {} }", "events{ } http{} ", "events"},
		{"server", "server { listen 80; location / { root x; } }", "events{ } http{ server{} } ", "http events"},
		{"with main", "user x; server {} pid y;", "events{ } user; http{ server{} } pid; ", "http events"},
		{"upstream and map", "map $a $b {} upstream u {} server { location / {} }", "events{ } http{ map{} upstream{} server{} } ", "http events"},
		{"events there", "events {} upstream u { server a; } server { server_name x; }", "events{} http{ upstream{} server{} } ", "http"},
		{"locations", "location / { root x; } location /a { return 200; }", "events{ } http{ server{ location{} location{} } } ", "http server events"},
		{"server lines", "listen 80; server_name x; location / { }", "events{ } http{ server{ listen; server_name; location{} } } ", "http server events"},
		{"location lines", "proxy_pass http://a; proxy_set_header A b;", "events{ } http{ server{ location{ proxy_pass; proxy_set_header; } } } ", "http server location events"},
		{"location and server lines", "server_name x; proxy_pass http://a;", "events{ } http{ server{ server_name; location{ proxy_pass; } } } ", "http server location events"},
		{"http lines", "proxy_set_header A b; keepalive_timeout 1;", "events{ } http{ proxy_set_header; keepalive_timeout; } ", "http events"},
		{"stream server", "server { listen 1; proxy_pass a:1; }", "events{ } stream{ server{} } ", "stream events"},
		{"stream with upstream", "upstream u { server a:1; } server { listen 1; proxy_pass u; }", "events{ } stream{ upstream{} server{} } ", "stream events"},
		{"udp", "server { listen 53 udp; }", "events{ } stream{ server{} } ", "stream events"},
		{"both", "server { listen 1; proxy_pass u; } upstream u { server a:1; } server { location / {} }", "events{ } http{ server{} } stream{ server{} upstream{} } ", "http stream events"},
		{"stray in a whole one", "events {} http {} server {}", "events{} http{} server{} ", ""},
		{"unknown", "server {} foo;", "events{ } http{ server{} } foo; ", "http events"},
		{"error", "server {} foo", "events{ } http{ server{} } ERROR ", "http events"},
		{"error inside", "server { location / {", "events{ } http{ server{} } ", "http events"},
		{"empty", "", "events{ } ", "events"},
	} {
		tree, err := parser.Load("x.conf", parser.Memory(map[string]string{"x.conf": tt.src}))
		if err != nil {
			t.Fatal(err)
		}
		before := place0(tree.Directives)
		added := complete(tree, directives.Table)
		if got := outline(tree.Directives, 0); got != tt.want {
			t.Errorf("%s: %q\n got %q\nwant %q", tt.name, tt.src, got, tt.want)
		}
		if got := strings.Join(added, " "); got != tt.added {
			t.Errorf("%s: added %q, want %q", tt.name, got, tt.added)
		}
		if after := place0(tree.Directives); !slices.Equal(sorted(before), sorted(after)) {
			t.Errorf("%s: the words are at %v, were at %v", tt.name, after, before)
		}
		parents(t, tree.Directives, nil)
	}
}

func sorted(s []string) []string { slices.Sort(s); return s }

// place0 returns the words of the text and their places.
func place0(ds []*parser.Directive) (out []string) {
	for _, d := range ds {
		if d.Err == nil && d.Node != nil {
			out = append(out, d.Name.Text+" "+d.Name.Pos.String())
		}
		out = append(out, place0(d.Block)...)
	}
	return out
}

func parents(t *testing.T, ds []*parser.Directive, parent *parser.Directive) {
	t.Helper()
	for _, d := range ds {
		if d.Parent != parent {
			t.Errorf("%s has a wrong parent", d.Name.Text)
		}
		parents(t, d.Block, d)
	}
}
