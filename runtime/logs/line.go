package logs

import (
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxLine is the most bytes of a line with its newline, nginx's
// NGX_MAX_ERROR_STR. Longer ones are cut.
const maxLine = 2048

const timeLayout = "2006/01/02 15:04:05"

func (h *Handler) format(b []byte, now time.Time, r *slog.Record) []byte {
	b = now.Local().AppendFormat(b, timeLayout)
	b = append(b, " ["...)
	b = append(b, Name(r.Level)...)
	b = append(b, "] "...)
	b = strconv.AppendInt(b, int64(h.opts.PID), 10)
	b = append(b, '#')
	b = strconv.AppendInt(b, int64(h.opts.PID), 10)
	b = append(b, ": "...)
	conn := h.conn
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "connection" && h.group == "" {
			conn = a.Value.Resolve()
			return false
		}
		return true
	})
	b = appendConnection(b, conn)
	b = append(b, r.Message...)
	// nginx adds what its log handlers know of the request to every line but
	// those of its debug log.
	debug := r.Level < Info
	if debug {
		b = append(b, h.context...)
	} else {
		b = append(b, h.suffix...)
	}
	r.Attrs(func(a slog.Attr) bool {
		if !(a.Key == "connection" && h.group == "" || debug && isContext(a.Key)) {
			b = appendAttr(b, h.group, a)
		}
		return len(b) < maxLine
	})
	if !debug { // nginx's debug log shows whole heads
		b = escape(b)
	}
	if len(b) > maxLine-1 {
		b = b[:maxLine-1]
	}
	return append(b, '\n')
}

// escape writes control bytes of a line as "\xXX", like those of an access log:
// what a client sends would otherwise write lines of its own, or talk to the
// terminal that shows the log. nginx lets them through.
func escape(line []byte) []byte {
	first := slices.IndexFunc(line, isControl)
	if first < 0 {
		return line
	}
	rest := slices.Clone(line[first:])
	line = line[:first]
	for _, c := range rest {
		if isControl(c) {
			line = append(line, '\\', 'x', hexUpper[c>>4], hexUpper[c&15])
		} else {
			line = append(line, c)
		}
	}
	return line
}

const hexUpper = "0123456789ABCDEF"

func isControl(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }

func appendConnection(b []byte, v slog.Value) []byte {
	switch v.Kind() {
	case slog.KindInt64:
		b = strconv.AppendInt(append(b, '*'), v.Int64(), 10)
	case slog.KindUint64:
		b = strconv.AppendUint(append(b, '*'), v.Uint64(), 10)
	default:
		return b
	}
	return append(b, ' ')
}

// isContext reports whether key is of those that nginx's log handlers add.
func isContext(key string) bool {
	switch key {
	case "client", "udp client", "server", "request", "subrequest", "upstream", "host", "referrer", "login",
		"bytes from/to client", "bytes from/to upstream":
		return true
	}
	return false
}

// isBare reports whether the text of key stands without quotes.
func isBare(key string) bool {
	switch key {
	case "client", "udp client", "server", "bytes from/to client", "bytes from/to upstream":
		return true
	}
	return false
}

// appendAttr appends `, key: value`. Quotes inside a value stay as they are,
// as nginx escapes nothing here.
func appendAttr(b []byte, group string, a slog.Attr) []byte {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, m := range v.Group() {
			b = appendAttr(b, group, m)
		}
		return b
	}
	if a.Key == "" && v.Kind() == slog.KindAny && v.Any() == nil {
		return b
	}
	b = append(b, ", "...)
	b = append(b, group...)
	b = append(b, a.Key...)
	b = append(b, ':')
	if !strings.HasPrefix(a.Key, "bytes ") { // counts follow without a space
		b = append(b, ' ')
	}
	switch v.Kind() {
	case slog.KindInt64:
		return strconv.AppendInt(b, v.Int64(), 10)
	case slog.KindUint64:
		return strconv.AppendUint(b, v.Uint64(), 10)
	case slog.KindBool:
		return strconv.AppendBool(b, v.Bool())
	case slog.KindString:
		if isBare(a.Key) {
			return append(b, v.String()...)
		}
	}
	b = append(b, '"')
	b = append(b, v.String()...)
	return append(b, '"')
}
