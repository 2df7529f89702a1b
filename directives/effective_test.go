package directives_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/zone"
)

// block compiles a configuration and returns its block whose head is title.
func block(t *testing.T, conf, title string) *spec.Scope {
	t.Helper()
	tree, err := parser.Load("/n", parser.Memory(map[string]string{"/n": conf, "/fields": "add_header F 1;\n"}))
	if err != nil {
		t.Fatal(err)
	}
	c, found := directives.Compile(tree, spec.Options{Prefix: "/", Version: "1.31.5", Offline: true, Zones: new(zone.Set), Log: slog.New(slog.DiscardHandler)})
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	at := find(c.Main, title)
	if at == nil {
		t.Fatalf("no block %q", title)
	}
	return at
}

// effects returns what directives come to in a block: those that are given
// somewhere, one a line.
func effects(at *spec.Scope) []string {
	var out []string
	for _, f := range at.Effects() {
		if f.Default() && len(f.Lost) == 0 {
			continue
		}
		for _, g := range f.Given {
			out = append(out, fmt.Sprintf("%s @%d", g.Text("1.31.5"), g.Pos().Line))
		}
		for _, l := range f.Lost {
			by := "-"
			if l.By.Entry != nil {
				by = fmt.Sprint(l.By.Pos().Line)
			}
			out = append(out, fmt.Sprintf("lost: %s @%d by %s", l.Text("1.31.5"), l.Pos().Line, by))
		}
	}
	return out
}

func find(s *spec.Scope, title string) *spec.Scope {
	if s.Title() == title {
		return s
	}
	for _, c := range s.Children {
		if x := find(c, title); x != nil {
			return x
		}
	}
	return nil
}

func TestEffects(t *testing.T) {
	for _, tt := range []struct {
		name, conf, at string
		want           []string
	}{
		{"a scalar", "http {\nproxy_read_timeout 1s;\nserver {\nproxy_read_timeout 2s;\nlocation / { } } }", "location /",
			[]string{"lost: proxy_read_timeout 1s @2 by 4", "proxy_read_timeout 2s @4"}},
		{"a list that is inherited", "http {\nadd_header A 1;\nserver {\nlocation / { } } }", "location /", []string{"add_header A 1 @2"}},
		{"a list that hides others", "http {\nadd_header A 1;\nserver {\nadd_header B 2;\nadd_header C 3;\nlocation / {\nadd_header D 4 always;\n} } }", "location /",
			[]string{"add_header D 4 always @7", "lost: add_header A 1 @2 by 4", "lost: add_header B 2 @4 by 7", "lost: add_header C 3 @5 by 7"}},
		{"merged", "http {\nadd_header A 1;\nserver {\nadd_header_inherit merge;\nadd_header B 2;\nlocation / {\nadd_header D 4;\n} } }", "location /",
			[]string{"add_header_inherit merge @4", "add_header D 4 @7", "add_header B 2 @5", "add_header A 1 @2"}},
		{"merged and inherited", "http {\nadd_header A 1;\nserver {\nadd_header_inherit merge;\nadd_header B 2;\nlocation / { } } }", "location /",
			[]string{"add_header_inherit merge @4", "add_header B 2 @5", "add_header A 1 @2"}},
		{"not inherited", "http {\nadd_header A 1;\nserver {\nlocation / {\nadd_header_inherit off;\n} } }", "location /",
			[]string{"add_header_inherit off @5", "lost: add_header A 1 @2 by -"}},
		{"the same file in two blocks", "http {\ninclude /fields;\nserver {\ninclude /fields;\nlocation / { } } }", "location /",
			[]string{"add_header F 1 @1", "lost: add_header F 1 @1 by 1"}},
		{"two directives with one list", "http {\nallow 10.0.0.1;\nserver {\ndeny all;\nlocation / { } } }", "location /",
			[]string{"lost: allow 10.0.0.1 @2 by 4", "deny all @4"}},
		{"two directives with one setting", "http {\nroot /a;\nserver {\nlocation / {\nalias /b;\n} } }", "location /",
			[]string{"lost: root /a @2 by 5", "alias /b @5"}},
		{"what only its own block has", "http {\nserver {\ntry_files /a =404;\nset $x 1;\nlocation / {\nset $y 2;\n} } }", "location /",
			[]string{"set $y 2 @6", "lost: try_files /a =404 @3 by -"}},
		{"a handler", "http {\nserver {\nlocation / {\nproxy_pass http://127.0.0.1;\nlocation /a/ { } } } }", "location /a/",
			[]string{"lost: proxy_pass http://127.0.0.1 @4 by -"}},
		{"a handler in if", "http {\nserver {\nlocation / {\nproxy_pass http://127.0.0.1;\nif ($args) { } } } }", "if ($args)",
			[]string{"proxy_pass http://127.0.0.1 @4"}},
		{"a list with a default", "http {\naccess_log off;\nserver {\nindex a b;\nlocation / { } } }", "location /", []string{"access_log off @2", "index a b @4"}},
		{"many lists", "http {\nlimit_req_zone $uri zone=z:1m rate=1r/s;\nlimit_req zone=z;\nerror_page 404 /4;\nproxy_set_header A a;\nfastcgi_param P p;\nproxy_hide_header H;\n" +
			"server {\nlimit_req zone=z burst=5;\nerror_page 500 502 /5;\nproxy_set_header B b;\nfastcgi_param Q q;\nproxy_hide_header I;\nlocation / { } } }", "location /",
			[]string{
				"error_page 500 502 /5 @10", "lost: error_page 404 /4 @4 by 10",
				"limit_req zone=z burst=5 @9", "lost: limit_req zone=z @3 by 9",
				"proxy_hide_header I @13", "lost: proxy_hide_header H @7 by 13",
				"proxy_set_header B b @11", "lost: proxy_set_header A a @5 by 11",
				"fastcgi_param Q q @12", "lost: fastcgi_param P p @6 by 12",
			}},
		{"types", "http {\ntypes { text/a a; }\nserver {\ntypes { text/b b; }\nlocation / { } } }", "location /",
			[]string{"types { … } @4", "lost: types { … } @2 by 4"}},
		{"of a server", "http {\nkeepalive_timeout 5;\nserver {\nlisten 80;\nserver_name a b;\n} }", "server",
			[]string{"listen 80 @4", "server_name a b @5", "keepalive_timeout 5 @2"}},
		{"of streams", "stream {\nproxy_timeout 5s;\nserver {\nlisten 80;\nproxy_pass 127.0.0.1:1;\nallow all;\n} }", "server",
			[]string{"listen 80 @4", "allow all @6", "proxy_pass 127.0.0.1:1 @5", "proxy_timeout 5s @2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := effects(block(t, "events {} "+tt.conf, tt.at))
			slices.Sort(got)
			slices.Sort(tt.want)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// TestDiscards looks at what is only wrong in the block that does it.
func TestDiscards(t *testing.T) {
	const conf = "events {} http {\nadd_header A 1;\nproxy_read_timeout 1s;\nroot /a;\nserver {\nadd_header B 2;\nproxy_read_timeout 2s;\nroot /b;\nlocation / { expires 1h; } } }"
	for _, tt := range []struct{ at, want string }{
		{"server", "[add_header A 1]"},
		{"location /", "[]"},
		{"http", "[]"},
	} {
		got := []string{}
		s := block(t, conf, tt.at)
		for _, f := range s.Discards() {
			for _, l := range f.Discarded(s) {
				got = append(got, l.Text("1.31.5"))
			}
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("%s: got %v, want %s", tt.at, got, tt.want)
		}
	}
}
