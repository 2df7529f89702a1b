package gateway_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"understudy/runtime/conn"
)

// failing are the answers of a peer, by the first letter of the path. It closes the
// connection behind all but the first.
var failing = map[byte]string{
	'f': "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine",
	'n': "", // nothing
	'h': "HTTP/1.1 200 OK\r\nX-",
	'm': "HTTP/1.1 200 OK\r\nX Y\r\nContent-Length: x\r\n\r\n",
	's': "no status line\r\n\r\n",
	't': "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut",
	'c': "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ncut",
	'z': "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nbad",
	'e': "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmore than four",
	'l': "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + string(pattern[:1000000]),
}

// fail answers the requests of one connection.
func fail(c net.Conn) {
	defer c.Close()
	b := make([]byte, 1024)
	for {
		n, err := c.Read(b) // a request comes in one piece
		if err != nil {
			return
		}
		kind := bytes.TrimPrefix(b[:n], []byte("GET /"))[0]
		if kind == 'w' { // and waits
			io.Copy(io.Discard, c)
			return
		}
		if _, err := io.WriteString(c, failing[kind]); err != nil || kind != 'f' {
			return
		}
	}
}

// A crowd is clients that ask a front, each over a connection that it keeps as long
// as that lasts.
type crowd struct {
	t    *testing.T
	ln   net.Listener
	next atomic.Int64 // request
}

// Kinds of requests. 'r' is refused; of "wl" there are few, and their clients leave.
const (
	often  = "frnhmstcze"
	seldom = "wl"
	every  = 200
)

// ask makes requests up to the n-th, with so many clients at once.
func (w *crowd) ask(n int64, clients int) {
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			var c net.Conn
			var in *bufio.Reader
			for i := w.next.Add(1); i <= n; i = w.next.Add(1) {
				kind := often[i%int64(len(often))]
				leaves := i%every == 0
				if leaves {
					kind = seldom[i/every%int64(len(seldom))]
				}
				if c == nil {
					var err error
					if c, err = net.Dial("unix", w.ln.Addr().String()); err != nil {
						w.t.Error(err)
						return
					}
					c.SetDeadline(time.Now().Add(time.Minute))
					in = bufio.NewReader(c)
				}
				io.WriteString(c, "GET /"+string(kind)+" HTTP/1.1\r\nHost: h\r\n\r\n")
				gone := leaves
				if kind == 'l' {
					in.Peek(1000)
				}
				if !leaves {
					r, err := http.ReadResponse(in, nil)
					if err == nil {
						_, err = io.Copy(io.Discard, r.Body)
						gone = r.Close
					}
					gone = gone || err != nil
				}
				if gone {
					c.Close()
					c = nil
				}
			}
			if c != nil {
				c.Close()
			}
			w.next.Add(-1) // the one that is not made
		})
	}
	wg.Wait()
}

// TestNothingLeaks asks 100,000 times of peers that fail in all their ways, or of
// which clients do not wait. With the race detector, or -short, 4,000 are enough to
// pass all of it.
func TestNothingLeaks(t *testing.T) {
	requests := int64(100_000)
	if raceEnabled || testing.Short() {
		requests = 4000
	}
	// Sockets of the file system leave no ports in TIME_WAIT.
	dir := t.TempDir()
	front, back := unixListener(t, dir+"/f"), unixListener(t, dir+"/b")
	var peers sync.WaitGroup
	peers.Go(func() {
		for {
			c, err := back.Accept()
			if err != nil {
				return
			}
			peers.Go(func() { fail(c) })
		}
	})
	f := run(t, `events {} http {
		access_log off; keepalive_requests 1000;
		upstream up { server unix:`+dir+`/b max_fails=0; server unix:`+dir+`/b max_fails=0; keepalive 4; }
		server {
			listen 127.0.0.1:8080; lingering_close off; proxy_next_upstream error timeout invalid_header; proxy_buffers 4 8k;
			location / { proxy_pass http://up; }
			location /r { proxy_pass http://unix:`+dir+`/none; }
			location /z { proxy_pass http://up; proxy_buffering off; }
		}
	}`)
	f.ln.Close()
	f.ln = front
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := front.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { f.serve(conn.New(c)) })
		}
	})
	defer func() {
		front.Close()
		back.Close()
		serving.Wait()
	}()
	w := &crowd{t: t, ln: front}
	const clients = 8
	w.ask(1000, clients)
	const kept = 4 + 4 // connections of keepalive, at both ends
	routines, files := settled(runtime.NumGoroutine), settled(func() int { return descriptors(t) })
	memory := inUse()
	began := time.Now()
	w.ask(requests, clients)
	t.Logf("%d requests in %v", requests, time.Since(began))
	if n := settle(routines+kept, runtime.NumGoroutine); n > routines+kept {
		t.Errorf("%d goroutines, %d at the start", n, routines)
	}
	if n := settle(files+kept, func() int { return descriptors(t) }); n > files+kept {
		t.Errorf("%d files, %d at the start", n, files)
	}
	if n := inUse(); n > memory+4<<20 {
		t.Errorf("%d bytes in use, %d at the start", n, memory)
	}
}

// settled waits until count does not change any more.
func settled(count func() int) int {
	n := count()
	for same := 0; same < 5; {
		time.Sleep(10 * time.Millisecond)
		if m := count(); m == n {
			same++
		} else {
			n, same = m, 0
		}
	}
	return n
}

// inUse is the memory in use, in bytes.
func inUse() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what is in pools goes with the second
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
