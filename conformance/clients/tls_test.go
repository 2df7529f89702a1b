package clients

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"understudy/conformance"
)

// tlsConf is WebSocket apps behind TLS, as http and as a stream, and what a
// browser can see of TLS.
const tlsConf = `events {}
http {
    access_log off;
    server_tokens off;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:S:1m;
    ssl_certificate localhost.pem;
    ssl_certificate_key localhost.key;
    server { listen HTTP ssl default_server; server_name localhost;
        location / { proxy_pass http://BACKEND; proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }
        location /say { keepalive_timeout 0; return 200 "$ssl_protocol $ssl_server_name $ssl_client_verify"; }
    }
    server { listen HTTP ssl; server_name b.example; ssl_certificate b.example.pem; ssl_certificate_key b.example.key; keepalive_timeout 0;
        return 200 "b $ssl_server_name"; }
    server { listen HTTP ssl; server_name no.example; ssl_reject_handshake on; }
    server { listen HTTP ssl; server_name old.example; ssl_protocols TLSv1.2; return 200 "$ssl_protocol"; }
    server { listen HTTP ssl; server_name cert.example; ssl_verify_client on; ssl_client_certificate b.example.pem; return 200 "in"; }
    server { listen HTTP ssl; server_name maybe.example; ssl_verify_client optional; ssl_client_certificate b.example.pem; return 200 "$ssl_client_verify"; }
}
stream {
    server { listen STREAM ssl; ssl_protocols TLSv1.3; ssl_certificate localhost.pem; ssl_certificate_key localhost.key; proxy_pass BACKEND; }
}
`

// startTLS starts a binary on tlsConf, and returns its ports.
func startTLS(t *testing.T, binary string) (dir, http, stream string) {
	t.Helper()
	dir = t.TempDir()
	h, s := address(t), address(t)
	conf := strings.NewReplacer("HTTP", h, "STREAM", s, "BACKEND", backends(t, 1)[0]).Replace(tlsConf)
	options, err := exec.Command(binary, "-V").CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	conf = conformance.LoadStream(strings.Fields(string(options))) + conf
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"localhost", "b.example"} {
		if err := conformance.WriteCert(dir, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	serveBy(t, binary, dir, h)
	return dir, h[strings.LastIndex(h, ":")+1:], s[strings.LastIndex(s, ":")+1:]
}

// TestWSS has that WebSocket clients that check certificates reach an app through
// TLS, in http and in stream.
func TestWSS(t *testing.T) {
	dir, http, stream := startTLS(t, server(t))
	t.Setenv("NODE_EXTRA_CA_CERTS", filepath.Join(dir, "localhost.pem"))
	for name, port := range map[string]string{"http": http, "stream": stream} {
		for _, library := range libraries {
			t.Run(library+" "+name, func(t *testing.T) {
				for i, c := range connect(t, library, "wss://localhost:"+port+"/chat?x=1", 3, 5) {
					if p := c.Replies[0].Path; p != "/chat?x=1" {
						t.Errorf("connection %d: got path %q", i, p)
					}
				}
			})
		}
	}
}

// A page is what tlspage.js tells of one.
type page struct {
	Status                                 int
	Protocol, Subject, Text, Answer, Error string
}

// TestTLSBrowser compares what Chromium sees of TLS here and with nginx.
func TestTLSBrowser(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		missing(t, "nginx is not installed: what it does is the measure")
	}
	want, got := pages(t, nginx), pages(t, ours(t))
	const old = 5 // old.example
	if want[old].Protocol == "TLS 1.3" {
		// An nginx that takes the protocols of the address's default server for all.
		want[old].Protocol, want[old].Text = "TLS 1.2", "TLSv1.2"
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("page %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
	if w := want[0]; w.Status != 200 || w.Protocol != "TLS 1.3" || w.Subject != "localhost" || w.Answer != "/chat hello 1000" {
		t.Errorf("nginx: got %+v, which says nothing of TLS", w)
	}
}

// pages opens pages of a binary in Chromium.
func pages(t *testing.T, binary string) []page {
	t.Helper()
	_, http, stream := startTLS(t, binary)
	type open struct {
		URL string `json:"url"`
		WSS string `json:"wss,omitempty"`
	}
	var list []open
	for _, p := range []struct{ url, wss string }{
		{"localhost:HTTP/say", "localhost:HTTP/chat"},
		{"localhost:HTTP/say", "localhost:STREAM/chat"},
		{"b.example:HTTP/", ""},
		{"other.example:HTTP/say", ""},
		{"no.example:HTTP/", ""},
		{"old.example:HTTP/", ""},
		{"cert.example:HTTP/", ""},
		{"maybe.example:HTTP/", ""},
	} {
		ports := strings.NewReplacer("HTTP", http, "STREAM", stream)
		o := open{URL: "https://" + ports.Replace(p.url)}
		if p.wss != "" {
			o.WSS = "wss://" + ports.Replace(p.wss)
		}
		list = append(list, o)
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	cmd := node(t, "tlspage.js", string(text))
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium(t))
	found := output[[]page](t, cmd)
	if len(found) != len(list) {
		t.Fatalf("got %d pages, want %d", len(found), len(list))
	}
	return found
}
