package proxy

import (
	"understudy/directives/http/pass"
	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A handler passes the requests of one location.
type handler struct {
	conf     *conf
	target   *target
	to       gateway.Target
	head     *head
	cached   *head // of requests whose response may be kept; nil: there are none
	settings *gateway.Settings
	protocol gateway.Protocol

	tls *gateway.TLS // nil unless the target is, or may turn out to be, https

	host, port []byte // of a constant target
	uri        []byte
	base       []byte // of a constant target: what precedes the URI, in keys of a cache
	name       int    // length of the location's name

	finder *pass.Finder // of targets with variables
}

func newHandler(c *conf, t *target, b *spec.Builder) (*handler, error) {
	h := &handler{
		conf: c, target: t, head: newHead(c, b.Env().Version), settings: c.settings(),
		host: []byte(t.host), port: []byte(t.port), uri: []byte(t.uri), base: []byte(t.start), name: len(t.name),
	}
	h.protocol = gateway.Protocol{Scheme: "http://", Secure: "https://", AppendRequest: h.appendRequest, ReadHead: gateway.ReadHTTPHead}
	if t.whole == nil {
		h.to = pass.To(t.group)
	} else {
		h.finder = pass.NewFinder(b)
	}
	c.addRewrites(h)
	if h.settings.Cache = c.Caching(kind, b, h.cacheKey); h.settings.Cache != nil {
		var err error
		if h.cached, err = newCachedHead(c, b); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *handler) run(r *httpd.Request) httpd.Status {
	if h.target.whole == nil {
		return gateway.Forward(r, h.to, &h.protocol, h.settings)
	}
	s := gateway.Begin(r)
	to, st := h.resolve(r, s)
	if st != httpd.OK {
		return st
	}
	return gateway.Forward(r, to, &h.protocol, h.settings)
}

// resolve evaluates a target with variables.
func (h *handler) resolve(r *httpd.Request, s *gateway.State) (to gateway.Target, st httpd.Status) {
	url := string(r.Eval(h.target.whole))
	var t target
	scheme, rest := cutScheme(url)
	if t.scheme = scheme; scheme == "" {
		r.Errorf(logs.Error, "invalid URL prefix in %q", url)
		return to, 500
	}
	u, err := pass.ParseURL(rest, t.defaultPort(), true)
	if err != nil {
		r.Errorf(logs.Error, "%v", err)
		return to, 500
	}
	t.setVars(u)
	if h.settings.Cache != nil {
		s.Base = t.appendBase(r.Alloc(len(url)+len(":")), u)
	}
	s.Host, s.Port, s.TryURI = r.CopyString(t.host), r.CopyString(t.port), r.CopyString(t.uri)
	to, st = h.finder.Find(r, u, t.defaultPort())
	to.TLS = h.tlsFor(&t)
	return to, st
}

// tlsFor returns how a target that was evaluated is encrypted.
func (h *handler) tlsFor(t *target) *gateway.TLS {
	if t.defaultPort() == 443 {
		return h.tls
	}
	return nil
}

// appendRequest writes the request line and the header.
func (h *handler) appendRequest(dst []byte, r *httpd.Request, s *gateway.State) ([]byte, httpd.Status) {
	host := h.host
	if h.target.whole != nil {
		host = s.Host
	} else {
		s.Host, s.Port = h.host, h.port
	}
	if h.settings.Body != nil {
		s.BodyLen, s.Chunked = int64(len(r.Eval(h.settings.Body))), false
	}
	method := r.Method
	head := h.head
	if s.Cacheable() {
		head = h.cached
	}
	if s.AsGet() {
		method = methodGET
	} else if h.conf.method.V != nil {
		method = r.Eval(h.conf.method.V)
	}
	dst = append(append(dst, method...), ' ')
	start := len(dst)
	dst = h.appendURI(dst, r, s)
	if len(dst) == start {
		r.Errorf(logs.Error, "zero length URI to proxy")
		return dst, 500
	}
	s.URI = dst[start:len(dst):len(dst)]
	if head.version >= 11 {
		dst = append(dst, " HTTP/1.1\r\n"...)
	} else {
		dst = append(dst, " HTTP/1.0\r\n"...)
	}
	length := s.BodyLen
	if !h.settings.PassBody && h.settings.Body == nil {
		// nginx tells the length of the body that it does not pass.
		length = r.Body.Announced
	}
	dst = head.append(dst, r, host, length, s.Chunked)
	return append(dst, "\r\n"...), httpd.OK
}

var methodGET = []byte("GET")

// cacheKey returns the default key of a cache. (ngx_http_proxy_create_key)
func (h *handler) cacheKey(r *httpd.Request, s *gateway.State) []byte {
	base, uri := h.base, h.uri
	if h.target.whole != nil {
		base, uri = s.Base, s.TryURI
	}
	key := append(r.Alloc(len(base)+len(uri)+len(r.Target)+len(r.URI)), base...)
	if len(uri) == 0 && r.ValidTarget {
		return append(key, r.Target...)
	}
	return h.appendNewURI(key, uri, r)
}

// appendURI writes the URI: as received if nothing changed it, or one that was
// put together. Variables and captures are decoded, so bytes that would end the
// URI, or the line, are encoded again; nginx lets a client write into the head
// with them (RFC 9112 section 3.2).
func (h *handler) appendURI(dst []byte, r *httpd.Request, s *gateway.State) []byte {
	uri := h.uri
	if h.target.whole != nil {
		uri = s.TryURI
	}
	if len(uri) == 0 && r.ValidTarget {
		return append(dst, r.Target...)
	}
	start := len(dst)
	dst = h.appendNewURI(dst, uri, r)
	if made := dst[start:]; h1.NeedsEscape(made, h1.EscapeLine) {
		dst = h1.AppendEscape(dst[:start], r.Copy(made), h1.EscapeLine)
	}
	return dst
}

// appendNewURI puts a URI together by the rules of ngx_http_proxy_create_request:
// what the target says instead of the location's name.
func (h *handler) appendNewURI(dst, uri []byte, r *httpd.Request) []byte {
	if h.target.whole != nil && len(uri) > 0 {
		return append(dst, uri...)
	}
	path := r.URI
	if r.InLocation() && len(uri) > 0 {
		dst = append(dst, uri...)
		path = path[min(h.name, len(path)):]
	}
	if r.Escaped || r.Internal {
		dst = h1.AppendEscape(dst, path, h1.EscapeURI)
	} else {
		dst = append(dst, path...)
	}
	if len(r.Args) > 0 {
		dst = append(append(dst, '?'), r.Args...)
	}
	return dst
}

// explain says where a request would go, and what would be sent.
func (h *handler) explain(r *httpd.Request) (string, httpd.Status) {
	to := h.to
	if h.target.whole != nil {
		var st httpd.Status
		if to, st = h.resolve(r, gateway.Begin(r)); st != httpd.OK {
			return "there is nobody to ask", st
		}
	}
	return gateway.Explain(r, to, &h.protocol, h.settings, nil)
}
