package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// narrow is dial with socket buffers so small that a client that does not read is
// noticed at once.
func (f *front) narrow() *client {
	f.t.Helper()
	return f.client(f.connect(func(near, far net.Conn) {
		near.(*net.TCPConn).SetReadBuffer(256 << 10)
		far.(*net.TCPConn).SetWriteBuffer(256 << 10)
	}))
}

// A body is what a peer sends, in some framing, after a head.
type body struct {
	head, tail string
	frame      func(p []byte) []byte
}

var bodies = map[string]body{
	"with a length": {"Content-Length: " + strconv.Itoa(len(pattern)) + "\r\n\r\n", "", func(p []byte) []byte { return p }},
	"to the end":    {"Connection: close\r\n\r\n", "", func(p []byte) []byte { return p }},
	"in chunks": {"Transfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n", func(p []byte) []byte {
		return fmt.Appendf(nil, "%x\r\n%s\r\n", len(p), p)
	}},
}

var pattern = func() []byte {
	p := make([]byte, 6<<20)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}()

// send sends the pattern in pieces of all sizes.
func (b body) send(c io.Writer) error {
	if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n"+b.head); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(3, 4))
	for p := pattern; len(p) > 0; {
		n := min(1+r.IntN(1<<r.IntN(17)), len(p))
		if _, err := c.Write(b.frame(p[:n])); err != nil {
			return err
		}
		p = p[n:]
	}
	_, err := io.WriteString(c, b.tail)
	return err
}

// passing is a front for one location with a folder for temporary files.
func passing(t *testing.T, addr, conf string) (f *front, temp string) {
	temp = filepath.Join(t.TempDir(), "temp")
	return run(t, `events {} http { access_log off; server { listen 127.0.0.1:8080; sendfile on;
		location / { proxy_pass http://`+addr+`; proxy_buffers 4 8k; proxy_temp_path `+temp+` 1 2; `+conf+` } } }`), temp
}

// A client that does not read does not keep the peer waiting; it gets everything,
// and nothing remains of the temporary file.
func TestSlowClient(t *testing.T) {
	for name, b := range bodies {
		t.Run(name, func(t *testing.T) {
			sent := make(chan error, 1)
			f, temp := passing(t, listening(t, func(c io.ReadWriteCloser) {
				defer c.Close()
				var req [512]byte
				c.Read(req[:])
				sent <- b.send(c)
			}), "")
			c := f.narrow()
			c.say(t, get("/"))
			if err := <-sent; err != nil { // before the client has read anything
				t.Fatal(err)
			}
			_, got, err := c.response(t, "GET")
			if err != nil || got != string(pattern) {
				t.Errorf("got %d bytes, %v, want %d", len(got), err, len(pattern))
			}
			c.Close()
			f.wg.Wait()
			filepath.Walk(temp, func(path string, info os.FileInfo, err error) error {
				if err == nil && !info.IsDir() {
					t.Errorf("%s remains", path)
				}
				return nil
			})
		})
	}
}

// A client that is slow now and then gets everything as well, whatever of memory and
// file there is.
func TestClientOfChangingSpeed(t *testing.T) {
	for name, b := range bodies {
		for _, conf := range []string{"", "proxy_max_temp_file_size 0;", "proxy_max_temp_file_size 64k; proxy_temp_file_write_size 16k;", "proxy_busy_buffers_size 8k; sendfile off;", "proxy_pass_trailers on;", "proxy_buffering off;"} {
			t.Run(name+" "+conf, func(t *testing.T) {
				f, _ := passing(t, listening(t, func(c io.ReadWriteCloser) {
					defer c.Close()
					var req [512]byte
					c.Read(req[:])
					b.send(c)
				}), conf)
				c := f.narrow()
				c.say(t, get("/"))
				r, err := http.ReadResponse(c.in, nil)
				if err != nil {
					t.Fatal(err)
				}
				got := make([]byte, 0, len(pattern))
				for i := 0; ; i++ {
					n, err := io.ReadFull(r.Body, got[len(got):min(cap(got), len(got)+len(pattern)/5)])
					got = got[:len(got)+n]
					if err != nil || len(got) == cap(got) {
						break
					}
					time.Sleep(8 * time.Millisecond)
				}
				if !bytes.Equal(got, pattern) {
					t.Errorf("got %d bytes, want %d", len(got), len(pattern))
				}
			})
		}
	}
}

