package directives_test

import (
	"net"
	"strings"
	"testing"
)

// TestTunnelAfterResponse: what is left of a response that error_page stands in for
// does not come out of the tunnel that follows.
func TestTunnelAfterResponse(t *testing.T) {
	back, _ := recording(t, "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nleft")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		if c, err := ln.Accept(); err == nil {
			c.Write([]byte("tunnel"))
			c.Close()
		}
	}()
	conf := strings.NewReplacer("BACK", back, "THERE", ln.Addr().String()).Replace(`events {} http { access_log off; server { listen 127.0.0.1:8080;
		location / { proxy_pass http://BACK; proxy_intercept_errors on; error_page 500 = @tunnel; }
		location @tunnel { tunnel_pass THERE; } } }`)
	got := asked(t, conf, "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")
	if _, body, _ := strings.Cut(got, "\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 200 ") || body != "tunnel" {
		t.Errorf("got %q", got)
	}
}
