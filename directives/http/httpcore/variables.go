package httpcore

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// variables are those of nginx's core module, ngx_http_variables.c. What nginx
// does not cache is Volatile here.
var variables = slices.Concat(fieldVariables, requestVariables, clientVariables, sentVariables, processVariables, proxyVariables)

// requestVariables are what the client asked for.
var requestVariables = []httpd.Variable{
	{Name: "host", Doc: "The host from the request line or the Host field in lower case without port, or else the server's name.", Get: host},
	{Name: "request", Doc: "The request line.", Get: func(r *httpd.Request, _ string) ([]byte, bool) { return present(r.Line()) }},
	{Name: "request_method", Doc: "The method.", Volatile: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) { return present(r.Main().Method) }},
	{Name: "request_uri", Doc: "The URI with arguments as it was received.", Get: func(r *httpd.Request, _ string) ([]byte, bool) { return present(r.Target) }},
	{Name: "uri", Doc: "The current URI, normalized.", Volatile: true, Get: uri},
	{Name: "document_uri", Doc: "The same as $uri.", Volatile: true, Get: uri},
	{Name: "args", Doc: "The arguments.", Volatile: true, Changeable: true, Get: args, Set: setArgs},
	{Name: "query_string", Doc: "The same as $args.", Volatile: true, Get: args},
	{Name: "is_args", Doc: "“?” if there are arguments, else empty.", Volatile: true, Get: isArgs},
	{Name: "arg_*", Doc: "An argument by its name.", Volatile: true, Get: argument},
	{Name: "server_protocol", Doc: "The protocol, such as HTTP/1.1.", Get: func(r *httpd.Request, _ string) ([]byte, bool) { return present(r.Head.Proto) }},
	{Name: "request_port", Doc: "The port that the request names.", Get: func(r *httpd.Request, _ string) ([]byte, bool) { return portText(r, r.Port()), true }},
	{Name: "is_request_port", Doc: "“:” if the request names a port, else empty.", Get: isPort},
	{Name: "scheme", Doc: "http or https.", Get: scheme},
	{Name: "https", Doc: "“on” over TLS, else empty.", Get: https},
	{Name: "server_name", Doc: "The name of the server that has the request.", Get: func(r *httpd.Request, _ string) ([]byte, bool) { return r.CopyString(r.Server.Name), true }},
	{Name: "request_filename", Doc: "The file that the URI stands for.", Volatile: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) { return present(r.Path(r.URI)) }},
	{Name: "document_root", Doc: "The root, or alias, of the request.", Volatile: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) { return r.Root(), true }},
	{Name: "realpath_root", Doc: "The root, or alias, with all symbolic links resolved.", Volatile: true, Get: realRoot},
	{Name: "request_body", Doc: "The body, if it has been read into memory.", Get: requestBody},
	{Name: "request_body_file", Doc: "The temporary file with the body.", Get: requestBodyFile},
	{Name: "request_length", Doc: "The length of the request: line, header and body.", Volatile: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) { return number64(r, r.Length()), true }},
	{Name: "request_time", Doc: "Seconds since the first bytes of the request were read.", Volatile: true, Get: requestTime},
	{Name: "request_id", Doc: "32 random hexadecimal digits.", Get: requestID},
	{Name: "request_completion", Doc: "“OK” if the request was completed, else empty.", Get: completion},
	{Name: "limit_rate", Doc: "The response's limit in bytes a second; it can be set.", Volatile: true, Changeable: true, Get: limitRate, Set: setLimitRate},
	{Name: "remote_user", Doc: "The user that Basic authentication names.", Get: remoteUser},
}

