package faults

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A word is one thing that a backend does with a connection.
type word struct {
	verb string
	arg  string
}

// fine is what a backend does if the fault says nothing of it.
const fine = `head "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"`

// words reads what a backend does: verbs with an argument after a colon, and quoted
// text to send.
func words(text string) (list []word, err error) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		if q, err := strconv.QuotedPrefix(text); err == nil {
			s, err := strconv.Unquote(q)
			if err != nil {
				return nil, err
			}
			list, text = append(list, word{"send", s}), text[len(q):]
			continue
		}
		w, rest, _ := strings.Cut(text, " ")
		verb, arg, _ := strings.Cut(w, ":")
		if verbs[verb] == nil {
			return nil, fmt.Errorf("unknown word %q", w)
		}
		list, text = append(list, word{verb, arg}), rest
	}
	return list, nil
}

// verbs are what a backend can do. Errors show in what the program finds.
var verbs = map[string]func(c net.Conn, arg string){
	"send": func(c net.Conn, arg string) { io.WriteString(c, arg) },
	"some": func(c net.Conn, _ string) { c.Read(make([]byte, 4096)) },
	"head": func(c net.Conn, _ string) { readHead(c) },
	"echo": func(c net.Conn, _ string) { io.Copy(c, c) },
	"hang": func(c net.Conn, _ string) { io.Copy(io.Discard, c) },
	"deaf": func(c net.Conn, arg string) { wait(arg) },
	"wait": func(c net.Conn, arg string) { wait(arg) },
	"reset": func(c net.Conn, _ string) {
		c.(*net.TCPConn).SetLinger(0)
		c.Close()
	},
	"fill": func(c net.Conn, arg string) {
		n, _ := strconv.Atoi(arg)
		io.WriteString(c, strings.Repeat("f", n))
	},
	// upgrades if the request asks for it
	"upgrade": func(c net.Conn, _ string) {
		h := strings.ToLower(readHead(c))
		if strings.Contains(h, "\r\nupgrade: websocket\r\n") && strings.Contains(h, "\r\nconnection: upgrade\r\n") {
			io.WriteString(c, switching+"bye")
			return
		}
		io.WriteString(c, "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	},
	"switch": func(c net.Conn, _ string) {
		readHead(c)
		io.WriteString(c, switching)
	},
	// refuses each TLS handshake
	"tls": func(c net.Conn, _ string) {
		tls.Server(c, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, nil }}).Handshake()
	},
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"

func wait(arg string) {
	d, _ := time.ParseDuration(arg)
	time.Sleep(d) // what is tried is that time passes
}

// readHead reads the head of a request, with a line end before it.
func readHead(c net.Conn) string {
	text := "\r\n"
	for in := bufio.NewReader(c); ; {
		line, err := in.ReadString('\n')
		if err != nil || line == "\r\n" {
			return text
		}
		text += line
	}
}

// backend listens and does the words of text with each connection; the connections
// of a text with lines take a line each, and the last line again.
func backend(t *testing.T, text string) (addr string) {
	t.Helper()
	var lines [][]word
	for line := range strings.Lines(text) {
		w, err := words(line)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, w)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for n := 0; ; n++ {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			do := lines[min(n, len(lines)-1)]
			wg.Go(func() {
				defer c.Close()
				for _, w := range do {
					verbs[w.verb](c, w.arg)
				}
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return ln.Addr().String()
}
