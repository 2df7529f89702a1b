package tunnel

import (
	"bytes"
	"crypto/rand"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"understudy/runtime/conn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A rig is a tunnel with the far ends of both of its connections.
type rig struct {
	client, server *net.TCPConn // far ends of a and b
	a, b           *conn.Conn
	t              *Tunnel
	result         chan Result
}

func tcpPair(t testing.TB) (near *conn.Conn, far *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	f, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	n, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return conn.New(n), f.(*net.TCPConn)
}

func newRig(t testing.TB) *rig {
	r := &rig{result: make(chan Result, 1)}
	r.a, r.client = tcpPair(t)
	r.b, r.server = tcpPair(t)
	t.Cleanup(func() {
		r.client.Close()
		r.server.Close()
		if r.t != nil {
			r.t.Close()
		}
	})
	return r
}

func (r *rig) join(o Options) { r.t = Join(r.a, r.b, o, func(res Result) { r.result <- res }) }

func (r *rig) wait(t *testing.T) Result {
	t.Helper()
	select {
	case res := <-r.result:
		res.FirstB = 0 // a time
		return res
	case <-time.After(10 * time.Second):
		t.Fatal("the tunnel did not end")
		return Result{}
	}
}

func expect(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("got %q, %v, want %q", got[:n], err, want)
	}
}

func say(t *testing.T, c net.Conn, s string) {
	t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		t.Fatal(err)
	}
}

func TestBothWays(t *testing.T) {
	r := newRig(t)
	r.a.Unread([]byte("early a "))
	r.b.Unread([]byte("early b "))
	r.join(Options{})
	say(t, r.client, "hello")
	expect(t, r.server, "early a hello")
	say(t, r.server, "world")
	expect(t, r.client, "early b world")
	r.client.Close()
	if got, want := r.wait(t), (Result{End: ByA, AToB: 13, BToA: 13}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if r.a.Sent != 13 || r.b.Sent != 13 || r.a.Received != 5 || r.b.Received != 5 {
		t.Errorf("counted a %d/%d, b %d/%d; Unread bytes are not counted here, for no read had been",
			r.a.Received, r.a.Sent, r.b.Received, r.b.Sent)
	}
	expectEOF(t, r.server)
}

func expectEOF(t *testing.T, c net.Conn) {
	t.Helper()
	if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("got %d bytes, %v, want EOF", n, err)
	}
}

// What a side sent before it ended is delivered whole.
func TestEndDeliversAll(t *testing.T) {
	data := make([]byte, 3<<20)
	rand.Read(data)
	r := newRig(t)
	r.join(Options{Idle: time.Minute})
	go func() {
		r.server.Write(data)
		r.server.Close()
	}()
	got, err := io.ReadAll(r.client)
	if err != nil || !bytes.Equal(got, data) {
		t.Fatalf("got %d bytes, %v, want %d", len(got), err, len(data))
	}
	if got, want := r.wait(t), (Result{End: ByB, BToA: int64(len(data))}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Without HalfClose the end of one direction ends both, as in nginx.
func TestEndEndsBoth(t *testing.T) {
	r := newRig(t)
	r.join(Options{})
	say(t, r.client, "bye")
	r.client.CloseWrite()
	expect(t, r.server, "bye")
	expectEOF(t, r.server)
	expectEOF(t, r.client)
	if got := r.wait(t); got.End != ByA {
		t.Errorf("got %+v, want %v", got, ByA)
	}
}

func TestHalfClose(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  End
		ends func(r *rig) (first, last *net.TCPConn)
	}{
		{"client first", ByB, func(r *rig) (*net.TCPConn, *net.TCPConn) { return r.client, r.server }},
		{"server first", ByA, func(r *rig) (*net.TCPConn, *net.TCPConn) { return r.server, r.client }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.join(Options{HalfClose: true, Idle: time.Minute})
			first, last := tt.ends(r)
			say(t, first, "request")
			first.CloseWrite()
			expect(t, last, "request")
			expectEOF(t, last)
			say(t, last, "response")
			expect(t, first, "response")
			last.CloseWrite()
			expectEOF(t, first)
			if got := r.wait(t); got.End != tt.end || got.Err != nil {
				t.Errorf("got %+v, want %v", got, tt.end)
			}
		})
	}
}

// Both ends at once must end the tunnel too.
func TestHalfCloseBothAtOnce(t *testing.T) {
	for range 50 {
		r := newRig(t)
		r.join(Options{HalfClose: true})
		go r.client.CloseWrite()
		r.server.CloseWrite()
		if got := r.wait(t); got.End != ByA && got.End != ByB {
			t.Fatalf("got %+v", got)
		}
	}
}