// clientVariables are the connection and its ends.
var clientVariables = []httpd.Variable{
	{Name: "remote_addr", Doc: "The client's address.", Get: func(r *httpd.Request, _ string) ([]byte, bool) { return r.RealIP, true }},
	{Name: "binary_remote_addr", Doc: "The client's address as 4 or 16 bytes.", Get: binaryAddr},
	{Name: "remote_port", Doc: "The client's port.", Get: func(r *httpd.Request, _ string) ([]byte, bool) { return portText(r, int(r.RemoteAddr().Port())), true }},
	{Name: "server_addr", Doc: "The address that took the request.", Get: serverAddr},
	{Name: "server_port", Doc: "The port that took the request.", Get: func(r *httpd.Request, _ string) ([]byte, bool) { return portText(r, int(r.LocalAddr().Port())), true }},
	{Name: "connection", Doc: "The connection's number.", Get: onConn(func(c *conn.Conn, dst []byte) []byte { return strconv.AppendUint(dst, c.Serial, 10) })},
	{Name: "connection_requests", Doc: "How many requests the connection has made.", Get: onConn(func(c *conn.Conn, dst []byte) []byte { return strconv.AppendInt(dst, int64(c.Requests), 10) })},
	{Name: "connection_time", Doc: "Seconds since the connection was accepted.", Volatile: true, Get: onConn(func(c *conn.Conn, dst []byte) []byte {
		return httpd.AppendSeconds(dst, max(time.Since(c.Accepted), 0))
	})},
	{Name: "pipe", Doc: "“p” if the request was pipelined, else “.”.", Get: pipe},
	{Name: "bytes_sent", Doc: "Bytes sent to the client.", Get: func(r *httpd.Request, _ string) ([]byte, bool) { return number64(r, r.BytesSent()), true }},
	{Name: "body_bytes_sent", Doc: "Bytes sent to the client without the head.", Get: func(r *httpd.Request, _ string) ([]byte, bool) { return number64(r, r.BodyBytesSent()), true }},
	tcpInfo("tcpinfo_rtt", "The round-trip time in microseconds.", func(i conn.TCPInfo) int64 { return i.RTT.Microseconds() }),
	tcpInfo("tcpinfo_rttvar", "The variance of the round-trip time in microseconds.", func(i conn.TCPInfo) int64 { return i.RTTVar.Microseconds() }),
	tcpInfo("tcpinfo_snd_cwnd", "The sending congestion window in segments.", func(i conn.TCPInfo) int64 { return int64(i.SndCwnd) }),
	tcpInfo("tcpinfo_rcv_space", "The receive window in bytes.", func(i conn.TCPInfo) int64 { return int64(i.RcvSpace) }),
}

// processVariables are what is the same for all requests, or for all that are
// made at the same time.
var processVariables = []httpd.Variable{
	{Name: "hostname", Doc: "The name of the machine.", Get: hostname()},
	{Name: "pid", Doc: "The number of the process.", Get: func(r *httpd.Request, _ string) ([]byte, bool) { return number64(r, int64(os.Getpid())), true }},
	{Name: "nginx_version", Doc: "The version of nginx.", Get: func(r *httpd.Request, _ string) ([]byte, bool) { return r.CopyString(r.HTTP.Version), true }},
	{Name: "msec", Doc: "The time in seconds since 1970, with milliseconds.", Volatile: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) {
		return httpd.AppendUnix(r.Alloc(24), time.Now()), true
	}},
	{Name: "time_local", Doc: "The time in the Common Log Format.", Volatile: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) { return r.HTTP.Times.Local(time.Now()), true }},
	{Name: "time_iso8601", Doc: "The time in the format of ISO 8601.", Volatile: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) { return r.HTTP.Times.ISO8601(time.Now()), true }},
}

// present is a value that may not be there.
func present(p []byte) ([]byte, bool) { return p, p != nil }

func number64(r *httpd.Request, n int64) []byte { return strconv.AppendInt(r.Alloc(20), n, 10) }

// portText is empty for none.
func portText(r *httpd.Request, n int) []byte {
	if n <= 0 {
		return empty
	}
	return number64(r, int64(n))
}

func host(r *httpd.Request, _ string) ([]byte, bool) {
	if len(r.Host) > 0 {
		return r.Host, true
	}
	return r.CopyString(r.Server.Name), true
}

func uri(r *httpd.Request, _ string) ([]byte, bool) { return present(r.URI) }

func args(r *httpd.Request, _ string) ([]byte, bool) { return present(r.Args) }

func setArgs(r *httpd.Request, val []byte) {
	if val == nil {
		val = []byte{}
	}
	r.Args, r.ValidTarget = val, false
}

var (
	question = []byte("?")
	colon    = []byte(":")
	empty    = []byte{}
)

func isArgs(r *httpd.Request, _ string) ([]byte, bool) {
	if len(r.Args) == 0 {
		return empty, true
	}
	return question, true
}

func isPort(r *httpd.Request, _ string) ([]byte, bool) {
	if r.Port() == 0 {
		return empty, true
	}
	return colon, true
}

