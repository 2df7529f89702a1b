package httpd

import (
	"encoding/base64"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"time"

	"understudy/runtime/h1"
	"understudy/runtime/header"
)

// FinalStatus is what $status says: the status of an error that is being
// answered, or of the response; 9 of an HTTP/0.9 request without either.
func (r *Request) FinalStatus() int {
	switch {
	case r.errStatus != 0:
		return int(r.errStatus)
	case r.Resp.Status != 0:
		return int(r.Resp.Status)
	case r.Old:
		return 9
	}
	return 0
}

// BytesSent is how many bytes the client's connection took for the request.
func (r *Request) BytesSent() int64 {
	if r.Client == nil || r.InBackground() {
		return 0
	}
	return r.Client.Sent - r.Main().sentBefore
}

// BodyBytesSent is BytesSent without the head.
func (r *Request) BodyBytesSent() int64 { return max(r.BytesSent()-r.Resp.HeaderSize, 0) }

// Length is the request's length as received: line, head and as much of the
// body as has been read.
func (r *Request) Length() int64 {
	return int64(r.headLength) + r.Body.raw
}

// Took is how long the request has been at work, with a resolution of
// milliseconds.
func (r *Request) Took(now time.Time) time.Duration {
	return max(time.Duration(now.UnixMilli()-r.Start.UnixMilli())*time.Millisecond, 0)
}

// Complete reports whether the response went out to its end.
func (r *Request) Complete() bool {
	return r.Parent == nil && r.Resp.sent && r.out.err == nil && (r.out.closed || r.HeadOnly)
}

// Pipelined reports whether the request was sent before the response to the
// one before it.
func (r *Request) Pipelined() bool { return r.Main().pipelined }

// RequestID returns a random number that no other request is likely to have.
func (r *Request) RequestID() [16]byte {
	if m := r.Main(); m != r {
		return m.RequestID()
	}
	if !r.idSet {
		r.idSet = true
		for i := 0; i < len(r.ID); i += 8 {
			for n, j := rand.Uint64(), i; j < i+8; j, n = j+1, n>>8 {
				r.ID[j] = byte(n)
			}
		}
	}
	return r.ID
}

// RemoteAddr is the client's address: that of the connection, or what the
// client was found to be behind a proxy. It is not valid for a unix socket.
func (r *Request) RemoteAddr() netip.AddrPort { return r.Main().remote }

// SetRemote says who the client is behind a proxy. The text is what
// $remote_addr says.
func (r *Request) SetRemote(addr netip.AddrPort, text []byte) {
	m := r.Main()
	m.remote = addr
	m.RealIP = append(m.RealIP[:0], text...)
	if m != r {
		r.RealIP = append(r.RealIP[:0], text...)
	}
}

// LocalText is the address the client connected to, without its port.
func (r *Request) LocalText() string {
	if r.Client == nil {
		return r.local.Addr().String()
	}
	return r.Client.LocalText()
}

// Port is the port that the request names, in its target or the Host field; 0
// if it names none.
func (r *Request) Port() int { return int(r.Head.Port) }

// BasicAuth returns the user and the password of the Authorization field, if
// it is of the Basic scheme (RFC 7617) and names a user.
func (r *Request) BasicAuth() (user, password []byte, ok bool) {
	id := header.Authorization
	if r.MethodID == h1.CONNECT {
		id = header.ProxyAuthorization
	}
	v := r.Head.Get(id)
	if len(v) < len("Basic ") || !header.EqualFold(v[:len("Basic ")], "basic ") {
		return nil, nil, false
	}
	v = v[len("Basic "):]
	for len(v) > 0 && v[0] == ' ' {
		v = v[1:]
	}
	for i, c := range v { // nginx takes what is before the padding
		if c == '=' {
			v = v[:i]
			break
		}
	}
	out := r.Alloc(base64.RawStdEncoding.DecodedLen(len(v)))
	out, err := base64.RawStdEncoding.AppendDecode(out, v)
	if err != nil {
		return nil, nil, false
	}
	for i, c := range out {
		if c == ':' {
			return out[:i], out[i+1:], i > 0
		}
	}
	return nil, nil, false
}

// Challenge asks the client for credentials, with the value of the field that
// names scheme and realm, and returns the status to answer: 407 for CONNECT,
// where this is the proxy, else 401 (RFC 9110, 11.6 and 11.7).
func (r *Request) Challenge(v []byte) Status {
	r.Resp.Headers.AddID(r.challenge(), v)
	if r.MethodID == h1.CONNECT {
		return 407
	}
	return 401
}

func (r *Request) challenge() header.ID {
	if r.MethodID == h1.CONNECT {
		return header.ProxyAuthenticate
	}
	return header.WWWAuthenticate
}

// AppendSeconds appends a duration in seconds with milliseconds, as in
// $request_time.
func AppendSeconds(dst []byte, d time.Duration) []byte { return appendMillis(dst, d.Milliseconds()) }

// AppendUnix appends a time in seconds since 1970 with milliseconds, as in
// $msec.
func AppendUnix(dst []byte, t time.Time) []byte { return appendMillis(dst, t.UnixMilli()) }

func appendMillis(dst []byte, ms int64) []byte {
	dst = append(strconv.AppendInt(dst, ms/1000, 10), '.')
	return append(dst, byte('0'+ms/100%10), byte('0'+ms/10%10), byte('0'+ms%10))
}

// FullType returns the Content-Type as it is sent, with its charset.
func (r *Request) FullType() []byte {
	p := &r.Resp
	if !p.PlainType || len(p.Charset) == 0 || len(p.ContentType) == 0 || !p.sent || r.Old {
		return p.ContentType
	}
	const sep = "; charset="
	b := r.Alloc(len(p.ContentType) + len(sep) + len(p.Charset))
	return append(append(append(b, p.ContentType...), sep...), p.Charset...)
}

// Chunked reports whether the response is sent in chunks.
func (p *Response) Chunked() bool { return p.chunked }

// Rate returns the limit of the response in bytes a second, 0 if there is
// none, or none has been found yet.
func (r *Request) Rate() int64 { return r.Main().out.limit }

// CopyString returns the bytes of s, which live as long as r.
func (r *Request) CopyString(s string) []byte { return append(r.Alloc(len(s)), s...) }

// AppendStatus appends a status as $status has it, with three digits at least.
func AppendStatus(dst []byte, n int) []byte {
	if n > 999 {
		return strconv.AppendInt(dst, int64(n), 10)
	}
	return append(dst, byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
}