func TestIdleTimeout(t *testing.T) {
	const idle = 50 * time.Millisecond
	for name, prepare := range map[string]func(r *rig){
		"silent":         func(*rig) {},
		"client talked":  func(r *rig) { io.WriteString(r.client, "x") },
		"server talked":  func(r *rig) { io.WriteString(r.server, "x") },
		"client ended":   func(r *rig) { r.client.CloseWrite() },
		"server ended":   func(r *rig) { r.server.CloseWrite() },
		"client is full": func(r *rig) { go r.server.Write(make([]byte, 32<<20)) },
		"server is full": func(r *rig) { go r.client.Write(make([]byte, 32<<20)) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			start := time.Now()
			r.join(Options{Idle: idle, HalfClose: true})
			prepare(r)
			got := r.wait(t)
			if took := time.Since(start); got.End != Timeout || took < idle {
				t.Errorf("got %+v after %v, want %v after %v", got, took, Timeout, idle)
			}
		})
	}
}

// Bytes in one direction keep the tunnel open, whichever it is.
func TestActivityEitherWay(t *testing.T) {
	const idle = 200 * time.Millisecond
	for _, fromServer := range []bool{false, true} {
		r := newRig(t)
		r.join(Options{Idle: idle})
		from, to := r.client, r.server
		if fromServer {
			from, to = to, from
		}
		for start := time.Now(); time.Since(start) < 2*idle; time.Sleep(idle / 10) {
			say(t, from, "x")
			expect(t, to, "x")
		}
		select {
		case got := <-r.result:
			t.Errorf("from server %v: the tunnel ended: %+v", fromServer, got)
		default:
		}
	}
}

func TestSendTimeout(t *testing.T) {
	for _, tt := range []struct {
		o    Options
		end  End
		from func(*rig) *net.TCPConn
	}{
		{Options{SendA: 30 * time.Millisecond, Idle: time.Minute}, SendA, func(r *rig) *net.TCPConn { return r.server }},
		{Options{SendB: 30 * time.Millisecond, Idle: time.Minute}, SendB, func(r *rig) *net.TCPConn { return r.client }},
	} {
		r := newRig(t)
		r.join(tt.o)
		go tt.from(r).Write(make([]byte, 32<<20))
		if got := r.wait(t); got.End != tt.end {
			t.Errorf("got %+v, want %v", got, tt.end)
		}
	}
}

func TestReset(t *testing.T) {
	r := newRig(t)
	r.join(Options{})
	r.client.SetLinger(0)
	r.client.Close()
	got := r.wait(t)
	if errno, _ := conn.Errno(got.Err); got.End != ByA || errno != syscall.ECONNRESET {
		t.Errorf("got %+v, want %v with ECONNRESET", got, ByA)
	}
	expectEOF(t, r.server)
}

func TestGroupClose(t *testing.T) {
	var g Group
	rigs := make([]*rig, 5)
	for i := range rigs {
		rigs[i] = newRig(t)
		rigs[i].join(Options{Group: &g})
	}
	rigs[2].client.Close()
	rigs[2].wait(t)
	if got := g.Len(); got != 4 {
		t.Errorf("got %d open, want 4", got)
	}
	g.Close()
	for i, r := range rigs {
		if i == 2 {
			continue
		}
		if got := r.wait(t); got.End != Closed || got.Err != nil {
			t.Errorf("got %+v, want %v", got, Closed)
		}
		expectEOF(t, r.client)
	}
	if got := g.Len(); got != 0 {
		t.Errorf("got %d open, want 0", got)
	}
}

// done may still use the connections.
func TestDoneMayWrite(t *testing.T) {
	r := newRig(t)
	Join(r.a, r.b, Options{}, func(res Result) {
		r.a.Write([]byte("bye"))
		r.result <- res
	})
	r.server.Close()
	expect(t, r.client, "bye")
	expectEOF(t, r.client)
	r.wait(t)
}

func TestRate(t *testing.T) {
	r := newRig(t)
	const rate = 20000
	r.join(Options{RateB: rate, Idle: 500 * time.Millisecond})
	start := time.Now()
	go func() {
		r.server.Write(make([]byte, rate*3/2))
		r.server.Close()
	}()
	got, err := io.ReadAll(r.client)
	took := time.Since(start)
	if err != nil || len(got) != rate*3/2 {
		t.Fatalf("got %d bytes, %v, want %d", len(got), err, rate*3/2)
	}
	// A second's worth is free; the rest waits for the next.
	if took < 900*time.Millisecond || took > 3*time.Second {
		t.Errorf("took %v, want about 1s", took)
	}
	if got := r.wait(t); got.End != ByB {
		t.Errorf("got %+v, want %v", got, ByB)
	}
}

func TestCloseWhileRated(t *testing.T) {
	r := newRig(t)
	r.join(Options{RateA: 1})
	say(t, r.client, "much")
	expect(t, r.server, "m")
	r.t.Close()
	if got := r.wait(t); got.End != Closed {
		t.Errorf("got %+v, want %v", got, Closed)
	}
}
