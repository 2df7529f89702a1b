package httpd

import "testing"

func TestMapping(t *testing.T) {
	h := &HTTP{Servers: []*Server{{Names: []string{"Prod.example.com", "*.example.org", ".example.net", "_"}}}}
	if NewMapping(h, nil, nil) != nil {
		t.Error("there is a mapping of nothing")
	}
	m := NewMapping(h, map[int]int{80: 8080, 443: 8443}, map[string]string{"prod.example.com": "prod.localhost"})
	r := &Request{Host: []byte("asked.example"), HTTP: h}
	for _, tt := range []struct{ in, want string }{
		{"http://asked.example/a", "http://asked.example:8080/a"},
		{"https://asked.example", "https://asked.example:8443"},
		{"https://asked.example:443/?x", "https://asked.example:8443/?x"},
		{"http://asked.example:3000/", "http://asked.example:3000/"}, // no port of ours that is mapped
		{"http://asked.example:8080/", "http://asked.example:8080/"}, // the client's already
		{"HTTPS://PROD.example.com/a#b", "https://prod.localhost:8443/a#b"},
		{"wss://prod.example.com/ws", "wss://prod.localhost:8443/ws"},
		{"https://a.example.org/", "https://a.example.org:8443/"},
		{"https://example.net/", "https://example.net:8443/"},
		{"https://other.example/", "https://other.example/"},
		{"http://127.0.0.1/", "http://127.0.0.1:8080/"},
		{"http://[::1]/", "http://[::1]:8080/"},
		{"/path", "/path"},
		{"ftp://asked.example/", "ftp://asked.example/"},
		{"http://bad host/", "http://bad host/"},
		{"", ""},
	} {
		if got := string(m.url(r, []byte(tt.in))); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
	r.Host = []byte("prod.example.com")
	for _, tt := range []struct{ in, want string }{
		{"a=b", "a=b"},
		{"a=b; Domain=prod.example.com; Path=/", "a=b; Path=/"},
		{"a=b; domain=.Example.com;Secure", "a=b;Secure"},
		{"a=b; Domain=prod.localhost", "a=b; Domain=prod.localhost"},
		{"domain=x; Domain=localhost", "domain=x; Domain=localhost"},
	} {
		if got := string(m.cookie(r, []byte(tt.in))); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
	if got := string(m.server([]byte("prod.localhost"))); got != "prod.example.com" {
		t.Errorf("clients who say prod.localhost get %s", got)
	}
}
