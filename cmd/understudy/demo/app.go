package demo

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// A backend answers one port. A path that ends with /chat is the chat, every
// other one the echo.
type backend struct {
	name string // "backend 2222": begins every line it sends
	hub  *hub
}

func (b *backend) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	ws, err := accept(w, req)
	if err != nil {
		fmt.Fprintf(w, "%s: %s %s: %v\n", b.name, req.Method, req.URL.Path, err)
		return
	}
	if !b.hub.join(ws) {
		ws.conn.Close() // Close has begun
		return
	}
	defer b.hub.leave(ws)
	if strings.HasSuffix(strings.TrimSuffix(req.URL.Path, "/"), "/chat") {
		b.chat(ws)
	} else {
		b.echo(ws)
	}
}

// echo sends every message back, text with the backend's name before it.
func (b *backend) echo(ws *socket) {
	if ws.send(opText, fmt.Appendf(nil, "%s: welcome to the echo", b.name)) != nil {
		return
	}
	for {
		op, msg, err := ws.receive()
		if err != nil {
			return
		}
		if op == opText {
			msg = fmt.Appendf(nil, "%s: %s", b.name, msg)
		}
		if ws.send(op, msg) != nil {
			return
		}
	}
}

// chat passes every message to all who are in the chat, on all backends.
func (b *backend) chat(ws *socket) {
	guest := b.hub.enter(ws)
	defer b.hub.exit(ws)
	if ws.send(opText, fmt.Appendf(nil, "%s: welcome to the chat, guest %d", b.name, guest)) != nil {
		return
	}
	for {
		op, msg, err := ws.receive()
		if err != nil {
			return
		}
		if op == opText {
			b.hub.say(fmt.Appendf(nil, "%s: guest %d: %s", b.name, guest, msg))
		}
	}
}

// A hub holds the open sockets of all backends, and who of them is in the chat.
type hub struct {
	running sync.WaitGroup // one per socket

	mu     sync.Mutex // guards what follows
	open   map[*socket]bool
	guests map[*socket]int
	last   int // number of the newest guest
	closed bool
}

func newHub() *hub {
	return &hub{open: make(map[*socket]bool), guests: make(map[*socket]int)}
}

// join reports whether ws may go on: not once the hub is closed.
func (h *hub) join(ws *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.open[ws] = true
	h.running.Add(1)
	return true
}

func (h *hub) leave(ws *socket) {
	ws.conn.Close()
	h.mu.Lock()
	delete(h.open, ws)
	h.mu.Unlock()
	h.running.Done()
}

func (h *hub) enter(ws *socket) (guest int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	h.guests[ws] = h.last
	return h.last
}

func (h *hub) exit(ws *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.guests, ws)
}

// say sends a line to every guest. One who does not read it in time is left
// out: its own read ends it.
func (h *hub) say(line []byte) {
	h.mu.Lock()
	to := make([]*socket, 0, len(h.guests))
	for ws := range h.guests {
		to = append(to, ws)
	}
	h.mu.Unlock()
	for _, ws := range to {
		if ws.send(opText, line) != nil {
			ws.conn.Close()
		}
	}
}

// close ends every socket and waits for those who serve them.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	for ws := range h.open {
		ws.conn.Close()
	}
	h.mu.Unlock()
	h.running.Wait()
}
