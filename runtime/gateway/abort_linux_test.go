package gateway_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestClientLeaves: the connection to the peer is closed with that to the
// client, whatever is waited for.
func TestClientLeaves(t *testing.T) {
	silent := func(c io.ReadWriteCloser) { io.Copy(io.Discard, c) }
	for _, tt := range []struct {
		name, pass, request string
		talk                func(io.ReadWriteCloser)
	}{
		{"for the head", "proxy_pass http://%s;", get("/"), silent},
		{"for the body", "proxy_pass http://%s;", get("/"), func(c io.ReadWriteCloser) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\nbegin")
			silent(c)
		}},
		{"for the rest of a chunk", "proxy_pass http://%s; proxy_buffering off;", get("/"), func(c io.ReadWriteCloser) {
			io.WriteString(c, chunkedOK+"8\r\nbegin")
			silent(c)
		}},
		{"for the handshake", "proxy_pass https://%s;", get("/"), silent},
		{"for room for the request", "proxy_pass http://%s; client_body_buffer_size 32m;", post(strings.Repeat("x", 16<<20)), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			came, closed := make(chan bool), make(chan bool)
			addr := listening(t, func(c io.ReadWriteCloser) {
				defer close(closed)
				defer c.Close()
				var first [1]byte
				io.ReadFull(c, first[:])
				close(came)
				if tt.talk != nil {
					tt.talk(c)
					return
				}
				<-closed // by the test
			})
			f := run(t, `events {} http { access_log off; client_max_body_size 0; server { listen 127.0.0.1:8080; location / { `+fmt.Sprintf(tt.pass, addr)+` } } }`)
			c := f.dial()
			c.say(t, tt.request)
			<-came
			c.Close()
			if tt.talk == nil {
				f.wg.Wait() // the peer reads nothing, and so cannot see the end
				closed <- true
				return
			}
			select {
			case <-closed:
			case <-time.After(3 * time.Second):
				t.Error("the connection to the peer stays")
			}
		})
	}
}

// TestClientLeavesWhileConnecting uses a listener whose queue is full, so that the
// system does not answer.
func TestClientLeavesWhileConnecting(t *testing.T) {
	addr := unanswering(t)
	c := run(t, `events {} http { access_log off; server { listen 127.0.0.1:8080; location / { proxy_pass http://`+addr+`; } } }`).dial()
	c.say(t, get("/"))
	c.Close() // and run's cleanup waits for the request to end
}

// TestClientIsIgnored: with proxy_ignore_client_abort a request goes on.
func TestClientIsIgnored(t *testing.T) {
	came, done := make(chan bool), make(chan bool)
	addr := listening(t, func(c io.ReadWriteCloser) {
		defer c.Close()
		var b [512]byte
		c.Read(b[:])
		close(came)
		<-done
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		_, err := c.Read(b[:])
		done <- err == io.EOF // not reset: all of it was read
	})
	c := run(t, `events {} http { access_log off; server { listen 127.0.0.1:8080; location / { proxy_pass http://`+addr+`; proxy_ignore_client_abort on; } } }`).dial()
	c.say(t, get("/"))
	<-came
	c.Close()
	time.Sleep(10 * time.Millisecond)
	done <- true
	if !<-done {
		t.Error("the response was not read")
	}
}

// unanswering returns an address where connections are neither made nor refused.
func unanswering(t testing.TB) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", sa.(*syscall.SockaddrInet4).Port)
	for range 16 {
		c, err := net.DialTimeout("tcp", addr, 50*time.Millisecond)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Skip("the queue of the system does not fill")
	return ""
}
