package logs

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A Syslog sends lines to a syslog server in the form of RFC 3164. It never
// waits: what the socket does not take is lost. It is safe for concurrent use,
// and connects when it is first used.
type Syslog struct {
	server   SyslogServer
	hostname string
	now      func() time.Time
	report   func(level slog.Level, msg string)
	busy     atomic.Bool // while report runs, which may lead back here

	mu     sync.Mutex // guards the following
	closed bool
	conn   net.Conn // nil: not connected
	raw    syscall.RawConn
	msg    []byte
	sent   int
	err    error
	once   func(fd uintptr) bool // bound method; a new one for each line would be garbage
}

// NewSyslog returns a sender. Report hears of failures to connect; it may be
// nil, as may now.
func NewSyslog(s SyslogServer, now func() time.Time, report func(slog.Level, string)) *Syslog {
	if now == nil {
		now = time.Now
	}
	host, _ := os.Hostname() // without a name the field is empty, as in nginx
	l := &Syslog{server: s, hostname: strings.ToLower(host), now: now, report: report}
	l.once = l.attempt
	return l
}

// Send sends a line of an access log. The error is nginx's words for a warning.
func (l *Syslog) Send(line []byte) error {
	return l.send(l.server.Severity, l.now(), line)
}

// WriteLine sends a line of an error log with the severity of its level.
func (l *Syslog) WriteLine(level slog.Level, now time.Time, line []byte) {
	if l.busy.Load() { // the line tells of this very server
		return
	}
	_ = l.send(Severity(level), now, line) // nobody could be told
}

func (l *Syslog) send(severity int, now time.Time, line []byte) error {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	if l.conn == nil {
		if err := l.dial(); err != nil {
			l.mu.Unlock()
			l.complain(err)
			return errors.New("send() to syslog failed")
		}
	}
	l.msg = append(l.header(l.msg[:0], severity, now), line...)
	size := len(l.msg)
	l.sent, l.err = 0, nil
	if err := l.raw.Write(l.once); err != nil {
		l.err = err
	}
	n, err := l.sent, l.err
	if err != nil && err != syscall.EAGAIN {
		l.conn.Close() // the next line connects again
		l.conn = nil
	}
	l.mu.Unlock()
	switch {
	case err != nil:
		return errors.New("send() to syslog failed")
	case n != size:
		return fmt.Errorf("send() to syslog has written only %d of %d", n, size)
	}
	return nil
}

// attempt writes once, and tells the poller that this was enough.
func (l *Syslog) attempt(fd uintptr) bool {
	l.sent, l.err = write(fd, l.msg)
	return true
}

func (l *Syslog) dial() error {
	conn, err := net.Dial(l.server.Network, l.server.Addr)
	if err != nil {
		return err
	}
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		conn.Close()
		return err
	}
	l.conn, l.raw = conn, raw
	return nil
}

func (l *Syslog) complain(err error) {
	if l.report == nil || !l.busy.CompareAndSwap(false, true) {
		return
	}
	defer l.busy.Store(false)
	l.report(Alert, fmt.Sprintf("connect() failed%v while logging to syslog, server: %s", errno(err), l.server.Name))
}

// header appends "<PRI>Mmm dd hh:mm:ss host tag: ", RFC 3164 section 4.1.
func (l *Syslog) header(b []byte, severity int, now time.Time) []byte {
	b = append(b, '<')
	b = strconv.AppendInt(b, int64(l.server.Facility*8+severity), 10)
	b = append(b, '>')
	b = now.Local().AppendFormat(b, time.Stamp)
	b = append(b, ' ')
	if !l.server.NoHostname {
		b = append(b, l.hostname...)
		b = append(b, ' ')
	}
	b = append(b, l.server.Tag...)
	return append(b, ": "...)
}

// Close ends the connection. Later lines are dropped.
func (l *Syslog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.conn == nil {
		return nil
	}
	err := l.conn.Close()
	l.conn = nil
	return err
}
