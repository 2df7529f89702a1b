package conn

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

func TestPatience(t *testing.T) {
	for _, name := range []string{"tcp", "unix", "tls"} {
		t.Run(name, func(t *testing.T) {
			p := transports[name](t)
			lost := make(chan bool, 2)
			if before := p.a.SetPatience(&Patience{time.Millisecond, func() { lost <- true }}); before != nil {
				t.Error("there was a patience before")
			}
			const size = 32 << 20
			written := make(chan error)
			go func() { _, err := p.a.Write(make([]byte, size)); written <- err }()
			<-lost // before anything is read
			if n, err := io.CopyN(io.Discard, p.b, size); n != size {
				t.Errorf("got %d bytes, %v, want all", n, err)
			}
			if err := <-written; err != nil {
				t.Error(err)
			}
			if p.a.SetPatience(nil) != nil || len(lost) != 0 {
				t.Error("lost twice")
			}
		})
	}
}

// Patience is what is left of it after each write, and does not lengthen or
// shorten the timeout.
func TestPatienceIsSpent(t *testing.T) {
	p := tcpPair(t)
	n := 0
	a := &Patience{time.Hour, func() { n++ }}
	p.a.SetPatience(a)
	p.a.SetWriteTimeout(20 * time.Millisecond)
	began := time.Now()
	if _, err := p.a.Write(make([]byte, 32<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want a timeout", err)
	}
	took := time.Since(began)
	if spent := time.Hour - a.Left; spent < 20*time.Millisecond || spent > took {
		t.Errorf("%v spent in a write of %v", spent, took)
	}
	p.a.Spend(time.Hour)
	p.a.Spend(time.Hour)
	if n != 1 {
		t.Errorf("lost %d times, want once", n)
	}
}
