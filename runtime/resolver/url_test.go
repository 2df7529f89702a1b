package resolver

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// hosts is the system's resolver for the tests.
func hosts(_ context.Context, host string) ([]netip.Addr, error) {
	switch host {
	case "one":
		return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
	case "two":
		return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}, nil
	}
	return nil, ErrNotFound
}

// A place is a directive with an address; nginx holds its configuration and the
// form of its errors.
type place struct {
	Options
	conf, err string
}

var (
	server = place{
		Options{DefaultPort: 80},
		"http { upstream u { server %s; } }", `%s in upstream "%s"`,
	}
	streamServer = place{
		Options{},
		"stream { upstream u { server %s; } }", `%s in upstream "%s"`,
	}
	pass = place{
		Options{DefaultPort: 80, URIPart: true},
		"http { server { listen 127.0.0.1:21900; location / { proxy_pass http://%s; } } }", `%s in upstream "%s"`,
	}
	listen = place{
		Options{DefaultPort: 80, Listen: true},
		"http { server { listen %s; } }", `%s in "%s" of the "listen" directive`,
	}
)

var urlErrors = []struct {
	in place
	// text of the address, and the error without its place
	text, want string
}{
	{server, "", "no host"},
	{server, ":80", "no host"},
	{server, "127.0.0.1:", "invalid port"},
	{server, "127.0.0.1:0", "invalid port"},
	{server, "127.0.0.1:65536", "invalid port"},
	{server, "127.0.0.1:http", "invalid port"},
	{server, "127.0.0.1:80-81", "invalid port"},
	{server, "127.0.0.1:-1", "invalid port"},
	{server, "127.0.0.1:99999999999999999999", "invalid port"},
	{server, "::1", "invalid port"},
	{server, "127.0.0.1/", "invalid host"},
	{server, "127.0.0.1:80/", "invalid host"},
	{server, "127.0.0.1:a/", "invalid host"},
	{server, "127.0.0.1?a", "invalid host"},
	{server, "http://127.0.0.1", "invalid host"},
	{server, "no.such.invalid", "host not found"},
	{server, "*", "host not found"},
	{server, "[::1", "invalid host"},
	{server, "[::1]80", "invalid host"},
	{server, "[::1]:80/", "invalid host"},
	{server, "[::1]:", "invalid port"},
	{server, "[::1]:x", "invalid port"},
	{server, "[]:80", "no host"},
	{server, "[]", "no host"},
	{server, "[x]", "invalid IPv6 address"},
	{server, "[127.0.0.1]", "invalid IPv6 address"},
	{server, "[::1%eth0]", "invalid IPv6 address"},
	{server, "[1:2:3:4:5:6:7::]", "invalid IPv6 address"},
	{server, "[1:2:3:4:5:6:7:8:9]", "invalid IPv6 address"},
	{server, "[1::2::3]", "invalid IPv6 address"},
	{server, "[::12345]", "invalid IPv6 address"},
	{server, "[1.2.3.4]", "invalid IPv6 address"},
	{server, "[:1.2.3.4]", "invalid IPv6 address"},
	{server, "[::.1.2.3]", "invalid IPv6 address"},
	{server, "[::1.2.3.4:5]", "invalid IPv6 address"},
	{server, "[::255.255.255.255]", "invalid IPv6 address"},
	{server, "[::00001.2.3.4]", "invalid IPv6 address"},
	{server, "[:]", "invalid IPv6 address"},
	{server, "[1:]", "invalid IPv6 address"},
	{server, "unix:", "no path in the unix domain socket"},
	{server, "unix:/" + strings.Repeat("a", 107), "too long path in the unix domain socket"},

	{streamServer, "no.such.invalid:1", "host not found"},

	{pass, "127.0.0.1:x/", "invalid port"},
	{pass, "127.0.0.1:/", "invalid port"},
	{pass, "/", "no host"},
	{pass, "?a", "no host"},
	{pass, "unix::/x", "no path in the unix domain socket"},
	{pass, "unix:", "no path in the unix domain socket"},
	{pass, "[::1]?a", "invalid host"},

	{listen, "0", "invalid port"},
	{listen, "65536", "invalid port"},
	{listen, "21902-21901", "invalid port range"},
	{listen, "21901-65536", "invalid port"},
	{listen, "21901-0", "invalid port"},
	{listen, "127.0.0.1:21901-", "invalid port"},
	{listen, "127.0.0.1:-21901", "invalid port"},
	{listen, "127.0.0.1:21902-21901", "invalid port range"},
	{listen, "127.0.0.1:21901-21902-21903", "invalid port"},
	{listen, "[::1]:21902-21901", "invalid port range"},
	{listen, "[::1]:21901-x", "invalid port"},
	{listen, "127.0.0.1/", "invalid host"},
	{listen, "no.such.invalid", "host not found"},
	{listen, "21901-x.invalid", "host not found"},
	{listen, "x.invalid-21901", "host not found"},
	{listen, "", "no host"},
	{listen, ":21901", "no host"},
}

