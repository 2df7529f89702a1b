//go:build unix

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Every URL that run offers is answered by the server that it names.
func TestOpenings(t *testing.T) {
	port := func() string { _, p, _ := net.SplitHostPort(freeAddress(t)); return p }
	a, b, c, d := port(), port(), port(), port()
	for _, tt := range []struct {
		name, conf string
		args, want []string // want has "URL SERVER"
	}{
		{"both families", `server { listen A; listen [::]:A; server_name a; return 200 a; }`, nil, []string{"http://localhost:A/ a"}},
		{"one without a name", `server { listen A; return 200 ""; }`, nil, []string{"http://localhost:A/ "}},
		{"names that lead here, and that do not",
			`server { listen A; server_name www.example.com x.localhost; return 200 www.example.com; }
			server { listen A; server_name .api.localhost; return 200 api.localhost; }
			server { listen A; server_name other.example.com "~^(.+)\.localhost$"; return 200 other; }
			server { listen B; server_name b.localhost; return 200 b.localhost; }`, nil,
			[]string{"http://localhost:A/ www.example.com", "http://localhost:B/ b.localhost", "http://x.localhost:A/ www.example.com", "http://api.localhost:A/ api.localhost", "http://b.localhost:B/ b.localhost"}},
		{"a name of another server",
			`server { listen A; server_name one; return 200 one; }
			server { listen A; server_name two localhost 127.0.0.1; return 200 two; }`, nil,
			[]string{"http://localhost:A/ two", "http://127.0.0.1:A/ two"}},
		{"hosts of the overlay",
			`server { listen A default_server; server_name _; return 200 _; }
			server { listen A; server_name prod.example.com; return 200 prod.example.com; }
			server { listen A; server_name app.example.com; return 200 app.example.com; }
			server { listen A; server_name here.example.com; return 200 here.example.com; }`,
			[]string{"--host", "prod.example.com=prod.localhost", "--host", "app.example.com=localhost", "--host", "here.example.com=nowhere.invalid"},
			[]string{"http://localhost:A/ app.example.com", "http://prod.localhost:A/ prod.example.com"}},
		{"ports that are moved",
			`server { listen A; listen B ssl; server_name site.example; return 200 site.example; ssl_certificate /nonexistent/a.pem; ssl_certificate_key /nonexistent/a.key; }`,
			[]string{"--port-map", "A=C,B=D"}, []string{"http://localhost:C/ site.example", "https://localhost:D/ site.example"}},
		{"addresses",
			`server { listen A; server_name any; return 200 any; }
			server { listen 127.0.0.1:A; server_name inner; return 200 inner; }
			server { listen 127.0.0.2:A; server_name second; return 200 second; }
			server { listen 127.0.0.3:B; server_name third; return 200 third; }
			server { listen 192.0.2.1:C; server_name far; return 200 far; }`, nil,
			[]string{"http://localhost:A/ inner", "http://127.0.0.2:A/ second", "http://127.0.0.3:B/ third", "http://localhost:C/ far"}},
		{"sockets of stream, of the PROXY protocol, and of files",
			`server { listen B; return 200 ""; } server { listen C proxy_protocol; return 200; } server { listen unix:s; return 200; } } stream { server { listen A; return x; }`, nil,
			[]string{"http://localhost:B/ "}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fill := strings.NewReplacer("A;", a+";", "B;", b+";", "C;", c+";", "D;", d+";", "A ", a+" ", "B ", b+" ", "C ", c+" ",
				":A/", ":"+a+"/", ":B/", ":"+b+"/", ":C/", ":"+c+"/", ":D/", ":"+d+"/", "A=C,B=D", a+"="+c+","+b+"="+d)
			dir := t.TempDir()
			conf := filepath.Join(dir, "site.conf")
			if err := os.WriteFile(conf, []byte("events {} http { "+fill.Replace(tt.conf)+" }"), 0o644); err != nil {
				t.Fatal(err)
			}
			args := []string{"run", "--json"}
			for _, arg := range tt.args {
				args = append(args, fill.Replace(arg))
			}
			var said locked
			cmd := exec.Command("understudy", append(args, conf)...)
			cmd.Stderr, cmd.Env = &said, append(os.Environ(), "XDG_STATE_HOME="+dir, "XDG_DATA_HOME="+dir)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Wait()
			defer cmd.Process.Signal(syscall.SIGTERM)
			line, err := bufio.NewReader(out).ReadString('\n')
			var event struct {
				URLs []string
				Open []opening
			}
			if err == nil {
				err = json.Unmarshal([]byte(line), &event)
			}
			if err != nil {
				t.Fatalf("%v: %s%s", err, line, said.String())
			}
			go io.Copy(io.Discard, out)
			var got, want, urls []string
			for _, o := range event.Open {
				got, urls = append(got, o.URL+" "+o.Server), append(urls, o.URL)
			}
			for _, w := range tt.want {
				want = append(want, fill.Replace(w))
			}
			if !slices.Equal(got, want) || !slices.Equal(urls, event.URLs) {
				t.Errorf("got %q and %q, want %q", got, event.URLs, want)
			}
			for _, o := range event.Open {
				if body := fetched(t, o.URL); body != o.Server {
					t.Errorf("%s is answered by %q, want %q", o.URL, body, o.Server)
				}
			}
		})
	}
}

// fetched is the body at a URL, for a browser on this machine.
func fetched(t *testing.T, url string) string {
	t.Helper()
	client := http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			host, port, _ := net.SplitHostPort(addr)
			if host == "localhost" || strings.HasSuffix(host, ".localhost") {
				addr = net.JoinHostPort("127.0.0.1", port)
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	}}
	resp, err := client.Get(url)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}
