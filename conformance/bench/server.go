package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"understudy/conformance"
)

// A module is a set of those that a binary need not have.
type module uint8

const (
	streamModule module = 1 << iota
	sslModule           // TLS, in http and in stream if it has that
)

// A binary is a server under test.
type binary struct {
	name, path string
	version    string // what it says of itself
	modules    module
	load       string // load_module directives that it needs for them
}

// look asks the binary for its version and modules.
func (b *binary) look(ctx context.Context) error {
	path, err := filepath.Abs(b.path)
	if err != nil {
		return err
	}
	b.path = path
	out, err := exec.CommandContext(ctx, path, "-V").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s -V: %w", path, err)
	}
	text := string(out)
	b.version, _, _ = strings.Cut(text, "\n")
	options := strings.Fields(text)
	if slices.Contains(options, "--with-stream") {
		b.modules |= streamModule
	}
	if slices.Contains(options, "--with-http_ssl_module") && slices.Contains(options, "--with-stream_ssl_module") {
		b.modules |= sslModule
	}
	if b.load = conformance.LoadStream(options); b.load != "" {
		b.modules |= streamModule
	}
	return nil
}

// A server is a binary at work.
type server struct {
	http, stream, tls, rsa, streamTLS string // addresses

	cmd    *exec.Cmd
	log    bytes.Buffer
	exited chan error
}

// Sizes of bodies, in bytes.
const (
	smallBody  = 68
	staticBody = 10 << 10
	largeBody  = 1 << 20
)

// config is what both run. It is the usual reverse proxy, with the limits that
// a load on few connections would meet lifted.
const config = `
worker_processes WORKERS;
worker_rlimit_nofile 32768;
pid nginx.pid;
error_log stderr warn;

events {
    worker_connections 24576;
}

http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 10000000;

    upstream backend {
        server BACKEND;
        keepalive 32;
        keepalive_requests 10000000;
    }

    server {
        listen HTTP;

        location / {
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
        location /return {
            return 200 "ok\n";
        }
        location /static/ {
            root .;
        }
        location /ws/ {
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "Upgrade";
            proxy_set_header Host $host;
            proxy_read_timeout 1h;
        }
    }
    HTTPS
}
`

// tlsConfig is a server for each kind of key. What both offer of TLS, the client
// chooses from: see dial.
const tlsConfig = `
    server {
        listen TLSADDR ssl;
        ssl_protocols TLSv1.3; # which is not the default of nginx before 1.23.4
        ssl_certificate ecdsa.pem;
        ssl_certificate_key ecdsa.key;

        location / {
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }
        location /return {
            return 200 "ok\n";
        }
        location /static/ {
            root .;
        }
    }
    server {
        listen RSAADDR ssl;
        ssl_protocols TLSv1.3; # which is not the default of nginx before 1.23.4
        ssl_certificate rsa.pem;
        ssl_certificate_key rsa.key;
        return 200 "ok\n";
    }
`

const streamConfig = `
stream {
    upstream backend {
        server BACKEND;
    }
    server {
        listen STREAM;
        proxy_pass backend;
        proxy_timeout 1h;
    }
    server {
        listen STREAM udp;
        proxy_pass ECHO;
        proxy_timeout 1h;
    }
    STREAMS
}
`

const streamTLSConfig = `
    server {
        listen STREAMTLS ssl;
        ssl_protocols TLSv1.3; # which is not the default of nginx before 1.23.4
        ssl_certificate ecdsa.pem;
        ssl_certificate_key ecdsa.key;
        proxy_pass backend;
        proxy_timeout 1h;
    }
`

// writeFiles writes what every run has: static files and the large configuration.
func writeFiles(dir string) error {
	for _, sub := range []string{"static", "logs"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "static", "10k.bin"), bytes.Repeat([]byte("0123456789abcdef"), staticBody/16), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "static", "1m.bin"), bytes.Repeat([]byte("0123456789abcdef"), largeBody/16), 0o644); err != nil {
		return err
	}
	if err := writeCertificates(dir); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "large.conf"), largeConfig(2000, 10), 0o644)
}

