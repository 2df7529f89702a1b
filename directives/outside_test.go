package directives_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFilesOutside: a URI finds no file but those that the location appears to
// have, whatever alias makes of it.
func TestFilesOutside(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"www/images/a", "www/imagesX", "www/images-secret/s", "www/private/s", "other/s"} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("file"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ conf, target, want string }{
		{"location /img { alias DIR/www/images/; }", "/img/a", "200"},
		{"location /img { alias DIR/www/images/; }", "/imga", "200"}, // harmless
		{"location /img { alias DIR/www/images/; }", "/img../private/s", "403"},
		{"location /img { alias DIR/www/images/; }", "/img..%2fprivate/s", "403"},
		{"location /img { alias DIR/www/images/; autoindex on; }", "/img../", "403"},
		{"location /img { alias DIR/www/images/; }", "/img..a", "404"},
		{"location /img/ { alias DIR/www/images; }", "/img/X", "403"},
		{"location /img/ { alias DIR/www/images; }", "/img/-secret/s", "403"},
		{"location /a { alias DIR/www/images/a; }", "/a", "200"},
		{"location ~ ^/re(.*)$ { alias DIR/www/images/$1; }", "/re/a", "200"},
		{"location ~ ^/re(.*)$ { alias DIR/www/images/$1; }", "/re../private/s", "403"},
		{"location ~ ^/re(.*)$ { alias DIR/www/../www/images$1; }", "/re/a", "200"}, // the configuration says so
		{"root DIR/www; merge_slashes off; location / { } location /private/ { deny all; }", "//private/s", "403"},
		{"root DIR/www; merge_slashes off; location / { } location /private/ { deny all; }", "/x/..//private/s", "403"},
		{"root DIR/www; merge_slashes off; location / { } location /private/ { deny all; }", "//images//a", "200"},
		{"root DIR/www; merge_slashes off; location / { } location ~ a$ { deny all; }", "//imagesX", "200"},
		{"root DIR/www; location / { rewrite ^ /../other/s break; }", "/", "200"},
	} {
		conf := "events {} http { access_log off; server { listen 127.0.0.1:8080; " + strings.ReplaceAll(tt.conf, "DIR", dir) + " } }"
		if got := asked(t, conf, get(tt.target)); !strings.HasPrefix(got, "HTTP/1.1 "+tt.want+" ") {
			t.Errorf("%s: %s: %.60q, want %s", tt.conf, tt.target, got, tt.want)
		}
	}
}
