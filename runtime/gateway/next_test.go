package gateway_test

import (
	"testing"
)

func status(line string) reply {
	return reply{text: "HTTP/1.1 " + line + "\r\nContent-Length: 3\r\n\r\nbad"}
}

// TestNextUpstream has a first peer that fails, and a second that answers "two".
func TestNextUpstream(t *testing.T) {
	for _, tt := range []struct {
		name    string
		conf    string
		first   reply // none: connections are refused
		refused bool
		request string // GET / if empty
		status  int
		tried   string // $upstream_status
	}{
		{name: "refused", refused: true, status: 200, tried: "502, 200"},
		{name: "refused, off", conf: "proxy_next_upstream off;", refused: true, status: 502, tried: "502"},
		{name: "refused, one try", conf: "proxy_next_upstream_tries 1;", refused: true, status: 502, tried: "502"},
		{name: "refused POST: nothing was sent", refused: true, request: post("x"), status: 200, tried: "502, 200"},
		{name: "closed", first: reply{end: true}, status: 200, tried: "502, 200"},
		{name: "closed within the head", first: reply{text: "HTTP/1.1 200 OK\r\nX-", end: true}, status: 200, tried: "502, 200"},
		{name: "closed POST", first: reply{end: true}, request: post("x"), status: 502, tried: "502"},
		{name: "closed POST, non_idempotent", conf: "proxy_next_upstream error non_idempotent;", first: reply{end: true}, request: post("x"), status: 200, tried: "502, 200"},
		{name: "silent", conf: "proxy_read_timeout 30ms;", first: reply{hang: true}, status: 200, tried: "504, 200"},
		{name: "silent, error only", conf: "proxy_read_timeout 30ms; proxy_next_upstream error;", first: reply{hang: true}, status: 504, tried: "504"},
		{name: "500", first: status("500 No"), status: 500, tried: "500"},
		{name: "500, http_500", conf: "proxy_next_upstream http_500;", first: status("500 No"), status: 200, tried: "500, 200"},
		{name: "503, http_500", conf: "proxy_next_upstream http_500;", first: status("503 No"), status: 503, tried: "503"},
		{name: "404, http_404", conf: "proxy_next_upstream http_404;", first: status("404 No"), status: 200, tried: "404, 200"},
		{name: "429, http_429", conf: "proxy_next_upstream http_429;", first: status("429 No"), status: 200, tried: "429, 200"},
		{name: "502 to POST", conf: "proxy_next_upstream http_502;", first: status("502 No"), request: post("x"), status: 502, tried: "502"},
		{name: "502 to POST, non_idempotent", conf: "proxy_next_upstream http_502 non_idempotent;", first: status("502 No"), request: post("x"), status: 200, tried: "502, 200"},
		{name: "invalid head", first: reply{text: "HTTP/1.1 200 OK\r\nA\rb: c\r\n\r\n"}, status: 502, tried: "502"},
		{name: "invalid head, invalid_header", conf: "proxy_next_upstream invalid_header;", first: reply{text: "HTTP/1.1 200 OK\r\nBad Field: c\x00\r\n\r\n", end: true}, status: 200, tried: "502, 200"},
		{name: "too big a head, invalid_header", conf: "proxy_next_upstream invalid_header; proxy_buffer_size 128;", first: reply{text: "HTTP/1.1 200 OK\r\nX: " + string(make256()) + "\r\n\r\n"}, status: 200, tried: "502, 200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			first := refusing(t)
			if !tt.refused {
				first = serve(t, tt.first).addr
			}
			c := proxying(t, tt.conf, first, serve(t, fine("two")).addr).dial()
			method := "POST"
			if tt.request == "" {
				method, tt.request = "GET", get("/")
			}
			c.say(t, tt.request)
			r, body, err := c.response(t, method)
			if err != nil || r.StatusCode != tt.status || r.Header.Get("X-Tried") != tt.tried {
				t.Errorf("got %d, tried %q, %v, want %d, tried %q", r.StatusCode, r.Header.Get("X-Tried"), err, tt.status, tt.tried)
			}
			if (body == "two") != (tt.status == 200) {
				t.Errorf("got the body %q", body)
			}
		})
	}
}

func make256() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = 'x'
	}
	return b
}

func TestAllPeersFail(t *testing.T) {
	c := proxying(t, "", refusing(t), serve(t, reply{end: true}).addr).dial()
	c.say(t, get("/"))
	r, _, _ := c.response(t, "GET")
	if got := r.Header.Get("X-Tried"); r.StatusCode != 502 || got != "502, 502" {
		t.Errorf("got %d, tried %q", r.StatusCode, got)
	}
	c.say(t, get("/")) // the connection goes on
	if r, _, _ := c.response(t, "GET"); r.StatusCode != 502 {
		t.Errorf("got %d", r.StatusCode)
	}
}
