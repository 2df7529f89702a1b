package spec

import (
	"errors"
	"io/fs"
	"strings"

	"understudy/runtime/httpd"
)

// SetTypes stores the types of responses that a filter applies to, each time it
// is given. The first, always, is one of them. (ngx_http_types_slot)
func SetTypes[C any](field func(*C) *Value[*httpd.Types], first string) Setter[C] {
	s := Fill(field, func(t **httpd.Types, c *Call) error {
		if *t == nil {
			*t = new(httpd.Types)
			(*t).Add(first)
		}
		for i, a := range c.Args {
			if (*t).Any() {
				return nil
			}
			if !(*t).Add(a.Text) && c.Pos().IsValid() {
				c.Warnf(i, "duplicate-type", `duplicate MIME type "%s"`, strings.ToLower(a.Text))
			}
		}
		return nil
	})
	s.args = AtLeast(1)
	return s
}

// Buffers are a number of buffers of a size in bytes.
type Buffers struct{ Number, Size int }

// SetBuffers stores a number and a size. (ngx_conf_set_bufs_slot)
func SetBuffers[C any](field func(*C) *Value[Buffers]) Setter[C] {
	return Scalar(field, Words, Exactly(2), nil, func(c *Call) (Buffers, error) {
		n, ok := ParseNumber(c.Args[0].Text)
		size, ok2 := ParseSize(c.Args[1].Text, false)
		if !ok || !ok2 || n == 0 || size == 0 {
			return Buffers{}, errors.New("invalid value")
		}
		return Buffers{n, int(size)}, nil
	})
}

// SetBits stores a set of the keys of names, in whatever case they are written.
// Given again, it adds to the set. (ngx_conf_set_bitmask_slot)
func SetBits[C any, T ~uint8 | ~uint16 | ~uint32](field func(*C) *Value[T], names map[string]T) Setter[C] {
	s := Fill(field, func(set *T, c *Call) error {
		for i, a := range c.Args {
			bit, ok := names[strings.ToLower(a.Text)]
			switch {
			case !ok:
				return c.Errorf(i, `invalid value "%s"`, a.Text)
			case *set&bit != 0:
				c.Warnf(i, "duplicate-value", `duplicate value "%s"`, a.Text)
			}
			*set |= bit
		}
		return nil
	})
	s.args = AtLeast(1)
	return s
}

// SetAccess stores the permissions of files, such as "user:rw group:r"
// (ngx_conf_set_access_slot). As in nginx user may read and write if nothing is
// said of it.
func SetAccess[C any](field func(*C) *Value[fs.FileMode]) Setter[C] {
	return Scalar(field, Words, Between(1, 3), nil, func(c *Call) (fs.FileMode, error) {
		mode, user := fs.FileMode(0), fs.FileMode(0o600)
		for i, a := range c.Args {
			who, right, _ := strings.Cut(a.Text, ":")
			shift, ok := map[string]int{"user": 6, "group": 3, "all": 0}[who]
			bits, ok2 := map[string]fs.FileMode{"rw": 6, "r": 4}[right]
			if !ok || !ok2 {
				return 0, c.Errorf(i, `invalid value "%s"`, a.Text)
			}
			if who == "user" {
				user = 0
			}
			mode |= bits << shift
		}
		return mode | user, nil
	})
}
