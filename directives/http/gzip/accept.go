package gzip

import (
	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/regex"
)

// Accept is the part of ngx_http_core_module that says which clients may be
// sent gzipped responses: by this module's filter, by gzip_static, and as they
// are by gunzip.
var Accept = spec.HTTPModule[accept]{
	Name: "http_core",
	Directives: []spec.Directive[accept]{{
		Name: "gzip_vary", In: anywhere, Syntax: "on | off", Default: "off",
		Doc: "Adds Vary: Accept-Encoding to responses that might have been gzipped.",
		Set: spec.SetFlag(func(c *accept) *spec.Value[bool] { return &c.vary }),
	}, {
		Name: "gzip_http_version", In: anywhere, Syntax: "1.0 | 1.1", Default: "1.1",
		Doc: "Sets the least version of HTTP that a response is gzipped for.",
		Set: spec.SetEnum(func(c *accept) *spec.Value[int] { return &c.minor }, map[string]int{"1.0": 0, "1.1": 1}),
	}, {
		Name: "gzip_proxied", In: anywhere, Args: spec.AtLeast(1), Default: "off",
		Syntax: "off | expired | no-cache | no-store | private | no_last_modified | no_etag | auth | any ...",
		Doc:    "Says which responses are gzipped for requests that come through a proxy: those with a Via field.",
		Set:    spec.SetBits(func(c *accept) *spec.Value[httpd.GzipProxied] { return &c.proxied }, proxied),
	}, {
		Name: "gzip_disable", In: anywhere, Args: spec.AtLeast(1), Syntax: "msie6 | regex ...",
		Doc: "Gzips nothing for browsers whose User-Agent matches.",
		Set: spec.Fill(func(c *accept) *spec.Value[disable] { return &c.disable }, addDisable),
	}},
	Location: (*accept).addTo,
}

var proxied = map[string]httpd.GzipProxied{
	"off":              httpd.GzipProxiedOff,
	"expired":          httpd.GzipProxiedExpired,
	"no-cache":         httpd.GzipProxiedNoCache,
	"no-store":         httpd.GzipProxiedNoStore,
	"private":          httpd.GzipProxiedPrivate,
	"no_last_modified": httpd.GzipProxiedNoLastModified,
	"no_etag":          httpd.GzipProxiedNoETag,
	"auth":             httpd.GzipProxiedAuth,
	"any":              httpd.GzipProxiedAny,
}

// An accept is what these directives say in one block.
type accept struct {
	vary    spec.Value[bool]
	minor   spec.Value[int]
	proxied spec.Value[httpd.GzipProxied]
	disable spec.Value[disable]
}

// A disable is who gets nothing gzipped.
type disable struct {
	msie6 bool
	list  []*regex.Regexp
}

// addDisable compiles patterns. Their named groups are no variables.
func addDisable(d *disable, call *spec.Call) error {
	for i, a := range call.Args {
		if a.Text == "msie6" {
			d.msie6 = true
			continue
		}
		re, err := regex.Compile(a.Text, regex.Options{CaseInsensitive: true})
		if err != nil {
			return call.Coded(i, "bad-regex", "%v", err)
		}
		d.list = append(d.list, re)
	}
	return nil
}

func (c *accept) addTo(b *spec.Builder) error {
	b.Location.Gzip = httpd.GzipRule{
		Vary:    c.vary.V,
		Minor:   c.minor.V,
		Proxied: c.proxied.V,
		Disable: c.disable.V.list,
		MSIE6:   msie6(b.Scope),
	}
	return nil
}

// msie6 reports whether any block up to http names msie6: unlike the patterns,
// it stays in force in a block with patterns of its own.
func msie6(s *spec.Scope) bool {
	for ; s != nil; s = s.Parent {
		if spec.Conf[accept](s).disable.V.msie6 {
			return true
		}
	}
	return false
}
