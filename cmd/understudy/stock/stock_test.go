package stock

import (
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"mime.types", "text/html html htm shtml;"},
		{"/etc/nginx/mime.types", "application/wasm wasm;"},
		{"/etc/nginx/fastcgi_params", "fastcgi_param REDIRECT_STATUS 200;"},
		{"conf/fastcgi.conf", "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;"},
		{"uwsgi_params", "uwsgi_param REQUEST_METHOD $request_method;"},
		{"scgi_params", "scgi_param HTTPS $https if_not_empty;"},
		{"/etc/nginx/proxy_params", "proxy_set_header X-Real-IP $remote_addr;"},
		{"/etc/nginx/snippets/fastcgi-php.conf", "include fastcgi.conf;"},
		{"/etc/nginx/my-mime.types", ""},
		{"fastcgi-php.conf", ""},
		{"nginx.conf", ""},
	} {
		text, ok := Find(tt.name)
		if ok != (tt.want != "") || !strings.Contains(string(text), tt.want) {
			t.Errorf("%s: got %v, %d bytes, want %q in it", tt.name, ok, len(text), tt.want)
		}
	}
}

// TestAll: every name has a file.
func TestAll(t *testing.T) {
	for _, n := range names {
		if text, ok := Find(n); !ok || len(text) == 0 {
			t.Errorf("%s: no file", n)
		}
	}
}
