package conn

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A pair is two ends of one connection.
type pair struct{ a, b *Conn }

func tcpPair(t testing.TB) pair {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return dialPair(t, ln)
}

func unixPair(t testing.TB) pair {
	t.Helper()
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return dialPair(t, ln)
}

func dialPair(t testing.TB, ln net.Listener) pair {
	t.Helper()
	b, err := net.Dial(ln.Addr().Network(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	p := pair{New(a), New(b)}
	t.Cleanup(func() { p.a.Close(); p.b.Close() })
	return p
}

func pipePair(t testing.TB) pair {
	a, b := net.Pipe()
	t.Cleanup(func() { a.Close(); b.Close() })
	return pair{New(a), New(b)}
}

// transports are all kinds of connections, but for systemTransports; each test of
// reading and writing runs over all of them.
var transports = map[string]func(testing.TB) pair{
	"tcp": tcpPair, "unix": unixPair, "pipe": pipePair, "tls": tlsPair,
}

func each(t *testing.T, f func(t *testing.T, p pair)) {
	for _, kind := range []map[string]func(testing.TB) pair{transports, systemTransports} {
		for name, mk := range kind {
			t.Run(name, func(t *testing.T) { f(t, mk(t)) })
		}
	}
}

func send(t *testing.T, c *Conn, s string) {
	t.Helper()
	if _, err := c.Write([]byte(s)); err != nil {
		t.Error(err)
	}
}

func TestAwaitBuffer(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		go send(t, p.b, "hello")
		b, err := p.a.AwaitBuffer(2000)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Free()
		if string(b.Bytes()) != "hello" || len(b.B) != 2048 {
			t.Errorf("got %q in %d, want hello in 2048", b.Bytes(), len(b.B))
		}
		if p.a.Received != 5 {
			t.Errorf("received %d, want 5", p.a.Received)
		}
	})
}

func TestAwaitThenRead(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		go send(t, p.b, "hello")
		if err := p.a.Await(); err != nil {
			t.Fatal(err)
		}
		if p.a.Received != 0 {
			t.Errorf("received %d after Await, want 0", p.a.Received)
		}
		got := make([]byte, 5)
		if _, err := io.ReadFull(p.a, got); err != nil || string(got) != "hello" {
			t.Errorf("got %q, %v, want hello", got, err)
		}
		if p.a.Received != 5 {
			t.Errorf("received %d, want 5", p.a.Received)
		}
	})
}

func TestAwaitEOF(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		go p.b.Close()
		if err := p.a.Await(); err != io.EOF {
			t.Errorf("Await: got %v, want EOF", err)
		}
		if _, err := p.a.AwaitBuffer(10); err != io.EOF {
			t.Errorf("AwaitBuffer: got %v, want EOF", err)
		}
		if _, err := p.a.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("Read: got %v, want EOF", err)
		}
	})
}

func TestCloseEndsWait(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		end := make(chan error)
		go func() { end <- p.a.Await() }()
		p.a.Close()
		if err := <-end; !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want %v", err, net.ErrClosed)
		}
	})
}

func TestReadTimeout(t *testing.T) {
	const d = 30 * time.Millisecond
	each(t, func(t *testing.T, p pair) {
		for name, read := range map[string]func() error{
			"Await":       p.a.Await,
			"AwaitBuffer": func() error { _, err := p.a.AwaitBuffer(10); return err },
			"Read":        func() error { _, err := p.a.Read(make([]byte, 10)); return err },
		} {
			// a second timeout must be whole again
			for range 2 {
				start := time.Now()
				p.a.SetReadTimeout(d)
				err := read()
				if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took < d {
					t.Errorf("%s: got %v after %v, want a timeout after %v", name, err, took, d)
				}
			}
		}
		p.a.SetReadTimeout(0)
		go send(t, p.b, "late")
		b, err := p.a.AwaitBuffer(10)
		if err != nil || string(b.Bytes()) != "late" {
			t.Fatalf("after timeouts: got %v, want data", err)
		}
	})
}

