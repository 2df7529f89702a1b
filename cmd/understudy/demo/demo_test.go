package demo

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T) *Backends {
	t.Helper()
	b, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// A client is the other end of a socket, with nothing but what a test needs.
type client struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

// dial opens a WebSocket to a backend and reads its welcome.
func dial(t *testing.T, b *Backends, backend int, path string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", b.addrs[backend].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	c := &client{t, conn, bufio.NewReader(conn)}
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path)
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	// The key and its answer are the example of RFC 6455, section 1.3.
	if got, want := resp.Header.Get("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; resp.StatusCode != 101 || got != want {
		t.Fatalf("handshake: got %s, accept %q, want 101 and %q", resp.Status, got, want)
	}
	return c
}

// write sends a masked frame.
func (c *client) write(first byte, payload string) {
	c.t.Helper()
	mask := [4]byte{1, 2, 3, 4}
	f := []byte{first}
	switch n := len(payload); {
	case n < 126:
		f = append(f, 0x80|byte(n))
	default:
		f = binary.BigEndian.AppendUint16(append(f, 0x80|126), uint16(n))
	}
	f = append(f, mask[:]...)
	for i := range len(payload) {
		f = append(f, payload[i]^mask[i%4])
	}
	if _, err := c.Write(f); err != nil {
		c.t.Fatal(err)
	}
}

// want reads one frame and compares it.
func (c *client) want(op byte, payload string) {
	c.t.Helper()
	gotOp, got := c.read()
	if gotOp != op || got != payload {
		c.t.Fatalf("got frame %#x %.80q, want %#x %.80q", gotOp, got, op, payload)
	}
}

func (c *client) read() (op byte, payload string) {
	c.t.Helper()
	var head [2]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		c.t.Fatal(err)
	}
	if head[0]&0x80 == 0 || head[1]&0x80 != 0 {
		c.t.Fatalf("got a frame that is masked or not the last: % x", head)
	}
	size := int(head[1])
	if size == 126 {
		var b [2]byte
		if _, err := io.ReadFull(c.in, b[:]); err != nil {
			c.t.Fatal(err)
		}
		size = int(binary.BigEndian.Uint16(b[:]))
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(c.in, b); err != nil {
		c.t.Fatal(err)
	}
	return head[0] & 0x0f, string(b)
}

func TestEcho(t *testing.T) {
	b := start(t)
	for i, addr := range b.Addrs() {
		name := fmt.Sprintf("backend %d: ", addr.Port())
		c := dial(t, b, i, "/wsapp/")
		c.want(opText, name+"welcome to the echo")
		c.write(0x81, "hello")
		c.want(opText, name+"hello")
		c.write(0x82, "\x00\xff") // binary comes back as it is
		c.want(opBinary, "\x00\xff")
		c.write(0x89, "are you there")
		c.want(opPong, "are you there")
		c.write(0x01, "one, ") // in three frames, with a ping between them
		c.write(0x00, "two, ")
		c.write(0x89, "")
		c.write(0x80, "three")
		c.want(opPong, "")
		c.want(opText, name+"one, two, three")
		long := strings.Repeat("long ", 1000)
		c.write(0x81, long)
		c.want(opText, name+long)
		c.write(0x88, "\x03\xe8bye")
		c.want(opClose, "\x03\xe8")
		if _, err := c.in.ReadByte(); err != io.EOF {
			t.Errorf("after the closing handshake: got %v, want EOF", err)
		}
	}
}

func TestViolations(t *testing.T) {
	b := start(t)
	for _, tt := range []struct {
		name  string
		bytes string
		want  uint16
	}{
		{"not masked", "\x81\x01a", 1002},
		{"reserved bit", "\xc1\x81\x00\x00\x00\x00a", 1002},
		{"unknown opcode", "\x83\x80\x00\x00\x00\x00", 1002},
		{"unknown control opcode", "\x8b\x80\x00\x00\x00\x00", 1002},
		{"fragmented ping", "\x09\x80\x00\x00\x00\x00", 1002},
		{"long ping", "\x89\xfe\x00\x7e", 1002},
		{"continuation of nothing", "\x80\x80\x00\x00\x00\x00", 1002},
		{"message within a message", "\x01\x80\x00\x00\x00\x00\x81\x80\x00\x00\x00\x00", 1002},
		{"not UTF-8", "\x81\x81\x00\x00\x00\x00\xff", 1007},
		{"too big", "\x82\xff\x00\x00\x00\x00\x00\x10\x00\x01\x00\x00\x00\x00", 1009},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, b, 0, "/")
			c.read() // welcome
			io.WriteString(c, tt.bytes)
			op, payload := c.read()
			if op != opClose || len(payload) < 2 || binary.BigEndian.Uint16([]byte(payload)) != tt.want {
				t.Errorf("got frame %#x %q, want close with %d", op, payload, tt.want)
			}
		})
	}
}

func TestChatCrossesBackends(t *testing.T) {
	b := start(t)
	port := func(i int) uint16 { return b.Addrs()[i].Port() }
	ann := dial(t, b, 0, "/wsapp/chat")
	ann.want(opText, fmt.Sprintf("backend %d: welcome to the chat, guest 1", port(0)))
	bob := dial(t, b, 3, "/wsapp/chat/")
	bob.want(opText, fmt.Sprintf("backend %d: welcome to the chat, guest 2", port(3)))
	bob.write(0x81, "hello all")
	for _, c := range []*client{ann, bob} {
		c.want(opText, fmt.Sprintf("backend %d: guest 2: hello all", port(3)))
	}
}

