package referer

import (
	"bytes"
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/regex"
)

// Sites are those that a valid_referers directive lists.
type sites struct {
	pos         diag.Pos
	none        bool // a request without the field is valid
	blocked     bool // and one whose field has no scheme
	serverNames bool // and one from the server itself
	complete    bool // with the server's names

	hosts       spec.Hostnames[*site]
	serverRegex []*regex.Regexp // for the host
	regexes     []*regex.Regexp // for all behind the scheme
}

// A site is what the URI on a host has to begin with; it may be empty.
type site struct{ uri string }

// A registry has the sites of each location, for $invalid_referer.
type registry map[*httpd.Location]*sites

var (
	yes = []byte("1")
	no  = []byte{}
)

func (g registry) invalid(r *httpd.Request, _ string) ([]byte, bool) {
	if s := g[r.Loc]; s != nil && !s.valid(r, r.Header(header.Referer)) {
		return yes, true
	}
	return no, true
}

const (
	maxHost  = 256
	shortest = len("http://i.ru")
)

// valid reports whether a Referer field, nil if there is none, names a site of
// the list.
func (s *sites) valid(r *httpd.Request, ref []byte) bool {
	if ref == nil {
		return s.none
	}
	switch {
	case len(ref) >= shortest && header.EqualFold(ref[:len("http://")], "http://"):
		ref = ref[len("http://"):]
	case len(ref) >= shortest && header.EqualFold(ref[:len("https://")], "https://"):
		ref = ref[len("https://"):]
	default:
		return s.blocked
	}
	var buf [maxHost]byte
	n := 0
	for n < len(ref) && ref[n] != '/' && ref[n] != ':' {
		if n == maxHost {
			return false
		}
		buf[n] = ref[n]
		if c := buf[n]; c >= 'A' && c <= 'Z' {
			buf[n] = c | 0x20
		}
		n++
	}
	host := buf[:n]
	if site := s.hosts.Find(host); site != nil {
		for n < len(ref) && ref[n] != '/' {
			n++ // the port
		}
		return strings.HasPrefix(string(ref[n:]), site.uri)
	}
	if len(s.serverRegex) > 0 && matches(r, s.serverRegex, bytes.Clone(host)) {
		return true
	}
	return matches(r, s.regexes, ref)
}

func matches(r *httpd.Request, list []*regex.Regexp, subject []byte) bool {
	for _, re := range list {
		var caps [20]int
		_, ok, err := re.Match(subject, caps[:0])
		if err != nil { // nginx lets such a referer pass
			r.Errorf(logs.Alert, `pcre2_match() failed: %v on "%s" using "%s"`, err, subject, re)
			return false
		}
		if ok {
			return true
		}
	}
	return false
}
