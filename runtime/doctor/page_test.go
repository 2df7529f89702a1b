package doctor_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// A browser gets a page, a client of an API a problem document, others nginx's page;
// and without a doctor all of them get what nginx sends, to the byte.
func TestPages(t *testing.T) {
	bad := seed{conf: "location / { proxy_pass http://{dead}; } location /<script> { return 404; }"}
	for _, tt := range []struct{ name, accept, contentType, has string }{
		{"browser", "Accept: text/html,application/xml;q=0.9", "text/html; charset=utf-8", "<strong>NX301</strong>"},
		{"API", "Accept: application/json", "application/problem+json", `"code":"NX301"`},
		{"curl", "Accept: */*", "text/html", "<center>nginx/1.31.5</center>"},
		{"none", "X: y", "text/html", "<center>nginx/1.31.5</center>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, body := start(t, bad, true).ask(get("/", tt.accept))
			if r.StatusCode != 502 || r.Header.Get("Content-Type") != tt.contentType || !strings.Contains(body, tt.has) {
				t.Errorf("got %d %q %s", r.StatusCode, r.Header.Get("Content-Type"), body)
			}
			r, body = start(t, bad, false).ask(get("/", tt.accept))
			const nginx = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.31.5</center>\r\n</body>\r\n</html>\r\n"
			if r.Header.Get("Content-Type") != "text/html" || body != nginx || len(r.Header) != 4 {
				t.Errorf("off: got %v %q", r.Header, body)
			}
		})
	}
}

// What a client sends is shown as text.
func TestPageEscapes(t *testing.T) {
	s := seed{conf: "location / { root .; }"}
	_, body := start(t, s, true).ask(get("/%3Cscript%3Ealert(1)%3C/script%3E?<b>", html))
	if strings.Contains(body, "<script>") || strings.Contains(body, "<b>") || !strings.Contains(body, "&lt;script&gt;") {
		t.Errorf("got %s", body)
	}
	r, body := start(t, s, true).ask(get("/a\"b?<b>", "Accept: application/json"))
	var doc struct {
		Status         int
		Detail, Code   string
		Instance, Type string
		Causes         []struct{ Code, Place, Fix string }
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || doc.Status != 404 || r.StatusCode != 404 || doc.Instance != "/a\"b?<b>" || len(doc.Causes) != 1 {
		t.Errorf("%v: got %+v of %s", err, doc, body)
	}
}

// error_page is the configuration's answer, and nothing takes its place.
func TestErrorPageStays(t *testing.T) {
	f := start(t, seed{conf: "location / { proxy_pass http://{dead}; error_page 502 /sorry; } location /sorry { return 200 sorry; }"}, true)
	if _, body := f.ask(get("/", html)); body != "sorry" || len(f.codes()) != 1 {
		t.Errorf("got %q, %v", body, f.codes())
	}
}
