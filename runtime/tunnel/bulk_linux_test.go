package tunnel

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"testing"
	"time"
)

// Much at once arrives whole and is counted, through pipes of which none remains.
func TestBulk(t *testing.T) {
	data := make([]byte, 8<<20)
	rand.Read(data)
	r := newRig(t)
	var g Group
	r.join(Options{Group: &g, HalfClose: true})
	go func() {
		r.client.Write(data)
		r.client.CloseWrite()
	}()
	go func() {
		r.server.Write(data[1:])
		r.server.CloseWrite()
	}()
	back := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(r.client)
		back <- b
	}()
	there, err := io.ReadAll(r.server)
	if err != nil || !bytes.Equal(there, data) {
		t.Errorf("got %d bytes of %d, %v", len(there), len(data), err)
	}
	if b := <-back; !bytes.Equal(b, data[1:]) {
		t.Errorf("got %d bytes back of %d", len(b), len(data)-1)
	}
	res := <-r.result
	if n := int64(len(data)); res.AToB != n || res.BToA != n-1 || r.a.Received != n || r.b.Sent != n || r.b.Received != n-1 || r.a.Sent != n-1 {
		t.Errorf("got %+v, a %d/%d, b %d/%d", res, r.a.Received, r.a.Sent, r.b.Received, r.b.Sent)
	}
	g.pipes.mu.Lock()
	defer g.pipes.mu.Unlock()
	if g.pipes.used != 0 || len(g.pipes.idle) != 0 {
		t.Errorf("%d pipes in use, %d idle", g.pipes.used, len(g.pipes.idle))
	}
}

// A peer that takes no bytes ends the tunnel by its timeout, and the pipe is closed
// with what is in it.
func TestBulkStuck(t *testing.T) {
	r := newRig(t)
	var g Group
	r.join(Options{Group: &g, SendB: 50 * time.Millisecond})
	go r.client.Write(make([]byte, 64<<20))
	if res := <-r.result; res.End != SendB {
		t.Errorf("got %v, want %v", res.End, SendB)
	}
	if g.pipes.used != 0 {
		t.Errorf("%d pipes in use", g.pipes.used)
	}
}

// BenchmarkBulk moves messages of several sizes there and back.
func BenchmarkBulk(b *testing.B) {
	for _, size := range []int{1 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20} {
		for _, with := range []string{"buffer", "pipe"} {
			b.Run(fmt.Sprintf("%s/%dk", with, size>>10), func(b *testing.B) {
				r := newRig(b)
				var g Group
				if with == "buffer" {
					g.pipes.used = mostPipes
				}
				r.join(Options{Group: &g})
				go io.Copy(struct{ io.Writer }{r.server}, struct{ io.Reader }{r.server})
				out, in := make([]byte, size), make([]byte, size)
				b.SetBytes(int64(2 * size))
				for b.Loop() {
					go r.client.Write(out)
					if _, err := io.ReadFull(r.client, in); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
