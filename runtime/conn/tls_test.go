package conn

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"slices"
	"testing"
	"time"
)

// tlsPair is a TLS connection over TCP, b being the client.
func tlsPair(t testing.TB) pair {
	t.Helper()
	p := tcpPair(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	server := tls.Server(p.a.Lower(), &tls.Config{Certificates: []tls.Certificate{cert}, DynamicRecordSizingDisabled: true})
	client := tls.Client(p.b.Lower(), &tls.Config{InsecureSkipVerify: true})
	done := make(chan error)
	go func() { done <- server.Handshake() }()
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	p.a.Secure(server)
	p.b.Secure(client)
	return p
}

// TestTLSAlloc has that a Conn allocates nothing beside crypto/tls.
func TestTLSAlloc(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	p := tlsPair(t)
	server, client := p.a.NetConn(), p.b.NetConn()
	request, answer := make([]byte, 80), make([]byte, 200)
	in := make([]byte, 4<<10)
	theirs := testing.AllocsPerRun(500, func() {
		client.Write(request)
		server.Read(in)
		server.Write(answer)
		client.Read(in)
	})
	ours := testing.AllocsPerRun(500, func() {
		client.Write(request)
		b, err := p.a.AwaitBuffer(1 << 10)
		if err != nil || b.Len() != len(request) {
			t.Fatalf("got %v, %v", b, err)
		}
		b.Free()
		p.a.Writev(answer[:100], answer[100:])
		client.Read(in)
	})
	if ours > theirs {
		t.Errorf("got %v allocations, crypto/tls alone has %v", ours, theirs)
	}
}

// TestTLSRecords has that head and body share a record, and that records are not
// longer than they may be.
func TestTLSRecords(t *testing.T) {
	for _, tt := range []struct {
		record int
		pieces []int
		want   []int // bytes in each record
	}{
		{0, []int{200, 300}, []int{500}},
		{0, []int{200, 40000}, []int{16384, 16384, 7432}},
		{16384, []int{16384, 16384}, []int{16384, 16384}},
		{4096, []int{200, 8000}, []int{4096, 4096, 8}},
		{4096, []int{10000}, []int{4096, 4096, 1808}},
		{65536, []int{40000}, []int{16384, 16384, 7232}},
	} {
		p := tlsPair(t)
		p.a.SetRecord(tt.record)
		var all int
		var pieces [][]byte
		for _, n := range tt.pieces {
			pieces, all = append(pieces, make([]byte, n)), all+n
		}
		go p.a.Writev(pieces...)
		var got []int
		for b := make([]byte, 64<<10); all > 0; { // one read is of one record
			n, err := p.b.NetConn().Read(b)
			if err != nil {
				t.Fatal(err)
			}
			got, all = append(got, n), all-n
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%d, %v: got records %v, want %v", tt.record, tt.pieces, got, tt.want)
		}
	}
}

// TestTLSBroken has that nothing is sent after a record that could not be: it would
// not be what TLS at the other end waits for.
func TestTLSBroken(t *testing.T) {
	p := tlsPair(t)
	p.a.Write([]byte("first"))
	p.a.Cancel()
	if _, err := p.a.Write([]byte("lost")); err != ErrCanceled {
		t.Fatalf("got %v, want %v", err, ErrCanceled)
	}
	p.a.Resume()
	p.a.CloseWrite()
	p.a.Close()
	if got, err := io.ReadAll(p.b); string(got) != "first" || err != nil && err != io.ErrUnexpectedEOF {
		t.Errorf("got %q, %v", got, err)
	}
}
