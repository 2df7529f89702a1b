package parser

import (
	"fmt"
	"strings"
	"testing"

	gonginx "github.com/tufanbarisyildirim/gonginx/parser"
)

// megabyte is a plausible configuration of about 1 MB.
func megabyte() string {
	var b strings.Builder
	b.WriteString("events {\n    worker_connections 1024;\n}\n\nhttp {\n")
	for i := 0; b.Len() < 1<<20; i++ {
		fmt.Fprintf(&b, `    # site %d
    upstream app%[1]d {
        server 127.0.0.1:%d max_fails=3 fail_timeout=30s;
        keepalive 16;
    }
    server {
        listen 80;
        server_name www%[1]d.example.com  *.site%[1]d.example.com;
        access_log /var/log/nginx/site%[1]d.log combined;

        location / {
            proxy_set_header Host $host;  # as it came
            proxy_set_header X-Forwarded-For "$proxy_add_x_forwarded_for";
            proxy_pass http://app%[1]d;
        }
        location ~* \.(?:css|js|png)$ {
            root /srv/site%[1]d;
            expires 7d;
        }
    }
`, i, 1024+i)
	}
	b.WriteString("}\n")
	return b.String()
}

func BenchmarkScan(b *testing.B) {
	src := megabyte()
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scan("F", src, configFile, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	src := megabyte()
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		Parse("F", src)
	}
}

// BenchmarkGonginx is the yardstick: Parse may cost twice as much.
func BenchmarkGonginx(b *testing.B) {
	src := megabyte()
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gonginx.NewStringParser(src, gonginx.WithSkipValidDirectivesErr()).Parse(); err != nil {
			b.Fatal(err)
		}
	}
}