func TestURLErrors(t *testing.T) {
	for _, tt := range urlErrors {
		o := tt.in.Options
		o.Lookup = hosts
		if _, err := ParseURL(t.Context(), tt.text, o); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", fmt.Sprintf(tt.in.conf, tt.text), err, tt.want)
		}
	}
}

// Addresses that are right; want has what the URL must hold besides its text.
// Those on loopback addresses are given to nginx, too.
var urls = []struct {
	in   place
	text string
	want URL
}{
	{server, "127.0.0.1", URL{Host: "127.0.0.1", Port: 80, NoPort: true, Addrs: addrs("127.0.0.1:80")}},
	{server, "127.0.0.1:8080", URL{Host: "127.0.0.1", Port: 8080, PortText: "8080", Addrs: addrs("127.0.0.1:8080")}},
	{server, "127.000.0.01:08080", URL{Host: "127.000.0.01", Port: 8080, PortText: "08080", Addrs: addrs("127.0.0.1:8080")}},
	{server, "127...1", URL{Host: "127...1", Port: 80, NoPort: true, Addrs: addrs("127.0.0.1:80")}},
	{streamServer, "127.0.0.1", URL{Host: "127.0.0.1", NoPort: true, Addrs: addrs("127.0.0.1:0")}},
	{server, "[::1]", URL{Host: "[::1]", Port: 80, NoPort: true, Addrs: addrs("[::1]:80")}},
	{server, "[::1]:8080", URL{Host: "[::1]", Port: 8080, PortText: "8080", Addrs: addrs("[::1]:8080")}},
	{server, "[0:0::0:1]:1", URL{Host: "[0:0::0:1]", Port: 1, PortText: "1", Addrs: addrs("[::1]:1")}},
	{server, "[:0:0:0:0:0:0:0:1]", URL{Host: "[:0:0:0:0:0:0:0:1]", Port: 80, NoPort: true, Addrs: addrs("[::1]:80")}},
	{server, "[::FFFF:127.0.0.1]", URL{Host: "[::FFFF:127.0.0.1]", Port: 80, NoPort: true, Addrs: addrs("[::ffff:127.0.0.1]:80")}},
	{server, "unix:/a:b", URL{Network: "unix", Host: "/a:b"}},
	{server, "UNIX:/a", URL{Network: "unix", Host: "/a"}},
	{server, "unix:/" + strings.Repeat("a", 106), URL{Network: "unix", Host: "/" + strings.Repeat("a", 106)}},
	{server, "one", URL{Host: "one", Port: 80, NoPort: true, Addrs: addrs("192.0.2.1:80")}},
	{server, "two:81", URL{Host: "two", Port: 81, PortText: "81", Addrs: addrs("192.0.2.1:81", "[2001:db8::1]:81")}},

	{pass, "127.0.0.1/a:b?c", URL{Host: "127.0.0.1", Port: 80, NoPort: true, URI: "/a:b?c", Addrs: addrs("127.0.0.1:80")}},
	{pass, "127.0.0.1?a/b", URL{Host: "127.0.0.1", Port: 80, NoPort: true, URI: "?a/b", Addrs: addrs("127.0.0.1:80")}},
	{pass, "127.0.0.1:81/", URL{Host: "127.0.0.1", Port: 81, PortText: "81", URI: "/", Addrs: addrs("127.0.0.1:81")}},
	{pass, "[::1]:81/a", URL{Host: "[::1]", Port: 81, PortText: "81", URI: "/a", Addrs: addrs("[::1]:81")}},
	{pass, "[::1]/a", URL{Host: "[::1]", Port: 80, NoPort: true, URI: "/a", Addrs: addrs("[::1]:80")}},
	{pass, "unix:/a:/uri", URL{Network: "unix", Host: "/a", URI: "/uri"}},
	{pass, "unix:/a", URL{Network: "unix", Host: "/a"}},

	{listen, "21901", URL{Port: 21901, PortText: "21901", Wildcard: true, Addrs: addrs("0.0.0.0:21901")}},
	{listen, "*:21901", URL{Host: "*", Port: 21901, PortText: "21901", Wildcard: true, Addrs: addrs("0.0.0.0:21901")}},
	{listen, "0.0.0.0:21901", URL{Host: "0.0.0.0", Port: 21901, PortText: "21901", Wildcard: true, Addrs: addrs("0.0.0.0:21901")}},
	{listen, "[::]:21901", URL{Host: "[::]", Port: 21901, PortText: "21901", Wildcard: true, Addrs: addrs("[::]:21901")}},
	{listen, "*", URL{Host: "*", Port: 80, NoPort: true, Wildcard: true, Addrs: addrs("0.0.0.0:80")}},
	{listen, "127.0.0.1:21901-21903", URL{Host: "127.0.0.1", Port: 21901, LastPort: 21903, PortText: "21901-21903",
		Addrs: addrs("127.0.0.1:21901", "127.0.0.1:21902", "127.0.0.1:21903")}},
	{listen, "[::1]:21901-21902", URL{Host: "[::1]", Port: 21901, LastPort: 21902, PortText: "21901-21902",
		Addrs: addrs("[::1]:21901", "[::1]:21902")}},
	{listen, "21901-21902", URL{Port: 21901, LastPort: 21902, PortText: "21901-21902", Wildcard: true,
		Addrs: addrs("0.0.0.0:21901", "0.0.0.0:21902")}},
	{listen, "two:81-82", URL{Host: "two", Port: 81, LastPort: 82, PortText: "81-82",
		Addrs: addrs("192.0.2.1:81", "192.0.2.1:82", "[2001:db8::1]:81", "[2001:db8::1]:82")}},
}

