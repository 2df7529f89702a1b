package streamcore

import (
	"os"
	"strconv"
	"strings"
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/logs"
	"understudy/runtime/stream"
)

// variables are those of ngx_stream_variables.c. What nginx does not cache is
// Volatile here.
var variables = []stream.Variable{
	{Name: "binary_remote_addr", Doc: "The client's address in binary form: 4 bytes of IPv4, 16 of IPv6.", Get: binaryAddr},
	{Name: "remote_addr", Doc: "The client's address.", Get: func(s *stream.Session, _ string) ([]byte, bool) { return s.Copy(s.RealIP), true }},
	{Name: "remote_port", Doc: "The client's port.", Get: func(s *stream.Session, _ string) ([]byte, bool) { return portText(s, s.RemoteAddr().Port()), true }},
	{Name: "server_addr", Doc: "The address the client connected to.", Get: func(s *stream.Session, _ string) ([]byte, bool) { return s.Copy(s.LocalText()), true }},
	{Name: "server_port", Doc: "The port the client connected to.", Get: func(s *stream.Session, _ string) ([]byte, bool) { return portText(s, s.LocalAddr().Port()), true }},
	{Name: "server_name", Doc: "The name of the server that has the session.", Get: func(s *stream.Session, _ string) ([]byte, bool) { return s.Copy(s.Server.Name), true }},
	{Name: "protocol", Doc: "TCP or UDP.", Get: protocol},
	{Name: "bytes_sent", Doc: "How many bytes were sent to the client.", Get: func(s *stream.Session, _ string) ([]byte, bool) { return number(s, s.Sent()), true }},
	{Name: "bytes_received", Doc: "How many bytes were read of the client.", Get: func(s *stream.Session, _ string) ([]byte, bool) { return number(s, s.Received()), true }},
	{Name: "session_time", Doc: "How long the session has lasted, in seconds and milliseconds.", Volatile: true, Get: sessionTime},
	{Name: "status", Doc: "How the session ended: 200, 400, 403, 500, 502 or 503.", Volatile: true, Get: status},
	{Name: "connection", Doc: "The connection's number.", Get: connection},
	{Name: "proxy_protocol_addr", Doc: "The client's address from the PROXY protocol header.", Get: proxied(func(h *conn.ProxyHeader) (string, uint16) { return h.Src, 0 })},
	{Name: "proxy_protocol_port", Doc: "The client's port from the PROXY protocol header.", Get: proxied(func(h *conn.ProxyHeader) (string, uint16) { return "", h.SrcPort })},
	{Name: "proxy_protocol_server_addr", Doc: "The server's address from the PROXY protocol header.", Get: proxied(func(h *conn.ProxyHeader) (string, uint16) { return h.Dst, 0 })},
	{Name: "proxy_protocol_server_port", Doc: "The server's port from the PROXY protocol header.", Get: proxied(func(h *conn.ProxyHeader) (string, uint16) { return "", h.DstPort })},
	{Name: "proxy_protocol_tlv_*", Doc: "A TLV of the PROXY protocol header.", Get: proxyTLV},
	{Name: "nginx_version", Doc: "The version of the nginx that is stood in for.", Get: func(s *stream.Session, _ string) ([]byte, bool) { return s.Copy(s.Stream.Version), true }},
	{Name: "hostname", Doc: "The host's name.", Get: hostname},
	{Name: "pid", Doc: "The process's number.", Get: func(s *stream.Session, _ string) ([]byte, bool) { return number(s, int64(os.Getpid())), true }},
	{Name: "msec", Doc: "The time in seconds and milliseconds since 1970.", Volatile: true, Get: msec},
	{Name: "time_iso8601", Doc: "The local time by ISO 8601.", Volatile: true, Get: func(s *stream.Session, _ string) ([]byte, bool) { return s.Stream.Times.ISO8601(time.Now()), true }},
	{Name: "time_local", Doc: "The local time as in common logs.", Volatile: true, Get: func(s *stream.Session, _ string) ([]byte, bool) { return s.Stream.Times.Local(time.Now()), true }},
}

func protocol(s *stream.Session, _ string) ([]byte, bool) {
	if s.UDP() {
		return s.Copy("UDP"), true
	}
	return s.Copy("TCP"), true
}

func binaryAddr(s *stream.Session, _ string) ([]byte, bool) {
	a := s.RemoteAddr().Addr()
	switch {
	case !a.IsValid(): // a unix socket
		return s.Copy(s.RealIP), true
	case a.Is4():
		b := a.As4()
		return append(s.Alloc(len(b)), b[:]...), true
	}
	b := a.As16()
	return append(s.Alloc(len(b)), b[:]...), true
}

// portText is a port in decimal, empty where there is none.
func portText(s *stream.Session, n uint16) []byte {
	if n == 0 {
		return []byte{}
	}
	return number(s, int64(n))
}

func number(s *stream.Session, n int64) []byte { return strconv.AppendInt(s.Alloc(20), n, 10) }

func sessionTime(s *stream.Session, _ string) ([]byte, bool) {
	return appendSeconds(s.Alloc(20), max(time.Since(s.Start), 0).Milliseconds()), true
}

func msec(s *stream.Session, _ string) ([]byte, bool) {
	return appendSeconds(s.Alloc(20), time.Now().UnixMilli()), true
}

// appendSeconds appends milliseconds as "1.234".
func appendSeconds(b []byte, ms int64) []byte {
	b = strconv.AppendInt(b, ms/1000, 10)
	ms %= 1000
	return append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
}

func status(s *stream.Session, _ string) ([]byte, bool) {
	if s.Status < 100 {
		return s.Copy("000"), true
	}
	return number(s, int64(s.Status)), true
}

func connection(s *stream.Session, _ string) ([]byte, bool) {
	if s.Client == nil {
		return nil, false
	}
	return number(s, int64(s.Client.Serial)), true
}

func proxied(get func(*conn.ProxyHeader) (addr string, port uint16)) func(*stream.Session, string) ([]byte, bool) {
	return func(s *stream.Session, _ string) ([]byte, bool) {
		h := header(s)
		if h == nil {
			return nil, false
		}
		addr, n := get(h)
		if addr != "" {
			return s.Copy(addr), true
		}
		return portText(s, n), true
	}
}

func header(s *stream.Session) *conn.ProxyHeader {
	if s.Client == nil {
		return nil
	}
	return s.Client.ProxyHeader()
}

func proxyTLV(s *stream.Session, name string) ([]byte, bool) {
	h := header(s)
	if h == nil {
		return nil, false
	}
	val, ok, err := h.TLV(name)
	if err != nil {
		s.Errorf(logs.Error, "%v", err)
	}
	return val, ok
}

func hostname(s *stream.Session, _ string) ([]byte, bool) {
	name, err := os.Hostname()
	if err != nil {
		return nil, false
	}
	return s.Copy(strings.ToLower(name)), true
}
