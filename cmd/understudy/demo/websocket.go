package demo

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa
)

// Status codes of RFC 6455, section 7.4.1.
const (
	statusProtocolError = 1002
	statusNotUTF8       = 1007
	statusTooBig        = 1009
)

const (
	maxMessage   = 1 << 20         // bytes
	writeTimeout = 5 * time.Second // for one frame
)

// A socket is the server's end of a WebSocket connection.
type socket struct {
	conn net.Conn
	in   *bufio.Reader
	mu   sync.Mutex // guards writes: the chat sends from other goroutines
}

// accept does the opening handshake of RFC 6455, section 4.2. If it fails the
// status line is written, and the caller writes the body.
func accept(w http.ResponseWriter, req *http.Request) (*socket, error) {
	refuse := func(status int, why string) (*socket, error) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		return nil, errors.New(why)
	}
	key := req.Header.Get("Sec-WebSocket-Key")
	nonce, err := base64.StdEncoding.DecodeString(key)
	switch {
	case !token(req.Header, "Upgrade", "websocket") || !token(req.Header, "Connection", "upgrade"):
		w.Header().Set("Upgrade", "websocket")
		return refuse(http.StatusUpgradeRequired, "this port speaks WebSocket; the request did not ask for an upgrade")
	case req.Method != http.MethodGet:
		return refuse(http.StatusMethodNotAllowed, "a WebSocket handshake is a GET")
	case req.Header.Get("Sec-WebSocket-Version") != "13":
		w.Header().Set("Sec-WebSocket-Version", "13")
		return refuse(http.StatusUpgradeRequired, "the WebSocket version is not 13")
	case err != nil || len(nonce) != 16:
		return refuse(http.StatusBadRequest, "Sec-WebSocket-Key is not 16 bytes in base64")
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return refuse(http.StatusInternalServerError, err.Error())
	}
	conn.SetDeadline(time.Time{}) // the server's limit for the head ends here
	ws := &socket{conn: conn, in: rw.Reader}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	err = ws.write(fmt.Appendf(nil, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:])))
	if err != nil {
		conn.Close() // the first receive says so
	}
	return ws, nil
}

// token reports whether a field's list has a token, in any case.
func token(h http.Header, field, want string) bool {
	for _, line := range h.Values(field) {
		for t := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(t), want) {
				return true
			}
		}
	}
	return false
}

// receive returns the next message, text or binary. It answers pings on the
// way, and ends with io.EOF after the closing handshake. What the peer may not
// send it answers with a close frame, and with an error.
func (ws *socket) receive() (op byte, msg []byte, err error) {
	for {
		f, err := readFrame(ws.in, maxMessage-len(msg))
		if err != nil {
			return 0, nil, ws.fail(err)
		}
		switch f.op {
		case opClose:
			ws.send(opClose, f.payload[:min(2, len(f.payload))]) // the status, back
			return 0, nil, io.EOF
		case opPing:
			if err := ws.send(opPong, f.payload); err != nil {
				return 0, nil, err
			}
			continue
		case opPong:
			continue
		case opContinuation:
			if op == 0 {
				return 0, nil, ws.fail(violation{statusProtocolError, "continuation of nothing"})
			}
		default:
			if op != 0 {
				return 0, nil, ws.fail(violation{statusProtocolError, "a message within a message"})
			}
			op = f.op
		}
		msg = append(msg, f.payload...)
		if f.fin {
			if op == opText && !utf8.Valid(msg) {
				return 0, nil, ws.fail(violation{statusNotUTF8, "text is not UTF-8"})
			}
			return op, msg, nil
		}
	}
}

// fail tells the peer what it did wrong, if it did, and returns err.
func (ws *socket) fail(err error) error {
	if v, ok := errors.AsType[violation](err); ok {
		ws.send(opClose, append(binary.BigEndian.AppendUint16(nil, v.status), v.reason...))
	}
	return err
}

// send sends one frame. Several goroutines may call it.
func (ws *socket) send(op byte, payload []byte) error {
	return ws.write(appendFrame(nil, op, payload))
}

func (ws *socket) write(b []byte) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, err := ws.conn.Write(b)
	return err
}
