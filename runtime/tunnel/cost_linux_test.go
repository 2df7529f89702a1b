package tunnel

import (
	"io"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/listen"
)

// pipes is a listening socket and the far and near ends of its connections.
type pipes struct {
	addr string
	near chan *conn.Conn
}

func listenLoopback(t testing.TB) *pipes {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &pipes{addr: ln.Addr().String(), near: make(chan *conn.Conn, 1)}
	ln.Close()
	s := &listen.Set{Log: func(level, text string) { t.Log(level, text) }}
	ch, err := s.Next([]listen.Options{{Network: "tcp", Addr: p.addr}})
	if err != nil {
		t.Fatal(err)
	}
	ch.Commit()
	ch.Sockets[0].Serve(func(c *conn.Conn) { p.near <- c })
	t.Cleanup(func() { s.Close() })
	return p
}

// far is a client or server outside of Go's poller, so that it costs the heap nothing.
type far int

func (p *pipes) dial(t testing.TB) (far, *conn.Conn) {
	t.Helper()
	ap, _ := net.ResolveTCPAddr("tcp", p.addr)
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: ap.Port, Addr: [4]byte(ap.IP.To4())}); err != nil {
		t.Fatal(err)
	}
	syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
	c := <-p.near
	c.SetNoDelay(true)
	return far(fd), c
}

func (f far) Write(p []byte) (int, error) { return syscall.Write(int(f), p) }

func (f far) Read(p []byte) (int, error) {
	n, err := syscall.Read(int(f), p)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

func (f far) Close() { syscall.Close(int(f)) }

// inUse is what the process needs for heap and stacks.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// An idle tunnel, with connections, goroutines and timeouts, after bytes have passed
// both ways. Two stacks are 4 KB of it, two goroutines 1 KB, two connections 0.8 KB.
func TestIdleMemory(t *testing.T) {
	const pairs, limit = 1000, 6656
	p := listenLoopback(t)
	done := make(chan Result, pairs)
	var tunnels Group
	ends := make([]far, 0, 2*pairs)
	warm := func() {
		fa, a := p.dial(t)
		fb, b := p.dial(t)
		ends = append(ends, fa, fb)
		Join(a, b, Options{Idle: time.Hour, Group: &tunnels}, func(r Result) { done <- r })
		one := make([]byte, 1)
		for range 3 {
			fa.Write(one)
			io.ReadFull(fb, one)
			fb.Write(one)
			io.ReadFull(fa, one)
		}
	}
	for range 50 { // what is allocated once
		warm()
	}
	before := inUse()
	for range pairs - 50 {
		warm()
	}
	per := (inUse() - before) / (pairs - 50)
	t.Logf("%d bytes a pair", per)
	if per > limit && !raceEnabled {
		t.Errorf("an idle pair takes %d bytes, want at most %d", per, limit)
	}
	for _, f := range ends {
		f.Close()
	}
	for range pairs {
		<-done
	}
}

// echo is a tunnel to a server that sends back what it gets.
func echo(b testing.TB, o Options) (far, func()) {
	p := listenLoopback(b)
	client, a := p.dial(b)
	server, up := p.dial(b)
	ended := make(chan bool)
	go func() {
		defer close(ended)
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			if err != nil {
				return
			}
			server.Write(buf[:n])
		}
	}()
	done := make(chan Result, 1)
	Join(a, up, o, func(r Result) { done <- r })
	return client, func() {
		client.Close()
		<-done
		<-ended
		server.Close()
	}
}

func TestRelayAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector empties pools")
	}
	client, stop := echo(t, Options{Idle: time.Hour})
	defer stop()
	msg := make([]byte, 100)
	n := testing.AllocsPerRun(2000, func() {
		client.Write(msg)
		io.ReadFull(client, msg)
	})
	if n != 0 {
		t.Errorf("got %v allocations for a message and its echo, want 0", n)
	}
}

func benchmarkEcho(b *testing.B, size int) {
	client, stop := echo(b, Options{Idle: time.Hour})
	defer stop()
	msg, back := make([]byte, size), make([]byte, size)
	b.SetBytes(int64(2 * size))
	b.ReportAllocs()
	for b.Loop() {
		if size <= 64<<10 {
			client.Write(msg)
			io.ReadFull(client, back)
			continue
		}
		sent := make(chan bool)
		go func() {
			for p := msg; len(p) > 0; {
				n, _ := client.Write(p)
				p = p[n:]
			}
			close(sent)
		}()
		io.ReadFull(client, back)
		<-sent
	}
}

func BenchmarkEcho100(b *testing.B) { benchmarkEcho(b, 100) }
func BenchmarkEcho1M(b *testing.B)  { benchmarkEcho(b, 1<<20) }

// BenchmarkDownload1M asks for 1 MB from the server, again and again.
func BenchmarkDownload1M(b *testing.B) {
	p := listenLoopback(b)
	client, a := p.dial(b)
	server, up := p.dial(b)
	data := make([]byte, 1<<20)
	ended := make(chan bool)
	go func() {
		defer close(ended)
		one := make([]byte, 1)
		for {
			if _, err := server.Read(one); err != nil {
				return
			}
			server.Write(data)
		}
	}()
	done := make(chan Result, 1)
	Join(a, up, Options{Idle: time.Hour}, func(r Result) { done <- r })
	got := make([]byte, 1<<20)
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		client.Write(got[:1])
		io.ReadFull(client, got)
	}
	client.Close()
	<-done
	<-ended
	server.Close()
}
