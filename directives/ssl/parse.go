package ssl

import (
	"os"
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/certs"
	"understudy/runtime/httpd"
	"understudy/runtime/vars"
	"understudy/runtime/zone"
)

// parseSessionCache reads ssl_session_cache, which adds to what was said before.
func parseSessionCache[S vars.Subject](c *sessionCache, call *spec.Call) error {
	for i, a := range call.Args {
		bad := func() error { return call.Errorf(i, `invalid session cache "%s"`, a.Text) }
		word := a.Text
		switch rest, size := strings.CutPrefix(word, "builtin:"); {
		case word == "off":
			c.off, c.inside = true, false
		case word == "none":
			c.off, c.inside = false, false
		case word == "builtin":
			c.off, c.inside = false, true
		case size && rest != "":
			if _, ok := spec.ParseNumber(rest); !ok {
				return bad()
			}
			c.off, c.inside = false, true
		default:
			name, n, ok := parseShared(word)
			if !ok {
				return bad()
			}
			if n < int64(8*os.Getpagesize()) {
				return call.Errorf(i, `session cache "%s" is too small`, word)
			}
			cache, err := zone.Open(call.Zones(), owner[S](), name, n, func() *certs.Cache { return certs.NewCache(n) })
			if err != nil {
				return call.Errorf(i, "%v", err)
			}
			c.shared, c.inside = cache, true
		}
	}
	return nil
}

// parseShared reads "shared:name:size".
func parseShared(word string) (name string, size int64, ok bool) {
	rest, ok := strings.CutPrefix(word, "shared:")
	if !ok {
		return "", 0, false
	}
	name, text, ok := strings.Cut(rest, ":")
	if !ok || name == "" {
		return "", 0, false
	}
	size, ok = spec.ParseSize(text, false)
	return name, size, ok
}

// owner is whose zones the session caches are.
func owner[S vars.Subject]() string {
	if _, http := any(*new(S)).(*httpd.Request); http {
		return "http ssl"
	}
	return "stream ssl"
}

func parseOCSPCache[S vars.Subject](call *spec.Call) (*certs.StatusCache, error) {
	word := call.Args[0].Text
	if word == "off" {
		return nil, nil
	}
	name, n, ok := parseShared(word)
	if !ok {
		return nil, call.Errorf(0, `invalid OCSP cache "%s"`, word)
	}
	if n < int64(8*os.Getpagesize()) {
		return nil, call.Errorf(0, `OCSP cache "%s" is too small`, word)
	}
	c, err := zone.Open(call.Zones(), owner[S]()+" ocsp", name, n, func() *certs.StatusCache { return certs.NewStatusCache(n) })
	if err != nil {
		return nil, call.Errorf(0, "%v", err)
	}
	return c, nil
}
