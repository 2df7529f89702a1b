package httpd

import (
	"bytes"
	"strings"

	"understudy/runtime/logs"
)

// outside refuses to look for a file that the URI names in another place than
// the configuration appears to say. nginx sends it. The reasons are
//
//   - a ".." that is a segment only because alias replaced what stood before it:
//     "/img../x" in "location /img" with "alias /images/";
//   - a folder's name that grows: "/img/x" in "location /img/" with "alias /images"
//     is "/imagesx";
//   - a regular expression or a variable that puts ".." into root or alias;
//   - with merge_slashes off, slashes that lead past a location: "//private/x" is
//     the same file as "/private/x".
func (r *Request) outside() Status {
	why := ""
	switch {
	case r.climbs():
		why = "it leaves the alias"
	case r.grows():
		why = "the alias lacks a final slash"
	case !r.Server.Head.MergeSlashes && r.bypasses():
		why = "without its empty segments it belongs to another location"
	default:
		return OK
	}
	r.Errorf(logs.Error, "file of \"%s\" is refused: %s", r.URI, why)
	return 404
}

// Outside is what the request is to be refused with if a URI that is not its own
// names a file, or its own one to be written, in such a place; OK is none.
func (r *Request) Outside(uri []byte) Status {
	own := r.URI
	r.URI = uri
	st := r.outside()
	r.URI = own
	return st
}

// climbs reports whether replacing the location's name, or a variable, makes
// a ".." segment that the configuration does not have.
func (r *Request) climbs() bool {
	l := r.Loc
	if l.Root == nil {
		return false
	}
	if l.Alias && l.AliasOf > 0 && r.InLocation() {
		if rest := r.URI[min(l.AliasOf, len(r.URI)):]; bytes.HasPrefix(rest, []byte("..")) && ups(rest) > 0 {
			return true
		}
	}
	if _, literal := l.Root.Literal(); literal {
		return false
	}
	return Climbs(l.Root, r.Eval(l.Root))
}

// Climbs reports whether variables of t put a ".." segment into a path, which is
// its value.
func Climbs(t *Template, path []byte) bool {
	return bytes.Contains(path, []byte("..")) && ups(path) > ups([]byte(t.Source))
}

// grows reports whether what follows the location's name, which ends with a
// slash, would lengthen the last segment of an alias that does not.
func (r *Request) grows() bool {
	l := r.Loc
	if !l.Alias || l.AliasOf <= 0 || len(r.URI) <= l.AliasOf || r.URI[l.AliasOf-1] != '/' || !r.InLocation() ||
		strings.HasSuffix(l.Root.Source, "/") {
		return false
	}
	root := r.Root()
	return len(root) > 0 && root[len(root)-1] != '/'
}

// bypasses reports whether the URI without its empty segments belongs to another
// location.
func (r *Request) bypasses() bool {
	if !bytes.Contains(r.URI, []byte("//")) {
		return false
	}
	caps, subject, loc, uri := r.caps, r.capSubject, r.Loc, r.URI
	r.caps = nil
	merged := r.Alloc(len(uri))
	for i, c := range uri {
		if c != '/' || i == 0 || uri[i-1] != '/' {
			merged = append(merged, c)
		}
	}
	own := r.locationOf(uri)
	other := r.locationOf(merged)
	r.caps, r.capSubject, r.Loc, r.URI = caps, subject, loc, uri
	return own != other
}

// locationOf returns the location of a URI. It leaves r changed.
func (r *Request) locationOf(uri []byte) *Location {
	r.URI, r.Loc = uri, r.Server.Root
	r.find(r.Server.Root)
	return r.Loc
}

// ups counts the ".." segments of a path.
func ups(path []byte) (n int) {
	for rest := path; rest != nil; {
		segment, tail, more := bytes.Cut(rest, []byte("/"))
		if string(segment) == ".." {
			n++
		}
		if rest = tail; !more {
			rest = nil
		}
	}
	return n
}
