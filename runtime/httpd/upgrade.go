package httpd

import (
	"bytes"

	"understudy/runtime/header"
)

// dropH2C takes "h2c" out of Upgrade, as a server may that does not switch
// (RFC 9110 section 7.8), and HTTP2-Settings with it. A peer that switches to
// HTTP/2 would hold a connection on which no request is seen by the locations,
// access rules and logs in front of it; nginx offers it to the peer like any
// other protocol. WebSocket and the rest are left alone.
func (r *Request) dropH2C() {
	h := r.Head
	dropped := false
	for f := h.First(header.Upgrade); f != nil; f = h.Next(f) {
		v := h.Value(f)
		n := withoutToken(v, "h2c")
		if n == len(v) {
			continue
		}
		dropped = true
		if h.Shorten(f, n); n == 0 {
			h.Del(f)
		}
	}
	if !dropped {
		return
	}
	if f := h.Lookup(http2SettingsHash, http2Settings); f != nil {
		h.Del(f)
	}
}

var (
	http2Settings     = []byte("HTTP2-Settings")
	http2SettingsHash = header.Hash(http2Settings)
)

// withoutToken removes an element from a list in place, and returns the length
// of what is left: that of v if it is not there.
func withoutToken(v []byte, token string) int {
	out, found := v[:0], false
	for rest := v; rest != nil; {
		e, tail, more := bytes.Cut(rest, []byte(","))
		rest = tail
		if !more {
			rest = nil
		}
		if e = bytes.Trim(e, " \t"); header.EqualFold(e, token) {
			found = true
			continue
		}
		if found { // up to here everything stays where it is
			if len(out) > 0 {
				out = append(out, ',') // no more than stood there: what is next has not been read
			}
			out = append(out, e...)
		} else {
			out = v[:len(v)-len(rest)]
			if more {
				out = out[:len(out)-1]
			}
		}
	}
	if !found {
		return len(v)
	}
	return len(out)
}