func argument(r *httpd.Request, name string) ([]byte, bool) { return h1.Arg(r.Args, name) }

var schemes = map[bool][]byte{false: []byte("http"), true: []byte("https")}

func scheme(r *httpd.Request, _ string) ([]byte, bool) { return schemes[r.Secure()], true }

var on = []byte("on")

func https(r *httpd.Request, _ string) ([]byte, bool) {
	if r.Secure() {
		return on, true
	}
	return empty, true
}

// realRoot is the root as the system knows it. It is for programs behind
// FastCGI that must not see a link change under them.
func realRoot(r *httpd.Request, _ string) ([]byte, bool) {
	root := string(r.Root())
	real, err := filepath.EvalSymlinks(root)
	if err != nil {
		r.Errorf(logs.Crit, "realpath() \"%s\" failed%s", root, httpd.Errno(err))
		return nil, false
	}
	return r.CopyString(real), true
}

func requestBody(r *httpd.Request, _ string) ([]byte, bool) {
	b := &r.Main().Body
	if b.File != nil || len(b.Data) == 0 {
		return nil, false
	}
	return b.Data, true
}

func requestBodyFile(r *httpd.Request, _ string) ([]byte, bool) {
	b := &r.Main().Body
	if b.File == nil {
		return nil, false
	}
	return r.CopyString(b.File.Name()), true
}

func requestTime(r *httpd.Request, _ string) ([]byte, bool) {
	return httpd.AppendSeconds(r.Alloc(24), r.Took(time.Now())), true
}

func requestID(r *httpd.Request, _ string) ([]byte, bool) {
	const hex = "0123456789abcdef"
	out := r.Alloc(32)
	for _, c := range r.RequestID() {
		out = append(out, hex[c>>4], hex[c&15])
	}
	return out, true
}

var okText = []byte("OK")

func completion(r *httpd.Request, _ string) ([]byte, bool) {
	if r.Complete() {
		return okText, true
	}
	return empty, true
}

func limitRate(r *httpd.Request, _ string) ([]byte, bool) { return number64(r, r.Rate()), true }

func setLimitRate(r *httpd.Request, val []byte) {
	n, ok := httpd.ParseSize(string(val))
	if !ok {
		r.Errorf(logs.Error, "invalid $limit_rate \"%s\"", val)
		return
	}
	r.SetRate(n)
}

func remoteUser(r *httpd.Request, _ string) ([]byte, bool) {
	user, _, ok := r.BasicAuth()
	return user, ok
}

func binaryAddr(r *httpd.Request, _ string) ([]byte, bool) {
	a := r.RemoteAddr().Addr()
	switch {
	case !a.IsValid(): // a unix socket
		return r.RealIP, true
	case a.Is4():
		b := a.As4()
		return append(r.Alloc(4), b[:]...), true
	}
	b := a.As16()
	return append(r.Alloc(16), b[:]...), true
}

// onConn makes a variable of what the client's connection knows.
func onConn(f func(*conn.Conn, []byte) []byte) func(*httpd.Request, string) ([]byte, bool) {
	return func(r *httpd.Request, _ string) ([]byte, bool) {
		if r.Client == nil {
			return nil, false
		}
		return f(r.Client, r.Alloc(24)), true
	}
}

func serverAddr(r *httpd.Request, _ string) ([]byte, bool) {
	if r.Client == nil {
		return r.LocalAddr().Addr().AppendTo(r.Alloc(40)), true
	}
	return r.CopyString(r.Client.LocalText()), true
}

var pipes = map[bool][]byte{false: []byte("."), true: []byte("p")}

func pipe(r *httpd.Request, _ string) ([]byte, bool) { return pipes[r.Pipelined()], true }

func tcpInfo(name, doc string, pick func(conn.TCPInfo) int64) httpd.Variable {
	return httpd.Variable{Name: name, Doc: doc, Volatile: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) {
		if r.Client == nil {
			return nil, false
		}
		info, err := r.Client.TCPInfo()
		if err != nil {
			return nil, false
		}
		return number64(r, pick(info)), true
	}}
}

// hostname is looked up once, as by nginx.
func hostname() func(*httpd.Request, string) ([]byte, bool) {
	name, _ := os.Hostname() // nginx does not start without; here it would be empty
	text := []byte(strings.ToLower(name))
	return func(*httpd.Request, string) ([]byte, bool) { return text, true }
}
