package securelink

import (
	"bytes"
	"crypto/md5"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"math"
	"time"

	"understudy/runtime/httpd"
	"understudy/runtime/vars"
)

// A checker has the links of each location, for the variables.
type checker struct {
	links   map[*httpd.Location]*link
	expires vars.Index // of $secure_link_expires
}

var (
	good    = []byte("1")
	expired = []byte("0")
)

// check is $secure_link.
func (g *checker) check(r *httpd.Request, _ string) ([]byte, bool) {
	l := g.links[r.Loc]
	switch {
	case l == nil:
		return nil, false
	case l.secret != nil:
		return old(r.Target, l.secret)
	case l.sum == nil || l.of == nil:
		return nil, false
	}
	sum, until, limited := bytes.Cut(r.Eval(l.sum), []byte{','})
	var last int64
	if limited {
		if last = seconds(until); last <= 0 {
			return nil, false
		}
		r.SetVar(g.expires, until)
	}
	if !equal(sum, r.Eval(l.of)) {
		return nil, false
	}
	if limited && last < time.Now().Unix() {
		return expired, true
	}
	return good, true
}

// equal reports whether text is the MD5 of what follows in base64url.
func equal(text, of []byte) bool {
	const most = 24
	if len(text) > most {
		return false
	}
	text, _, _ = bytes.Cut(text, []byte{'='})
	var buf [most]byte
	n, err := base64.RawURLEncoding.Decode(buf[:], text)
	want := md5.Sum(of)
	return err == nil && subtle.ConstantTimeCompare(buf[:n], want[:]) == 1
}

// seconds reads a time as ngx_atotm does; -1 is none.
func seconds(text []byte) int64 {
	if len(text) == 0 {
		return -1
	}
	var n int64
	for _, c := range text {
		if c < '0' || c > '9' || n > (math.MaxInt64-int64(c-'0'))/10 {
			return -1
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// old returns the link in a target "/prefix/hash/link".
func old(target, secret []byte) ([]byte, bool) {
	if len(target) == 0 {
		return nil, false
	}
	_, rest, ok := bytes.Cut(target[1:], []byte{'/'})
	if !ok {
		return nil, false
	}
	text, link, ok := bytes.Cut(rest, []byte{'/'})
	if !ok || len(link) == 0 {
		return nil, false
	}
	var sum [md5.Size]byte
	if len(text) != hex.EncodedLen(len(sum)) {
		return nil, false
	}
	if _, err := hex.Decode(sum[:], text); err != nil {
		return nil, false
	}
	h := md5.New()
	h.Write(link)
	h.Write(secret)
	return link, subtle.ConstantTimeCompare(sum[:], h.Sum(nil)) == 1
}
