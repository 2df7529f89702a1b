package doctor_test

import (
	"io"
	"net"
	"slices"
	"strings"
	"testing"
)

const (
	forwarded = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;"
	required  = "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	forbidden = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	notFound  = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)

// socket is a handshake.
func socket(path string, more ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: h:8081\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + join(more) + "\r\n"
}

// accepts upgrades and closes.
func accepts(c net.Conn) {
	head(c)
	io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nbye")
}

// asks upgrades only if the request does.
func asks(c net.Conn) {
	b := make([]byte, 4096)
	n, _ := c.Read(b)
	if h := strings.ToLower(string(b[:n])); strings.Contains(h, "upgrade: websocket") && strings.Contains(h, "connection: upgrade") {
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nbye")
		return
	}
	io.WriteString(c, required)
}

var opens = with(forwarded, asks, socket("/ws"))

var upgradeFaults = []fault{
	{"nothing is forwarded", "NX402", "received Connection: none and no Upgrade", with("", asks, socket("/ws")), opens},
	{"closed by the configuration", "NX402", "Connection: close and no Upgrade", with("proxy_set_header Connection close;", asks, socket("/ws")), opens},
	{"Upgrade without Connection", "NX402", "Upgrade: websocket, but Connection: none", with("proxy_set_header Upgrade $http_upgrade;", asks, socket("/ws")), opens},
	{"Connection without Upgrade", "NX402", "and no Upgrade", with("proxy_set_header Connection upgrade;", asks, socket("/ws")), opens},
	{"Connection keep-alive", "NX402", "but Connection: keep-alive", with("proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection keep-alive;", asks, socket("/ws")), opens},
	{"HTTP/1.0", "NX402", "proxy_http_version 1.0", with("proxy_http_version 1.0;"+forwarded, answers(required), socket("/ws")), opens},
	{"lost by another field", "NX402", "not in force here: proxy_set_header Upgrade $http_upgrade",
		seed{conf: forwarded + proxied("proxy_set_header X-B 1;"), peer: asks, ask: socket("/ws")}, seed{conf: forwarded + proxied(""), peer: asks, ask: socket("/ws")}},
	{"refused connection", "NX402", "see NX301", seed{conf: "location / { proxy_pass http://{dead}; " + forwarded + " }", ask: socket("/ws")}, opens},
	{"no location for it", "NX402", "answered itself", seed{conf: "location / { root .; }", ask: socket("/ws"), files: []string{"ws"}}, opens},
	{"redirected by the slash", "NX402", "was redirected to", seed{conf: "location /ws/ { proxy_pass http://{peer}; " + forwarded + " }", peer: asks, ask: socket("/ws")}, opens},
	{"no password", "NX402", "see NX220", with("deny all;"+forwarded, asks, socket("/ws")), opens},
	{"origin", "NX402", "may compare Origin: http://h:8081 with Host: 127.0.0.1", with(forwarded, answers(forbidden), socket("/ws", "Origin: http://h:8081")), opens},
	{"path", "NX402", "GET /socketws HTTP/1.1", seed{conf: "location /x/ { proxy_pass http://{peer}/socket; " + forwarded + " }", peer: answers(notFound), ask: socket("/x/ws")}, opens},
	{"a proxy before this one", "NX402", "sent no Upgrade field", with(forwarded, asks, get("/ws", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")), opens},
	{"a bad client", "NX402", "does not name upgrade", with(forwarded, answers(required), get("/ws", "Upgrade: websocket")), opens},
	{"POST", "NX402", "the method is POST", with(forwarded, answers(required), "POST"+strings.TrimPrefix(socket("/ws", "Content-Length: 0"), "GET")), opens},
	{"idle", "NX404", "proxy_read_timeout 40ms", with(forwarded+"proxy_read_timeout 40ms;", echoes, socket("/ws")), with(forwarded+"proxy_read_timeout 40ms;", accepts, socket("/ws"))},
	{"idle, set outside", "NX404", "0 bytes from the client", seed{conf: "proxy_read_timeout 40ms;" + proxied(forwarded), peer: echoes, ask: socket("/ws")}, opens},
}

func TestUpgradeFaults(t *testing.T) {
	for _, x := range upgradeFaults {
		t.Run(x.name, func(t *testing.T) {
			f := x.fault.run(t)
			if !slices.Contains(f.codes(), x.code) || !strings.Contains(f.texts(), x.says) {
				t.Errorf("want %s with %q, got %v\n%s", x.code, x.says, f.codes(), f.texts())
			}
			if f := x.twin.run(t); len(f.codes()) > 0 {
				t.Errorf("the twin has %v\n%s", f.codes(), f.texts())
			}
		})
	}
}