// largeConfig is a configuration of many servers, with the directives that
// servers and locations usually have.
func largeConfig(servers, locations int) []byte {
	var b bytes.Buffer
	b.WriteString("pid nginx.pid;\nevents {}\nhttp {\n    access_log off;\n    server_names_hash_max_size 8192;\n    server_names_hash_bucket_size 128;\n" +
		"    upstream app { server 127.0.0.1:3000; server 127.0.0.1:3001; keepalive 16; }\n")
	for s := range servers {
		fmt.Fprintf(&b, "    server {\n        listen 127.0.0.1:28080;\n        server_name site%d.example www.site%d.example;\n        root html/site%d;\n", s, s, s)
		for l := range locations {
			fmt.Fprintf(&b, "        location /part%d/ {\n            proxy_pass http://app/v%d/;\n            proxy_set_header Host $host;\n"+
				"            proxy_set_header X-Real-IP $remote_addr;\n            proxy_read_timeout %ds;\n            add_header X-Part %d always;\n        }\n", l, l, 30+l, l)
		}
		b.WriteString("    }\n")
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// command is the binary in the run's folder, with the CPUs it may use.
func (r *run) command(ctx context.Context, args ...string) *exec.Cmd {
	globals := "daemon off;"
	if os.Getuid() == 0 {
		globals += " user root;" // workers must read the folder
	}
	cmd := exec.CommandContext(ctx, r.path, append(args, "-p", r.dir, "-e", "stderr", "-g", globals)...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", r.cpus))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// start starts the binary on the usual configuration, and returns at its first
// response.
func (r *run) start(ctx context.Context) (*server, error) {
	s := &server{}
	if err := s.choose(); err != nil {
		return nil, err
	}
	https, streams := "", ""
	if r.modules&sslModule != 0 {
		https, streams = tlsConfig, streamTLSConfig
	}
	conf := r.load + strings.Replace(config, "HTTPS", https, 1)
	if r.modules&streamModule != 0 {
		conf += strings.Replace(streamConfig, "STREAMS", streams, 1)
	}
	return s, s.run(ctx, r, conf)
}

// choose finds free addresses.
func (s *server) choose() error {
	for _, addr := range []*string{&s.http, &s.stream, &s.tls, &s.rsa, &s.streamTLS} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		*addr = ln.Addr().String()
		ln.Close()
	}
	return nil
}

// run starts the binary on a configuration, in which /return answers 200, and
// returns at its first response.
func (s *server) run(ctx context.Context, r *run, conf string) error {
	s.exited = make(chan error, 1)
	conf = strings.NewReplacer("WORKERS", fmt.Sprint(r.cpus), "BACKEND", r.backend.String(), "HTTP", s.http, "ECHO", fmt.Sprint(r.datagrams),
		"STREAMTLS", s.streamTLS, "STREAM", s.stream, "TLSADDR", s.tls, "RSAADDR", s.rsa).Replace(conf)
	if err := os.WriteFile(filepath.Join(r.dir, "nginx.conf"), []byte(conf), 0o644); err != nil {
		return err
	}
	s.cmd = r.command(ctx, "-c", "nginx.conf")
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	go func() { s.exited <- s.cmd.Wait() }()
	first := load{addr: s.http, path: "/return", size: len("ok\n"), connections: 1, requests: 1, limit: time.Second}
	for deadline := time.Now().Add(10 * time.Second); ; {
		_, err := first.run(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("the server exited\n%s", &s.log)
		case <-time.After(time.Millisecond / 2):
		}
		if time.Now().After(deadline) {
			s.stop()
			return fmt.Errorf("no response: %w\n%s", err, &s.log)
		}
	}
}

func (s *server) pid() int { return s.cmd.Process.Pid }

// stop ends the server and waits for it.
func (s *server) stop() {
	s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(10 * time.Second):
		s.cmd.Process.Kill()
		<-s.exited
	}
}
