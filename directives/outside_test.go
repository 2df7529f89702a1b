package directives_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFilesOutside: a URI finds no file but those that the location appears to
// have, whatever alias makes of it. All that are asked for exist but "..a".
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
		{"location /img { alias DIR/www/images/; }", "/img../private/s", "404"},
		{"location /img { alias DIR/www/images/; }", "/img..%2fprivate/s", "404"},
		{"location /img { alias DIR/www/images/; autoindex on; }", "/img../", "404"},
		{"location /img { alias DIR/www/images/; }", "/img..a", "404"},
		{"location /img/ { alias DIR/www/images; }", "/img/X", "404"},
		{"location /img/ { alias DIR/www/images; }", "/img/-secret/s", "404"},
		{"location /a { alias DIR/www/images/a; }", "/a", "200"},
		{"location ~ ^/re(.*)$ { alias DIR/www/images/$1; }", "/re/a", "200"},
		{"location ~ ^/re(.*)$ { alias DIR/www/images/$1; }", "/re../private/s", "404"},
		{"location ~ ^/re(.*)$ { alias DIR/www/../www/images$1; }", "/re/a", "200"}, // the configuration says so
		{"root DIR/www; merge_slashes off; location / { } location /private/ { deny all; }", "//private/s", "404"},
		{"root DIR/www; merge_slashes off; location / { } location /private/ { deny all; }", "/x/..//private/s", "404"},
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

// TestWritesOutside: nor does a URI make a file there.
func TestWritesOutside(t *testing.T) {
	back, _ := recording(t, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
	for _, tt := range []struct {
		conf, head string
		want       string // the status
		made       string // the file that is there afterwards; "": none
	}{
		{"location /img { alias DIR/images/; dav_methods COPY; }", "COPY /img/a HTTP/1.1\r\nDestination: /img/b", "204", "images/b"},
		{"location /img { alias DIR/images/; dav_methods COPY; }", "COPY /img/a HTTP/1.1\r\nDestination: /img../private/b", "403", ""},
		{"location /img { alias DIR/images/; dav_methods MOVE; }", "MOVE /img/a HTTP/1.1\r\nDestination: /abc..%2fprivate/b", "403", ""},
		{"location /img/ { alias DIR/images; dav_methods COPY; }", "COPY /img//a HTTP/1.1\r\nDestination: /img/-b", "404", ""},
		{"location /img { alias DIR/images/; proxy_store on; proxy_pass http://BACK; }", "GET /img/b HTTP/1.1", "200", "images/b"},
		{"location /img { alias DIR/images/; proxy_store on; proxy_pass http://BACK; }", "GET /img../private/b HTTP/1.1", "200", ""},
		{"location / { proxy_store DIR/images/$arg_f; proxy_pass http://BACK; }", "GET /?f=b HTTP/1.1", "200", "images/b"},
		{"location / { proxy_store DIR/images/$arg_f; proxy_pass http://BACK; }", "GET /?f=../private/b HTTP/1.1", "200", ""},
	} {
		dir := t.TempDir()
		for _, name := range []string{"images", "private"} {
			if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "images/a"), []byte("file"), 0o644); err != nil {
			t.Fatal(err)
		}
		conf := "events {} http { access_log off; proxy_temp_path " + dir + "/temp; server { listen 127.0.0.1:8080; " +
			strings.NewReplacer("DIR", dir, "BACK", back).Replace(tt.conf) + " } }"
		got := asked(t, conf, tt.head+"\r\nHost: x\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.1 "+tt.want+" ") {
			t.Errorf("%s: %s: %.60q, want %s", tt.conf, tt.head, got, tt.want)
		}
		made := ""
		filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if name, _ := filepath.Rel(dir, path); err == nil && !e.IsDir() && name != "images/a" {
				made += name
			}
			return err
		})
		if made != tt.made {
			t.Errorf("%s: %s made %q, want %q", tt.conf, tt.head, made, tt.made)
		}
	}
}

// TestCollectionWithoutSlash: an alias without a slash at its end names a
// collection as well, and no other.
func TestCollectionWithoutSlash(t *testing.T) {
	for _, tt := range []struct{ head, left string }{
		{"DELETE /img/ HTTP/1.1", "image "},
		{"MKCOL /new/ HTTP/1.1", "image images new "},
	} {
		dir := t.TempDir()
		for _, name := range []string{"image", "images"} {
			if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		conf := strings.ReplaceAll(`events {} http { access_log off; server { listen 127.0.0.1:8080; dav_methods DELETE MKCOL COPY MOVE;
			location /img/ { alias DIR/images; } location /new/ { alias DIR/new; } } }`, "DIR", dir)
		got := asked(t, conf, tt.head+"\r\nHost: x\r\nConnection: close\r\n\r\n")
		left := ""
		list, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			left += e.Name() + " "
		}
		if left != tt.left {
			t.Errorf("%s: %.30q, there are %q, want %q", tt.head, got, left, tt.left)
		}
	}
}