func addrs(list ...string) []netip.AddrPort {
	var as []netip.AddrPort
	for _, s := range list {
		as = append(as, netip.MustParseAddrPort(s))
	}
	return as
}

func TestURLs(t *testing.T) {
	for _, tt := range urls {
		o := tt.in.Options
		o.Lookup = hosts
		u, err := ParseURL(t.Context(), tt.text, o)
		tt.want.Text = tt.text
		if tt.want.Network == "" {
			tt.want.Network = "tcp"
		}
		if err != nil || !reflect.DeepEqual(u, tt.want) {
			t.Errorf("%q:\ngot  %+v, %v\nwant %+v", tt.text, u, err, tt.want)
		}
	}
}

func TestNoResolve(t *testing.T) {
	o := Options{NoResolve: true, Lookup: func(context.Context, string) ([]netip.Addr, error) {
		t.Error("a name was looked up")
		return nil, ErrNotFound
	}}
	u, err := ParseURL(t.Context(), "no.such.invalid:80", o)
	if err != nil || u.Host != "no.such.invalid" || u.Port != 80 || u.Addrs != nil {
		t.Errorf("got %+v, %v", u, err)
	}
	if u, err = ParseURL(t.Context(), "127.0.0.1", o); err != nil || len(u.Addrs) != 1 {
		t.Errorf("got %+v, %v", u, err)
	}
}

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"127.0.0.1", []string{"127.0.0.1:80"}},
		{"[0::1]:81", []string{"[::1]:81"}},
		{"Unix:/a", []string{"Unix:/a"}},
		{"two", []string{"192.0.2.1:80", "[2001:db8::1]:80"}},
	} {
		u, err := ParseURL(t.Context(), tt.text, Options{DefaultPort: 80, Lookup: hosts})
		if err != nil {
			t.Fatal(err)
		}
		if got := u.Names(); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

var nginxBinary = flag.String("nginx", "", "check the expectations against this nginx")

// TestNginx gives the addresses of the tables to an nginx:
// go test -run TestNginx -nginx /usr/sbin/nginx
func TestNginx(t *testing.T) {
	if *nginxBinary == "" {
		t.Skip("no -nginx")
	}
	for _, tt := range urlErrors {
		want := fmt.Sprintf(tt.in.err+" in ", tt.want, tt.text)
		if got := check(t, tt.in, tt.text); !strings.HasPrefix(got, want) {
			t.Errorf("%q: got %s, want %s", tt.text, got, want)
		}
	}
	for _, tt := range urls {
		if tt.in.conf == listen.conf && !strings.Contains(tt.text, "2190") || strings.Contains(tt.text, "one") || strings.Contains(tt.text, "two") {
			continue
		}
		want := ""
		if tt.in.conf == streamServer.conf {
			want = `no port in upstream`
		}
		if got := check(t, tt.in, tt.text); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q: got %s, want %q", tt.text, got, want)
		}
	}
}

