package directives_test

import (
	"net"
	"strings"
	"testing"

	"understudy/runtime/fcgi"
)

// responded is a connection to a server that passes to a FastCGI responder.
func responded(t testing.TB) net.Conn {
	stdout := func(text string) string {
		b := append(fcgi.AppendHeader(nil, fcgi.Stdout, len(text)), text...)
		return string(fcgi.AppendPadding(b, len(text)))
	}
	back := answering(t, stdout("Content-Type: text/plain\r\nX-Some: field\r\nContent-Length: 4\r\n\r\nbody")+
		stdout("")+string(fcgi.AppendHeader(nil, fcgi.EndRequest, 8))+"\x00\x00\x00\x00\x00\x00\x00\x00")
	return client(t, strings.ReplaceAll(`
		events {}
		http {
			access_log off;
			upstream up { server BACK; keepalive 4; }
			server {
				listen 127.0.0.1:8080;
				keepalive_requests 1000000;
				location / {
					fastcgi_pass up;
					fastcgi_keep_conn on;
					fastcgi_split_path_info ^(/a)(/.*)$;
					fastcgi_index index.php;
					fastcgi_param SCRIPT_FILENAME /srv$fastcgi_script_name;
					fastcgi_param PATH_INFO $fastcgi_path_info;
					fastcgi_param QUERY_STRING $query_string;
					fastcgi_param REQUEST_METHOD $request_method;
					fastcgi_param CONTENT_LENGTH $content_length;
					fastcgi_param REMOTE_ADDR $remote_addr;
					fastcgi_param HTTPS $https if_not_empty;
				}
			}
		}`, "BACK", back.Addr().String()))
}

func TestFastCGIRequestDoesNotAllocate(t *testing.T) {
	allocatesNothing(t, responded(t), "body")
}

func BenchmarkFastCGI(b *testing.B) {
	c, buf := responded(b), make([]byte, 4096)
	exchange(b, c, buf, []byte("body"))
	b.ReportAllocs()
	for b.Loop() {
		exchange(b, c, buf, []byte("body"))
	}
}
