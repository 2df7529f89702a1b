package h1

import (
	"bytes"

	"understudy/runtime/header"
)

// Arg returns the value of the first argument called name, in any case, as it
// stands in args. An argument without "=" is not found. (ngx_http_arg)
func Arg[S string | []byte](args []byte, name S) (val []byte, ok bool) {
	for len(name) > 0 && len(args) > len(name) {
		if args[len(name)] == '=' && header.EqualFold(args[:len(name)], name) {
			val = args[len(name)+1:]
			if i := bytes.IndexByte(val, '&'); i >= 0 {
				val = val[:i]
			}
			return val, true
		}
		i := bytes.IndexByte(args, '&')
		if i < 0 {
			break
		}
		args = args[i+1:]
	}
	return nil, false
}

// SplitArgs cuts a URI at its first "?". (ngx_http_split_args)
func SplitArgs(uri []byte) (path, args []byte) {
	path, args, _ = bytes.Cut(uri, []byte{'?'})
	return path, args
}

// Cookie returns the value of a cookie, whose name may be in any case.
// (ngx_http_parse_cookie_lines)
func Cookie[S string | []byte](b *header.Block, name S) (val []byte, ok bool) {
	return FieldItem(b, header.Cookie, name, ';')
}

// FieldItem returns the value of the first item "name=value" in the fields
// with an ID, whose items are separated by sep. It is how nginx reads cookies.
func FieldItem[S string | []byte](b *header.Block, id header.ID, name S, sep byte) (val []byte, ok bool) {
	for f := b.First(id); f != nil; f = b.Next(f) {
		for s := b.Value(f); len(s) >= len(name) && len(s) > 0; s = nextItem(s, sep) {
			if !header.EqualFold(s[:len(name)], name) {
				continue
			}
			v := trimLeft(s[len(name):])
			if len(v) == 0 {
				break
			}
			if v[0] != '=' {
				s = v[1:] // as nginx does: if that was sep, an item is lost
				continue
			}
			v = trimLeft(v[1:])
			if i := bytes.IndexByte(v, sep); i >= 0 {
				v = v[:i]
			}
			return v, true
		}
	}
	return nil, false
}

// HasItem reports whether one of the items in the fields with an ID is name:
// "no-cache" in Cache-Control. (ngx_http_parse_multi_header_lines)
func HasItem[S string | []byte](b *header.Block, id header.ID, name S, sep byte) bool {
	for f := b.First(id); f != nil; f = b.Next(f) {
		if ValueHasItem(b.Value(f), name, sep) {
			return true
		}
	}
	return false
}

// ValueHasItem is HasItem for the value of one field.
func ValueHasItem[S string | []byte](s []byte, name S, sep byte) bool {
	for ; len(s) >= len(name) && len(s) > 0; s = nextItem(s, sep) {
		if header.EqualFold(s[:len(name)], name) {
			if v := trimLeft(s[len(name):]); len(v) == 0 || v[0] == sep {
				return true
			}
		}
	}
	return false
}

// SetCookie returns the value of a cookie that a response sets.
// (ngx_http_parse_set_cookie_lines)
func SetCookie[S string | []byte](b *header.Block, name S) (val []byte, ok bool) {
	for f := b.First(header.SetCookie); f != nil; f = b.Next(f) {
		s := b.Value(f)
		if len(s) <= len(name) || !header.EqualFold(s[:len(name)], name) {
			continue
		}
		v := trimLeft(s[len(name):])
		if len(v) == 0 || v[0] != '=' {
			continue
		}
		v = trimLeft(v[1:])
		if i := bytes.IndexByte(v, ';'); i >= 0 {
			v = v[:i]
		}
		return v, true
	}
	return nil, false
}

// nextItem returns what stands behind the next separator and its spaces.
func nextItem(s []byte, sep byte) []byte {
	i := bytes.IndexByte(s, sep)
	if i < 0 {
		return nil
	}
	return trimLeft(s[i+1:])
}

func trimLeft(s []byte) []byte {
	for len(s) > 0 && s[0] == ' ' {
		s = s[1:]
	}
	return s
}