// check returns what nginx -t says is wrong, if anything is.
func check(t *testing.T, in place, text string) string {
	t.Helper()
	dir := t.TempDir()
	if in.conf != pass.conf {
		text = `"` + text + `"`
	}
	body := fmt.Sprintf(in.conf, text)
	if strings.HasPrefix(body, "http {") {
		for _, m := range []string{"client_body", "proxy", "fastcgi", "scgi", "uwsgi"} {
			body = strings.Replace(body, "http {", "http { "+m+"_temp_path "+m+";", 1)
		}
		body = strings.Replace(body, "http {", "http { access_log off;", 1)
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte("pid nginx.pid; error_log stderr; events {}\n"+body+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(*nginxBinary, "-p", dir, "-c", file, "-e", "stderr", "-t").CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if _, message, ok := strings.Cut(line, " [emerg] "); ok {
			_, message, _ = strings.Cut(message, ": ") // the process
			return strings.TrimSpace(message)
		}
	}
	return ""
}

func FuzzParseURL(f *testing.F) {
	for _, tt := range urlErrors {
		f.Add(tt.text, uint8(0))
	}
	for _, tt := range urls {
		f.Add(tt.text, uint8(3))
	}
	f.Fuzz(func(t *testing.T, text string, options uint8) {
		o := Options{DefaultPort: 80, Listen: options&1 != 0, URIPart: options&2 != 0, NoResolve: options&4 != 0, Lookup: hosts}
		u, err := ParseURL(t.Context(), text, o)
		if err != nil {
			return
		}
		if u.Port < 0 || u.Port > 65535 || u.LastPort != 0 && u.LastPort < u.Port {
			t.Errorf("%q: ports %d to %d", text, u.Port, u.LastPort)
		}
		if u.Network == "tcp" && !o.NoResolve && len(u.Addrs) == 0 {
			t.Errorf("%q: no addresses", text)
		}
		names := u.Names()
		for i, a := range u.Addrs {
			if back, ok := ParseAddrPort(names[i]); a.Port() != 0 && (!ok || back != a) {
				t.Errorf("%q: %v printed as %q", text, a, names[i])
			}
		}
	})
}
