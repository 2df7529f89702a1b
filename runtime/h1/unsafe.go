package h1

import "bytes"

// AppendSafeURI takes a URI apart that came from elsewhere than a request
// line: X-Accel-Redirect, an SSI include, the Destination of COPY. Escapes of
// its path are decoded at the end of dst if there are any; else path is part
// of uri. It is not ok if it is empty, has a NUL, or a ".." segment, escaped
// or not; then path is what the error log calls unsafe. (ngx_http_parse_unsafe_uri)
//
// Unlike nginx it also refuses "/..?args".
func AppendSafeURI(dst, uri []byte) (out, path, args []byte, ok bool) {
	path, args, _ = bytes.Cut(uri, []byte{'?'})
	if !safe(path) {
		return dst, uri, nil, false
	}
	if bytes.IndexByte(path, '%') < 0 {
		return dst, path, args, true
	}
	n := len(dst)
	out, _ = AppendUnescape(dst, path, UnescapeAll)
	path = out[n:len(out):len(out)]
	if !safe(path) {
		return out, path, nil, false
	}
	return out, path, args, true
}

// safe reports whether path is not empty and has neither NUL nor a segment
// "..".
func safe(path []byte) bool {
	if len(path) == 0 || bytes.IndexByte(path, 0) >= 0 {
		return false
	}
	for {
		if bytes.HasPrefix(path, dotDot) && (len(path) == 2 || path[2] == '/') {
			return false
		}
		i := bytes.IndexByte(path, '/')
		if i < 0 {
			return true
		}
		path = path[i+1:]
	}
}

var dotDot = []byte("..")