func TestHandshakeRefused(t *testing.T) {
	b := start(t)
	defer http.DefaultClient.CloseIdleConnections()
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	for _, tt := range []struct {
		name   string
		method string
		header []string // Upgrade, Connection, Version, Key
		status int
		field  string // that the answer must have
	}{
		{"plain GET", "GET", []string{"", "", "", ""}, 426, "Upgrade"},
		{"Connection without upgrade", "GET", []string{"websocket", "close", "13", key}, 426, "Upgrade"},
		{"another protocol", "GET", []string{"h2c", "upgrade", "13", key}, 426, "Upgrade"},
		{"POST", "POST", []string{"websocket", "upgrade", "13", key}, 405, ""},
		{"old version", "GET", []string{"websocket", "upgrade", "8", key}, 426, "Sec-WebSocket-Version"},
		{"no key", "GET", []string{"websocket", "upgrade", "13", ""}, 400, ""},
		{"short key", "GET", []string{"websocket", "upgrade", "13", "c2hvcnQ="}, 400, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, _ := http.NewRequest(tt.method, "http://"+b.Addrs()[1].String()+"/x", nil)
			for i, name := range []string{"Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key"} {
				if tt.header[i] != "" {
					req.Header.Set(name, tt.header[i])
				}
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != tt.status || tt.field != "" && resp.Header.Get(tt.field) == "" {
				t.Errorf("got %s %v, want %d with %q", resp.Status, resp.Header, tt.status, tt.field)
			}
			if want := fmt.Sprintf("backend %d: %s /x: ", b.Addrs()[1].Port(), tt.method); !strings.HasPrefix(string(body), want) {
				t.Errorf("got body %q, want it to begin with %q", body, want)
			}
		})
	}
}

func TestCloseEndsSockets(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b, err := Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, b, 0, "/chat")
	c.read() // welcome: the socket is served
	cancel()
	b.Close()
	if _, err := c.in.ReadByte(); err == nil {
		t.Error("the socket is open after Close")
	}
	if _, err := net.Dial("tcp", b.Addrs()[0].String()); err == nil {
		t.Error("the backend listens after Close")
	}
}

// A second demo beside the first finds its ports taken and takes others, and
// its files say so.
func TestPortsTaken(t *testing.T) {
	first, second := start(t), start(t)
	dir := t.TempDir()
	site, err := second.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	conf, err := os.ReadFile(site.Config)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(dir + "/html/index.html")
	if err != nil {
		t.Fatal(err)
	}
	for i, addr := range second.Addrs() {
		if addr == first.Addrs()[i] {
			t.Errorf("two backends at %v", addr)
		}
		if n := strings.Count(string(conf), fmt.Sprintf("server %v;", addr)); n != 2 {
			t.Errorf("nginx.conf has backend %v %d times, want 2:\n%s", addr, n, conf)
		}
		if !strings.Contains(string(page), fmt.Sprintf(`"%d"`, addr.Port())) {
			t.Errorf("index.html does not have backend %v", addr)
		}
	}
}

// The files have every port in the spellings that Write replaces, and in no other.
func TestFiles(t *testing.T) {
	all := append([]uint16{httpPort, streamPort}, Ports[:]...)
	var moved []Move
	for i, p := range all {
		moved = append(moved, Move{p, uint16(60001 + i)})
	}
	ports := replacer(moved)
	seen := make(map[uint16]bool)
	err := fs.WalkDir(Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(Files, name)
		out := ports.Replace(string(text))
		for _, m := range moved {
			if strings.Contains(out, fmt.Sprint(m.From)) {
				t.Errorf("%s keeps port %d", name, m.From)
			}
			if strings.Contains(out, fmt.Sprint(m.To)) {
				seen[m.From] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if !seen[p] {
			t.Errorf("no file has port %d", p)
		}
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte("\x81\x85\x01\x02\x03\x04igomn"))
	f.Add([]byte("\x89\x80\x00\x00\x00\x00"))
	f.Add([]byte("\x88\x82\x00\x00\x00\x00\x03\xe8"))
	f.Add([]byte("\x82\xfe\x00\x80\x00\x00\x00\x00"))
	f.Add([]byte("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 4096
		got, err := readFrame(bufio.NewReader(strings.NewReader(string(in))), limit)
		if err != nil {
			_, wrong := errors.AsType[violation](err)
			if !wrong && err != io.EOF && err != io.ErrUnexpectedEOF {
				t.Fatalf("got error %v", err)
			}
			return
		}
		if len(got.payload) > limit {
			t.Fatalf("got %d bytes of payload, over the limit", len(got.payload))
		}
		// What it read, masked with zeros, reads the same.
		again := appendFrame(nil, got.op, got.payload)
		head := len(again) - len(got.payload)
		again[1] |= 0x80
		again = append(append(again[:head:head], 0, 0, 0, 0), got.payload...)
		twice, err := readFrame(bufio.NewReader(strings.NewReader(string(again))), limit)
		if err != nil || twice.op != got.op || string(twice.payload) != string(got.payload) {
			t.Fatalf("got %v, %v, want %v", twice, err, got)
		}
	})
}