// An armed deadline that is too early wakes the reader, who must go on.
func TestTimeoutMovedLater(t *testing.T) {
	p := tcpPair(t)
	p.a.SetReadTimeout(20 * time.Millisecond)
	p.a.armRead()
	const d = 80 * time.Millisecond
	start := time.Now()
	p.a.SetReadTimeout(d)
	if err := p.a.Await(); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) < d {
		t.Errorf("got %v after %v, want a timeout after %v", err, time.Since(start), d)
	}
	p.a.SetReadTimeout(time.Hour)
	p.a.armRead()
	p.a.SetReadTimeout(d)
	start = time.Now()
	if err := p.a.Await(); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) > time.Minute {
		t.Errorf("got %v after %v, want a timeout after %v", err, time.Since(start), d)
	}
}

func TestInterrupt(t *testing.T) {
	for _, name := range []string{"tcp", "unix", "tls"} {
		t.Run(name, func(t *testing.T) {
			p := transports[name](t)
			p.a.SetReadTimeout(time.Hour)
			for range 3 {
				go p.a.Interrupt()
				if err := p.a.Await(); err != ErrInterrupted {
					t.Fatalf("got %v, want %v", err, ErrInterrupted)
				}
			}
			send(t, p.b, "x")
			b, err := p.a.AwaitBuffer(1)
			if err != nil {
				t.Fatalf("after an interrupt: %v", err)
			}
			b.Free()
		})
	}
}

func TestWriteTimeout(t *testing.T) {
	p := tcpPair(t)
	p.a.SetWriteTimeout(30 * time.Millisecond)
	n, err := p.a.Write(make([]byte, 64<<20))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v, want a timeout", err)
	}
	if n == 0 || p.a.Sent != int64(n) {
		t.Errorf("wrote %d, counted %d", n, p.a.Sent)
	}
}

func TestWritev(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	lists := [][][]byte{
		{},
		{[]byte("a"), nil, []byte("bc")},
		{[]byte("head"), big, []byte("tail")},
		bytes.SplitAfter(bytes.Repeat([]byte("line\n"), 1000), []byte("\n")),
		{big, big[:5]},
		{big[:9000], big[:9000], nil},
	}
	each(t, func(t *testing.T, p pair) {
		for i, bufs := range lists {
			want := bytes.Join(bufs, nil)
			done := make(chan bool)
			go func() {
				defer close(done)
				n, err := p.b.Writev(bufs...)
				if err != nil || n != int64(len(want)) {
					t.Errorf("list %d: wrote %d, %v, want %d", i, n, err, len(want))
				}
			}()
			got := make([]byte, len(want))
			if _, err := io.ReadFull(p.a, got); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("list %d: got %d bytes, %v, or other content", i, len(got), err)
			}
			<-done
		}
	})
}

func TestSendFile(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	each(t, func(t *testing.T, p pair) {
		const off = 3
		n := int64(len(data)) - 10
		go func() {
			if err := p.b.SendFile(f, off, n); err != nil {
				t.Error(err)
			}
			if err := p.b.SendFile(f, int64(len(data))-2, 5); err != io.ErrUnexpectedEOF {
				t.Errorf("past the end: got %v, want %v", err, io.ErrUnexpectedEOF)
			}
			p.b.Close()
		}()
		got, err := io.ReadAll(p.a)
		want := string(data[off:off+n]) + string(data[len(data)-2:])
		if err != nil || string(got) != want {
			t.Errorf("got %d bytes, %v, want %d", len(got), err, len(want))
		}
		if at, _ := f.Seek(0, io.SeekCurrent); at != 0 {
			t.Errorf("the file's offset is %d, want 0", at)
		}
	})
}

func TestResetIsRST(t *testing.T) {
	p := tcpPair(t)
	p.a.Reset()
	_, err := p.b.Read(make([]byte, 1))
	if errno, _ := Errno(err); errno != syscall.ECONNRESET {
		t.Errorf("got %v, want ECONNRESET", err)
	}
	if got, want := ErrnoText(err), "(104: Connection reset by peer)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReadWaitsAfterState(t *testing.T) {
	p := tcpPair(t)
	if s := p.a.State(); s != Alive {
		t.Fatalf("State = %v, want Alive", s)
	}
	// With nothing sent, a read must wait for its timeout.
	p.a.SetReadTimeout(20 * time.Millisecond)
	if _, err := p.a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read after State: %v, want %v", err, os.ErrDeadlineExceeded)
	}
}
