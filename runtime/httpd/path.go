package httpd

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"understudy/runtime/conn"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/logs"
	"understudy/runtime/vars"
)

type slots = []vars.Slot

// The request methods, as in package h1.
type (
	Method    = h1.Method
	MethodSet = h1.Method
)

const (
	GET  = h1.GET
	HEAD = h1.HEAD
)

// Root returns the document root for r: root, or alias, evaluated.
func (r *Request) Root() []byte {
	root := r.Eval(r.Loc.Root)
	prefix := r.HTTP.Prefix
	if len(root) > 0 && root[0] == '/' {
		return root
	}
	if prefix != "" && prefix[0] != '/' && bytes.HasPrefix(root, []byte(prefix)) {
		return root // the prefix is itself relative, and has been put before the name already
	}
	return append(append(r.Alloc(len(prefix)+len(root)), prefix...), root...)
}

// Base returns the start of the file names of the location, as Root, and what
// of a URI follows it. It is nil if alias cannot be used, and that is logged.
func (r *Request) Base(uri []byte) (base, rest []byte) {
	l := r.Loc
	switch {
	case !l.Alias:
		return r.Root(), uri
	case !r.InLocation():
		r.Errorf(logs.Alert, "\"alias\" cannot be used in location \"%s\" where URI was rewritten", l.Name)
		return nil, nil
	case l.AliasOf >= 0:
		return r.Root(), uri[min(l.AliasOf, len(uri)):]
	case !r.UnderAlias:
		uri = nil
	}
	return r.Root(), uri
}

// Path maps a URI to a file name: behind root, or with the location's name
// replaced by alias. It lives as long as r. It is nil if there is none, and
// that is logged. (ngx_http_map_uri_to_path)
func (r *Request) Path(uri []byte) []byte {
	base, rest := r.Base(uri)
	if base == nil && rest == nil {
		return nil
	}
	// One byte more, so that a caller may append "/" in place.
	return append(append(r.Alloc(len(base)+len(rest)+1), base...), rest...)
}

// Secure reports whether the client connection is encrypted.
func (r *Request) Secure() bool {
	if r.Client == nil {
		return r.trace != nil && r.trace.secure
	}
	return r.Client.Secured()
}

// LocalAddr is the address the client connected to.
func (r *Request) LocalAddr() netip.AddrPort {
	if r.Client == nil {
		return r.local
	}
	return r.Client.LocalAddr()
}

// escapedName is the location's name as it stands in a redirect.
func (r *Request) escapedName() []byte {
	return h1.AppendEscape(nil, []byte(r.Loc.Name), h1.EscapeURI)
}

// friendly reports whether the browser replaces short error pages by its own.
func (r *Request) friendly() bool { return r.Agent()&(h1.MSIE|h1.Chrome) != 0 }

// misbehaves reports whether the browser is one of set.
func (r *Request) misbehaves(set BrowserSet) bool {
	a := r.Agent()
	return set&BrowserMSIE6 != 0 && a&h1.MSIE6 != 0 && r.MethodID == h1.POST ||
		set&BrowserSafari != 0 && a&h1.Safari != 0
}

// Agent returns what is known of the browser.
func (r *Request) Agent() h1.Agent { return h1.ParseAgent(r.Head.Get(header.UserAgent)) }

// SizeOf evaluates a template to a size, 0 if it is none.
func (r *Request) SizeOf(t *Template) int64 {
	if t == nil {
		return 0
	}
	v := r.Eval(t)
	n, ok := ParseSize(string(v))
	if !ok {
		r.Errorf(logs.Error, "invalid size \"%s\"", v)
		return 0
	}
	return n
}

// ParseSize reads a size such as "10m" in nginx's notation.
func ParseSize(s string) (n int64, ok bool) {
	unit := int64(1)
	if s == "" {
		return 0, false
	}
	switch s[len(s)-1] {
	case 'k', 'K':
		unit = 1 << 10
	case 'm', 'M':
		unit = 1 << 20
	case 'g', 'G':
		unit = 1 << 30
	}
	if unit > 1 {
		s = s[:len(s)-1]
	}
	if s == "" {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' || n > (1<<62)/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if n > (1<<62)/unit {
		return 0, false
	}
	return n * unit, true
}

// Create makes a new file. If unnamed it has no name any more when Create
// returns, where the system allows that.
func (t *TempPath) Create(unnamed bool) (*os.File, error) {
	for {
		n := fmt.Sprintf("%010d", t.Serial.Add(1))
		dir := t.Dir
		end := len(n)
		for _, l := range t.Levels {
			if l == 0 || end-l < 0 {
				break
			}
			dir = filepath.Join(dir, n[end-l:end])
			end -= l
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		f, err := os.OpenFile(filepath.Join(dir, n), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if os.IsExist(err) {
			continue
		}
		if err == nil && unnamed {
			os.Remove(f.Name())
		}
		return f, err
	}
}

// sendFailed logs that the client is gone.
func (r *Request) sendFailed(err error) {
	if _, ok := conn.Errno(err); !ok && isTimeout(err) {
		r.timedOut = true
		r.Errorf(logs.Info, "client timed out%s while sending to client", Errno(err))
		return
	}
	r.Errorf(logs.Info, "send() failed%s while sending to client", Errno(err))
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
