package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"time"
)

// backendAnswers are the answers of the backend, by path: written whole, so
// that it costs as little as it can beside the server.
var backendAnswers = map[string][]byte{
	"/small": answer(smallBody),
	"/large": answer(largeBody),
}

func answer(size int) []byte {
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nServer: backend\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", size)
	return append([]byte(head), bytes.Repeat([]byte("x"), size)...)
}

// listenBackend starts the backend. It answers the paths above, and to a
// WebSocket handshake it agrees and then sends back what it gets: a tunnel does
// not look into frames, so the backend need not either.
func listenBackend() (net.Listener, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return // closed
			}
			go serveBackend(conn)
		}
	}()
	return ln, nil
}

func serveBackend(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 1024)
	for {
		var path, key string
		for first := true; ; first = false {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			line = bytes.TrimRight(line, "\r\n")
			if first {
				if f := bytes.Fields(line); len(f) == 3 {
					path = string(f[1])
				}
			} else if len(line) == 0 {
				break
			} else if name, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(name, []byte("Sec-WebSocket-Key")) {
				key = string(bytes.TrimSpace(value))
			}
		}
		if key != "" {
			sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
			fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
				base64.StdEncoding.EncodeToString(sum[:]))
			echoFrames(conn, in)
			return
		}
		out, ok := backendAnswers[path]
		if !ok {
			out = []byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
	}
}

// closeFrame is the frame that ends a WebSocket, masked and empty (RFC 6455, 5.5.1).
const closeFrame = "\x88\x80\x00\x00\x00\x00"

// echoFrames sends back what comes until that is a close frame. It uses no pipe for
// that, as io.Copy does, which takes two more open files. In the end it resets the
// connection, so that thousands of them leave no port in TIME_WAIT behind.
func echoFrames(conn net.Conn, in io.Reader) {
	b := make([]byte, 1024)
	for {
		n, err := in.Read(b)
		if n > 0 && b[0] == closeFrame[0] {
			conn.(*net.TCPConn).SetLinger(0)
			return
		}
		if _, werr := conn.Write(b[:n]); err != nil || werr != nil {
			return
		}
	}
}

// A pack is open tunnels.
type pack []net.Conn

// close has the backend end all tunnels, and waits until they have ended.
func (p pack) close() {
	for _, c := range p {
		c.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(c, closeFrame)
	}
	for _, c := range p {
		io.Copy(io.Discard, c)
		c.Close()
	}
}

// openTunnels opens n WebSocket connections and sends one message over each.
// What is open when it fails is returned, too.
func openTunnels(ctx context.Context, addr string, n int) (pack, error) {
	var open pack
	message := []byte("\x81\x85\x00\x00\x00\x00hello") // a masked text frame
	for range n {
		conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", addr)
		if err != nil {
			return open, err
		}
		open = append(open, conn)
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprint(conn, "GET /ws/ HTTP/1.1\r\nHost: bench.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
		in := bufio.NewReaderSize(conn, 1024)
		for first := true; ; first = false {
			line, err := in.ReadString('\n')
			if err != nil {
				return open, fmt.Errorf("handshake: %w", err)
			}
			if first && line != "HTTP/1.1 101 Switching Protocols\r\n" {
				return open, fmt.Errorf("handshake: got %q", line)
			}
			if line == "\r\n" {
				break
			}
		}
		conn.Write(message)
		echo := make([]byte, len(message))
		if _, err := io.ReadFull(in, echo); err != nil || !bytes.Equal(echo, message) {
			return open, fmt.Errorf("message: got %q, %v", echo, err)
		}
		conn.SetDeadline(time.Time{})
	}
	return open, nil
}
