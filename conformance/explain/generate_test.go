package explain_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A generator writes configurations and requests at random.
type generator struct {
	*rand.Rand
	front string // where to listen
	back  string // who answers what is passed on: "127.0.0.1:5000"
	root  string // where there are files
	b     strings.Builder
	deep  int
}

func (g *generator) one(of ...string) string { return of[g.IntN(len(of))] }

func (g *generator) maybe(percent int) bool { return g.IntN(100) < percent }

func (g *generator) line(format string, args ...any) {
	fmt.Fprintf(&g.b, strings.Repeat("  ", g.deep)+format+"\n", args...)
}

func (g *generator) block(head string, inside func()) {
	g.line("%s {", head)
	g.deep++
	inside()
	g.deep--
	g.line("}")
}

// paths are pieces of URIs that requests, locations and rewrites have in common.
var paths = []string{"/", "/a", "/a/", "/a/b", "/a/b/", "/a/b.txt", "/b", "/b.html", "/b/c.php", "/x/", "/x/y", "/x/y/z", "/x/index.html", "/api/", "/api/v1/u", "/none"}

func (g *generator) path() string { return g.one(paths...) }

// value is a text with variables.
func (g *generator) value() string {
	return g.one("1", "$uri", "$request_uri", "$args", "$arg_x", "$1", "$host", "$s", "$m", "$mx", "$v", "${uri}.x", "$request_method", "$is_args$args", "a$2b", "$scheme-$server_port", "$http_x_a", "$document_uri", "$request_filename", "$cookie_c")
}

func (g *generator) pattern() string {
	return g.one("^/a", "^/a/(.*)$", "/b", "(.*)\\.php$", "\\.(txt|html)$", "^(/x)/(.*)", "^/api/(?<v>[^/]+)", "y", "^", "^/none", "(?i)^/A/B", "/([^/]*)$", "^/(a|x)(/?)(.*)$")
}

func (g *generator) conf() string {
	g.b.Reset()
	g.line("events {}")
	g.block("http", func() {
		g.line("log_not_found off; keepalive_requests 100000; root %s; access_log off;", g.root)
		g.block("map $uri $m", func() { g.line("default 0; ~^/a(.*) m$1; /b mb; ~*\\.PHP$ php; volatile;") })
		g.block("map $arg_x $mx", func() { g.line("hostnames; default none; 1 one; 2 $uri; ~^y(?<s>.) y$s;") })
		g.line("upstream up { server %s; server %s weight=2; }", g.back, g.back)
		if g.maybe(30) {
			g.line("proxy_set_header X-Http %s;", g.quoted())
		}
		if g.maybe(30) {
			g.errorPage()
		}
		for i := range 1 + g.IntN(3) {
			g.server(i)
		}
	})
	return g.b.String()
}

func (g *generator) quoted() string { return `"` + g.value() + `"` }

func (g *generator) server(i int) {
	g.block("server", func() {
		g.line("listen %s;", g.front)
		g.line("server_name %s;", [...]string{"a.example", "*.b.example .c.example", "~^(?<s>.+)\\.re\\."}[i])
		if g.maybe(20) {
			g.line("merge_slashes off;")
		}
		if g.maybe(30) {
			g.errorPage()
		}
		for range g.IntN(3) {
			g.rewriting(true)
		}
		if g.maybe(15) {
			g.tryFiles()
		}
		used := map[string]bool{}
		for range 2 + g.IntN(6) {
			g.location("/", used, 0)
		}
		g.block("location @n", func() { g.content(false, "") })
	})
}

// location writes one whose name begins with outer, unless it was used.
func (g *generator) location(outer string, used map[string]bool, depth int) {
	mod, name := g.one("", "", "", "= ", "^~ ", "~ ", "~* "), g.path()
	regex := mod == "~ " || mod == "~* "
	if regex {
		name = g.pattern()
	} else if !strings.HasPrefix(name, outer) {
		name = outer + strings.TrimPrefix(name, "/")
	}
	key := mod + name
	if mod == "^~ " {
		key = name
	}
	if used[key] {
		return
	}
	used[key] = true
	g.block("location "+mod+name, func() {
		for range g.IntN(3) {
			g.rewriting(false)
		}
		g.settings()
		g.content(regex, name)
		if depth < 2 && mod != "= " && g.maybe(25) {
			inner := map[string]bool{}
			if regex {
				name = "/"
				if g.maybe(50) {
					g.block("location "+g.one("~ ", "~* ")+g.pattern(), func() { g.content(true, "") })
				}
				return
			}
			for range 1 + g.IntN(2) {
				g.location(name, inner, depth+1)
			}
		}
	})
}

// settings are what a location says beside its content.
func (g *generator) settings() {
	if g.maybe(20) {
		g.line("error_page %s;", g.one("404 /b.html", "404 = @n", "404 =200 /x/index.html", "403 404 500 /api/v1/u?e=1", "404 http://other.example/", "413 /x/index.html", "413 404 = @n"))
	}
	if g.maybe(10) {
		g.line("recursive_error_pages on;")
	}
	if g.maybe(8) {
		g.line("internal;")
	}
	if g.maybe(10) {
		g.line("%s all;", g.one("allow", "deny"))
	}
	if g.maybe(8) {
		g.line("allow 127.0.0.1; deny all; satisfy any;")
	}
	if g.maybe(20) {
		g.line("proxy_set_header X-%s %s;", g.one("Loc", "Uri", "A"), g.quoted())
	}
	if g.maybe(10) {
		g.line("client_max_body_size 3;")
	}
	if g.maybe(10) {
		g.line("add_header X-R %s %s;", g.quoted(), g.one("", "always"))
	}
	if g.maybe(5) {
		g.line("limit_except GET { deny all; }")
	}
}