// Without room in a file the peer waits for the client.
func TestNoTemporaryFile(t *testing.T) {
	sent := make(chan error, 1)
	b := bodies["with a length"]
	f, _ := passing(t, listening(t, func(c io.ReadWriteCloser) {
		defer c.Close()
		c.(*net.TCPConn).SetWriteBuffer(256 << 10)
		var req [512]byte
		c.Read(req[:])
		sent <- b.send(c)
	}), "proxy_max_temp_file_size 0;")
	c := f.narrow()
	c.say(t, get("/"))
	select {
	case <-sent:
		t.Error("the peer did not wait")
	case <-time.After(30 * time.Millisecond):
	}
	_, got, err := c.response(t, "GET")
	if err != nil || got != string(pattern) {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(pattern))
	}
}

// Where the file cannot be made, the response is given up: ngx_event_pipe_write_chain_to_temp_file.
func TestTemporaryFileFails(t *testing.T) {
	var log journal
	f, _ := logging(t, &log, "location / { proxy_buffers 4 8k; proxy_temp_path /dev/null/none; proxy_pass http://"+listening(t, func(c io.ReadWriteCloser) {
		defer c.Close()
		var req [512]byte
		c.Read(req[:])
		bodies["with a length"].send(c)
	})+"; }")
	c := f.narrow()
	c.say(t, get("/"))
	log.await(t, "open() temporary file failed (20: Not a directory) while reading upstream")
	_, got, err := c.response(t, "GET")
	if err != io.ErrUnexpectedEOF || len(got) >= len(pattern) {
		t.Errorf("got %d bytes, %v, want fewer than %d, cut off", len(got), err, len(pattern))
	}
}

// A slow client that leaves, and a peer that leaves a slow client.
func TestSlowClientFailures(t *testing.T) {
	t.Run("client", func(t *testing.T) {
		closed := make(chan bool)
		f, _ := passing(t, listening(t, func(c io.ReadWriteCloser) {
			defer close(closed)
			defer c.Close()
			bodies["in chunks"].send(c)
			io.Copy(io.Discard, c)
		}), "proxy_max_temp_file_size 0;")
		c := f.narrow()
		c.say(t, get("/"))
		c.in.Peek(1000)
		time.Sleep(20 * time.Millisecond)
		c.Close()
		<-closed
	})
	t.Run("peer", func(t *testing.T) {
		sent := make(chan bool)
		f, _ := passing(t, listening(t, func(c io.ReadWriteCloser) {
			defer close(sent)
			defer c.Close()
			var req [512]byte
			c.Read(req[:])
			b := bodies["in chunks"]
			b.tail = ""
			b.send(c)
		}), "")
		c := f.narrow()
		c.say(t, get("/"))
		<-sent
		_, got, err := c.response(t, "GET")
		if err != io.ErrUnexpectedEOF || got != string(pattern) {
			t.Errorf("got %d bytes, %v, want %d, cut off", len(got), err, len(pattern))
		}
	})
}

// The connection to the peer is free while the client still reads.
func TestPeerIsReleased(t *testing.T) {
	p := serve(t, reply{text: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(len(pattern)) + "\r\n\r\n" + string(pattern)})
	c := proxying(t, "", p.addr).narrow()
	c.say(t, get("/"))
	<-p.closed
	if _, got, err := c.response(t, "GET"); err != nil || got != string(pattern) {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(pattern))
	}
}