func (g *generator) errorPage() {
	g.line("error_page %s;", g.one("404 /b.html", "404 403 /none", "404 =404 /a/b.txt", "500 502 /x/index.html", "404 =302 $uri/x"))
}

// rewriting writes a directive of the rewrite phase.
func (g *generator) rewriting(server bool) {
	switch g.IntN(6) {
	case 0, 1:
		g.line("rewrite %s %s%s;", g.quotedPattern(), g.replacement(), g.one("", "", " last", " break", " redirect", " permanent"))
	case 2:
		g.line("set $v %s;", g.quoted())
	case 3, 4:
		g.block("if ("+g.condition()+")", func() {
			switch g.IntN(6) {
			case 0:
				g.line("return %s;", g.one("403", "404", "301 /b$uri", "200 \"$uri\"", "418"))
			case 1:
				g.line("rewrite %s %s%s;", g.quotedPattern(), g.replacement(), g.one("", " last", " break"))
			case 2:
				g.line("set $v %s;", g.quoted())
			case 3:
				g.line("break;")
			case 4:
				g.line("set $v if; break;")
			case 5:
				if server {
					g.line("set $v srv;")
				} else {
					g.line("proxy_pass http://%s;", g.one(g.back, "up"))
				}
			}
		})
	case 5:
		if g.maybe(30) {
			g.line("break;")
		}
	}
}

func (g *generator) quotedPattern() string { return `"` + g.pattern() + `"` }

func (g *generator) replacement() string {
	return g.one("/b", "/a/$1", "/x/$2", "/api/v1/u?r=$1", "/new?", "$uri/x", "/b.html", "/x/y/z?$args", "http://other.example$uri", "/$m", "/a b")
}

func (g *generator) condition() string {
	return g.one("$request_method = POST", "$request_method != GET", "$arg_x", "$arg_x = 1", "$uri ~ \"^/a/(.*)\"", "$uri !~ \"\\.php$\"", "$http_x_a ~* \"Y(.)\"",
		"-f $request_filename", "!-f $request_filename", "-d $request_filename", "!-e $request_filename", "$m = mb", "$mx != none", "$host = a.example", "$v", "$args")
}

func (g *generator) tryFiles() {
	g.line("try_files %s %s;", g.one("$uri", "$uri $uri/", "$uri.html $uri", "/none", "$uri/index.html", "/b.html"), g.one("@n", "=404", "/b.html", "/x/index.html?q=$uri", "/api/v1/u", "$uri", "=405"))
}

// content says what a location answers with.
func (g *generator) content(regex bool, name string) {
	switch g.IntN(10) {
	case 0:
		g.line("return %s;", g.one("200 \"ok $uri\"", "204", "301 https://$host$request_uri", "302 /x$uri", "404", "403", "500", "307 $uri?$args", "http://other.example/"))
	case 1:
		g.tryFiles()
	case 2:
		if !regex && name != "" && g.maybe(60) {
			g.line("alias %s/x/;", g.root)
		} else if g.maybe(50) {
			g.line("root %s/a;", g.root)
		}
	case 3:
		g.line("index %s;", g.one("index.html", "none b.txt", "index.html /b.html"))
	case 4:
		g.tryFiles()
		g.line("proxy_pass http://up;")
	case 5, 6, 7:
		if regex || name == "" {
			g.line("proxy_pass http://%s;", g.one(g.back, "up"))
		} else {
			g.line("proxy_pass http://%s%s;", g.one(g.back, "up"), g.one("", "/", "/to", "/to/", "/to%20x/", "/?q="))
		}
	case 8:
		g.line("proxy_pass http://%s%s;", g.one(g.back, "up"), g.one("$uri", "$request_uri", "/v/$m", "/$1", "$uri$is_args$args", "/x?y=$arg_x"))
	case 9:
		g.line("proxy_pass http://%s; proxy_http_version %s; proxy_method %s; %s", g.back, g.one("1.0", "1.1"), g.one("PUT", "$request_method"),
			g.one("", "proxy_set_body \"$uri\";", "proxy_pass_request_body off;", "proxy_pass_request_headers off;"))
	}
}

// An asking is one request.
type asking struct {
	line                       string // as a fixture has it
	method, target, host, body string
	fields                     [][2]string
}

func (g *generator) request() asking {
	q := asking{method: g.one("GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE"), host: g.one("a.example", "x.b.example", "c.example", "q.re.example", "other", "A.Example:8080")}
	q.target = g.path()
	switch g.IntN(8) {
	case 0:
		q.target += g.path()
	case 1:
		q.target = "/x/.." + q.target
	case 2:
		q.target = strings.Replace(q.target, "a", "%61", 1) + "%20z"
	case 3:
		q.target += g.one(".php", ".txt", "x", "/index.html", "%2f", "//y")
	}
	if g.maybe(40) {
		q.target += g.one("?", "?x=1", "?x=2&y=%20", "?x=yz", "?c=d?e")
	}
	if q.method == "POST" || q.method == "PUT" {
		q.body = g.one("", "abc", "hello, body")
	}
	if g.maybe(30) {
		q.fields = append(q.fields, [2]string{g.one("X-A", "x-a", "Cookie", "Accept"), g.one("y1", "c=5; d=6", "text/html", "Yes")})
	}
	return q
}
